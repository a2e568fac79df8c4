package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.ScriptedServer.PATIENCE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.codec.ServerCodec;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * The server's end of one network connection, in the hands of a test. What is expected is waited
 * for, {@link ScriptedServer#PATIENCE} at most; what fails to come, or comes in its place, is
 * reported together with the whole conversation so far. Every packet of the client is read
 * strictly, see {@link ServerCodec}.
 */
public final class ScriptedConnection {
    /** How long to listen for what should not come; short, since it is always met. */
    public static final Duration QUIET = Duration.ofMillis(150);

    /** The Packet Identifier of {@link #fence()}; a script must not use it. */
    private static final int FENCE = 65_000;

    private static final int LONGEST_LINE = 200;
    private static final int LONGEST_CONVERSATION = 200;
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ").withUpperCase();

    private final Socket socket;
    private final int number;
    private ServerCodec codec;

    /** The last of what was said; made readable only when something fails. */
    private final ArrayDeque<Supplier<String>> conversation = new ArrayDeque<>();

    /** What has arrived and was not read yet, from its position to its limit. */
    private ByteBuffer received = ByteBuffer.allocate(4_096).flip();

    private byte[] lastPacket = {};
    private boolean ended;

    ScriptedConnection(Socket socket, int number) {
        this.socket = socket;
        this.number = number;
        this.codec = new ServerCodec();
    }

    // ---- from the client
    // ---------------------------------------------------------------------------

    /** Takes the first packet, which must be CONNECT. */
    public Connect expectConnect() {
        return expect(Connect.class);
    }

    /** Takes the next packet, which must be of this type. */
    public <T extends Packet> T expect(Class<T> type) {
        Packet packet = nextWithin(PATIENCE);
        if (packet == null) {
            throw failure("No " + type.getSimpleName() + (ended ? ", but the end" : " came"));
        }
        if (!type.isInstance(packet)) {
            throw failure(type.getSimpleName() + " was expected, but this came: " + packet);
        }
        return type.cast(packet);
    }

    /** Takes this packet. */
    public void expect(Packet expected) {
        Packet packet = expect(expected.getClass());
        if (!packet.equals(expected)) {
            throw failure(
                    "Expected " + expected + ", but this came: " + packet + ", " + lastBytes());
        }
    }

    /** Takes these packets, in whatever order they come. */
    public void expectInAnyOrder(Packet... expected) {
        List<Packet> missing = new ArrayList<>(List.of(expected));
        while (!missing.isEmpty()) {
            Packet packet = expect(Packet.class);
            if (!missing.remove(packet)) {
                throw failure("Expected one of " + missing + ", but this came: " + packet);
            }
        }
    }

    /** Takes the next bytes, which must be these in hexadecimal digits. */
    public void expectBytes(String hex) {
        byte[] expected = HexFormat.of().parseHex(hex.replace(" ", ""));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (received.remaining() < expected.length && receiveUntil(deadline)) {}
        byte[] actual = new byte[Math.min(expected.length, received.remaining())];
        received.get(actual);
        note(() -> "client: " + HEX.formatHex(actual));
        if (!Arrays.equals(expected, actual)) {
            throw failure("Expected the bytes " + HEX.formatHex(expected));
        }
    }

    /**
     * Asserts that nothing has come in answer to what was sent so far: asks for something that
     * every client answers at once, and takes the answer as the very next packet. Sees nothing that
     * the client does later, by itself or after a handler of the application.
     */
    public void fence() {
        roundTrip();
        // An answer leaves before the application is told of what came with it; after a second one
        // it has been told.
        roundTrip();
    }

    private void roundTrip() {
        send(new Pubrel(FENCE, ReasonCode.SUCCESS));
        Packet packet = nextWithin(PATIENCE);
        Packet answer = new Pubcomp(FENCE, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND);
        if (!answer.equals(packet)) {
            throw failure("Nothing was expected to come before the fence, but: " + packet);
        }
    }

    /** Asserts that nothing comes for a moment, but for PINGREQ. */
    public void expectQuiet() {
        expectQuiet(QUIET);
    }

    /** Asserts that nothing comes during this time, but for PINGREQ, and that the client stays. */
    public void expectQuiet(Duration time) {
        long deadline = System.nanoTime() + time.toNanos();
        do {
            Packet packet = nextUntil(deadline);
            if (ended || packet != null && !(packet instanceof Pingreq)) {
                throw failure("Quiet was expected, but came " + (ended ? "the end" : packet));
            }
        } while (System.nanoTime() < deadline);
    }

    /** Asserts that the client closes the connection, and sends nothing before. */
    public void expectClosed() {
        expectClosed(PATIENCE);
    }

    /** Asserts that the client closes the connection in time, and sends nothing before. */
    public void expectClosed(Duration within) {
        Packet packet = nextWithin(within);
        if (packet != null) {
            throw failure("The end was expected, but this came: " + packet);
        }
        if (!ended) {
            throw failure("The client did not close the connection within " + within);
        }
    }

    /** Asserts that the client sends a DISCONNECT with this reason, closes, and says no more. */
    public Disconnect expectDisconnect(ReasonCode reason) {
        Disconnect disconnect = expect(Disconnect.class);
        assertEquals(reason, disconnect.reason(), this::conversation);
        expectClosed();
        return disconnect;
    }

    /** Takes the next packet; null if none comes in time, or no more at all. */
    public @Nullable Packet nextIfAny(Duration within) {
        return nextWithin(within);
    }

    /** The bytes of the last packet that was taken, in hexadecimal digits. */
    public String lastBytes() {
        return HEX.formatHex(lastPacket);
    }

    /** Whether the client has closed the connection, as far as was read. */
    public boolean hasEnded() {
        return ended;
    }

    // ---- to the client
    // -----------------------------------------------------------------------------

    /** Sends packets, all with one write. */
    public void send(Packet... packets) {
        List<byte[]> encoded = new ArrayList<>();
        int size = 0;
        for (Packet packet : packets) {
            if (packet instanceof Connack connack) {
                codec = new ServerCodec(connack.topicAliasMaximum());
            }
            byte[] bytes = ServerCodec.encode(packet);
            String name = packet.getClass().getSimpleName();
            note(() -> "server: " + name + " " + HEX.formatHex(bytes));
            encoded.add(bytes);
            size += bytes.length;
        }
        ByteBuffer all = ByteBuffer.allocate(size);
        encoded.forEach(all::put);
        write(all.array());
    }

    /** Sends a packet, unless the client has closed the connection. */
    public void sendIfOpen(Packet packet) {
        byte[] bytes = ServerCodec.encode(packet);
        note(() -> "server, if still possible: " + HEX.formatHex(bytes));
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            ended = true;
        }
    }

    /** Sends bytes given in hexadecimal digits, spaces allowed. */
    public void send(String hex) {
        sendBytes(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    public void sendBytes(byte[] bytes) {
        note(() -> "server: " + HEX.formatHex(bytes));
        write(bytes);
    }

    /**
     * Sends a packet many times from a thread of its own, however long the client lets it wait;
     * nothing else must be sent meanwhile.
     *
     * @return how often it was sent so far
     */
    public AtomicInteger sendOverAndOver(Packet packet, int times) {
        byte[] bytes = ServerCodec.encode(packet);
        note(() -> "server: " + times + " times " + packet.getClass().getSimpleName());
        AtomicInteger sent = new AtomicInteger();
        Thread sender =
                new Thread(
                        () -> {
                            while (sent.get() < times) {
                                write(bytes);
                                sent.incrementAndGet();
                            }
                        },
                        "server that sends over and over");
        sender.setDaemon(true);
        sender.setUncaughtExceptionHandler((t, e) -> {}); // the connection has ended
        sender.start();
        return sent;
    }

    private void write(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        } catch (IOException e) {
            throw failure("The client cannot be written to: " + e);
        }
    }

    /** Accepts the CONNECT, without a session. */
    public ScriptedConnection accept() {
        return accept(Packets.connack());
    }

    /** Accepts the CONNECT, and resumes the session. */
    public ScriptedConnection resume() {
        return accept(Packets.connack().sessionPresent());
    }

    /** Takes the CONNECT and answers it so. */
    public ScriptedConnection accept(Packets.ConnackBuilder connack) {
        expectConnect();
        send(connack.build());
        return this;
    }

    /** Reads nothing for a while, as a server under load. */
    public void dawdle(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }

    /** Ends the connection without a word. */
    public void cut() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What was agreed on for TLS. */
    public ExtendedSSLSession tlsSession() {
        return (ExtendedSSLSession) ((SSLSocket) socket).getSession();
    }

    /** Asserts that the client ends the handshake of TLS, because it does not trust this server. */
    public void expectDistrust() {
        assertThrows(IOException.class, () -> ((SSLSocket) socket).startHandshake());
    }

    // ---- reading
    // -----------------------------------------------------------------------------------

    private @Nullable Packet nextWithin(Duration within) {
        return nextUntil(System.nanoTime() + within.toNanos());
    }

    private @Nullable Packet nextUntil(long deadline) {
        do {
            Packet packet = decode();
            if (packet != null) {
                note(() -> "client: " + packet);
                return packet;
            }
        } while (receiveUntil(deadline));
        return null;
    }

    private @Nullable Packet decode() {
        int start = received.position();
        try {
            Packet packet = codec.decode(received);
            lastPacket = Arrays.copyOfRange(received.array(), start, received.position());
            return packet;
        } catch (AssertionError e) {
            throw failure("The client broke a rule: " + e.getMessage());
        }
    }

    /** Waits for more bytes; tells whether some came. */
    private boolean receiveUntil(long deadline) {
        if (ended) {
            return false;
        }
        if (received.limit() == received.capacity()) {
            int needed = Math.max(received.capacity(), 2 * received.remaining());
            received = ByteBuffer.allocate(needed).put(received).flip();
        }
        try {
            long millis = Math.max(1, (deadline - System.nanoTime()) / 1_000_000);
            socket.setSoTimeout((int) millis);
            int end = received.limit();
            int count =
                    socket.getInputStream().read(received.array(), end, received.capacity() - end);
            ended = count < 0;
            received.limit(end + Math.max(0, count));
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            ended = true; // reset: closed as well
        } catch (IOException e) {
            throw failure("The client cannot be read from: " + e);
        }
        if (ended) {
            note(() -> "client: the end");
        }
        return !ended;
    }

    // ---- reporting
    // ---------------------------------------------------------------------------------

    private AssertionError failure(String what) {
        return new AssertionError(what + "\n" + conversation());
    }

    private String conversation() {
        byte[] rest = new byte[received.remaining()];
        received.duplicate().get(rest);
        StringBuilder text = new StringBuilder("Connection " + number + " so far:");
        conversation.forEach(line -> text.append("\n  ").append(shortened(line.get())));
        return text.append("\n  bytes not read: ")
                .append(shortened(rest.length == 0 ? "none" : HEX.formatHex(rest)))
                .toString();
    }

    private void note(Supplier<String> line) {
        if (conversation.size() == LONGEST_CONVERSATION) {
            conversation.remove();
        }
        conversation.add(line);
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_LINE ? text : text.substring(0, LONGEST_LINE) + "…";
    }
}
