package dev.holdfast.mqtt.impl.scripted;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * An MQTT server of which a test plays every move: it takes one connection after the other, reads
 * what the client sends, and says what is sent back. Plain sockets on an ephemeral port of the
 * loopback interface; nothing happens that the test does not call for.
 *
 * <pre>{@code
 * ScriptedConnection connection = server.accept();
 * connection.expectConnect();
 * connection.send("20 03 00 00 00");
 * Publish publish = connection.expect(Publish.class);
 * connection.send(new Puback(publish.packetIdentifier(), ReasonCode.SUCCESS));
 * connection.cut();
 * }</pre>
 *
 * <p>Used by the thread of the test alone.
 */
public final class ScriptedServer implements AutoCloseable {
    /** The upper bound for everything that is expected to happen; generous, since it is not met. */
    public static final Duration PATIENCE = Duration.ofSeconds(15);

    private final @Nullable SSLContext tls;
    private final InetSocketAddress address;
    private ServerSocket socket;
    private final List<ScriptedConnection> connections = new ArrayList<>();

    private ScriptedServer(@Nullable SSLContext tls) {
        this.tls = tls;
        socket = listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        address = (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /** A server of {@code mqtt://}. */
    public static ScriptedServer start() {
        return new ScriptedServer(null);
    }

    /** A server of {@code mqtts://} with the key in this context. */
    public static ScriptedServer startTls(SSLContext tls) {
        return new ScriptedServer(tls);
    }

    private ServerSocket listen(InetSocketAddress at) {
        try {
            ServerSocket listening =
                    tls == null
                            ? new ServerSocket()
                            : tls.getServerSocketFactory().createServerSocket();
            listening.setReuseAddress(true);
            listening.bind(at);
            return listening;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return address.getPort();
    }

    public URI uri() {
        return URI.create((tls == null ? "mqtt://" : "mqtts://") + "127.0.0.1:" + port());
    }

    /** Waits for the next connection of a client. */
    public ScriptedConnection accept() {
        ScriptedConnection connection = accept(PATIENCE);
        return connection != null ? connection : fail("No client connected within " + PATIENCE);
    }

    /** Asserts that no client connects during this time. */
    public void expectNoConnection(Duration quiet) {
        ScriptedConnection connection = accept(quiet);
        if (connection != null) {
            fail("A client connected, though none should: " + connection.nextIfAny(quiet));
        }
    }

    /** Waits for the next connection of a client; null if none comes in time. */
    public @Nullable ScriptedConnection accept(Duration timeout) {
        try {
            socket.setSoTimeout((int) timeout.toMillis());
            Socket accepted = socket.accept();
            ScriptedConnection connection =
                    new ScriptedConnection(accepted, connections.size() + 1);
            connections.add(connection);
            return connection;
        } catch (SocketTimeoutException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** From now on connections are refused, until {@link #listenAgain}. */
    public void stopListening() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Listens at the same port as before. */
    public void listenAgain() {
        socket = listen(address);
    }

    /** Ends all connections. */
    @Override
    public void close() {
        stopListening();
        connections.forEach(ScriptedConnection::cut);
    }
}
