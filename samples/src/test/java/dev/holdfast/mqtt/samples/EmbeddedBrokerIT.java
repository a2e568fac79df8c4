package dev.holdfast.mqtt.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The broker as a program, and what the crash tests rely on it for, byte by byte. */
class EmbeddedBrokerIT {
    private static final String ACCEPTED_NEW = "00 00";
    private static final String ACCEPTED_RESUMED = "01 00";

    @TempDir static Path folder;
    private static BrokerProcess broker;

    @BeforeAll
    static void startBroker() {
        broker = BrokerProcess.start(folder.resolve("shared"));
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @Test
    void servesUntilItsStandardInputIsClosed() throws IOException {
        BrokerProcess own = BrokerProcess.start(folder.resolve("own"));
        try (Peer peer = new Peer(own.uri())) {
            assertEquals(ACCEPTED_NEW, peer.connect("a", 0));
        }
        own.close();
        assertThrows(ConnectException.class, () -> new Peer(own.uri()));
    }

    @Test
    void saysThatItsPortIsInUse() {
        SampleFailure failure =
                assertThrows(
                        SampleFailure.class,
                        () ->
                                BrokerProcess.start(
                                        broker.uri().getPort(), folder.resolve("second")));
        assertTrue(failure.getMessage().contains("Address already in use"), failure.getMessage());
    }

    @Test
    void keepsASessionUntilDisconnectEndsIt() throws IOException {
        try (Peer peer = new Peer(broker.uri())) {
            assertEquals(ACCEPTED_NEW, peer.connect("b", 60));
        }
        try (Peer peer = new Peer(broker.uri())) {
            assertEquals(ACCEPTED_RESUMED, peer.connect("b", 60));
            peer.send("E0 07 00 05 11 00 00 00 00"); // Session Expiry Interval 0
            assertEquals(-1, peer.in.read());
        }
        try (Peer peer = new Peer(broker.uri())) {
            assertEquals(ACCEPTED_NEW, peer.connect("b", 0));
        }
    }

    /**
     * Without this, a server makes a second message of a QoS 2 message whose PUBREC it did not get,
     * and no client can know that it is the same: MQTT 5, section 4.4. There are such servers.
     */
    @Test
    void redeliversQos2WithDupAndItsPacketIdentifierAfterResume() throws IOException {
        try (Peer peer = new Peer(broker.uri())) {
            peer.connect("c", 60);
            peer.send("82 0A 00 01 00 00 04 63 2F 71 32 02"); // SUBSCRIBE c/q2, QoS 2
            assertEquals("90 04 00 01 00 02", peer.packet());
            peer.send("34 0A 00 04 63 2F 71 32 00 07 00 21"); // PUBLISH QoS 2, identifier 7
            String publish = "34 0A 00 04 63 2F 71 32 00 01 00 21";
            String pubrec = "50 02 00 07";
            String one = peer.packet();
            String other = peer.packet();
            assertTrue(
                    (one.equals(publish) && other.equals(pubrec))
                            || (one.equals(pubrec) && other.equals(publish)),
                    one + " and " + other);
        }
        try (Peer peer = new Peer(broker.uri())) {
            assertEquals(ACCEPTED_RESUMED, peer.connect("c", 60));
            assertEquals("3C 0A 00 04 63 2F 71 32 00 01 00 21", peer.packet());
            peer.send("50 02 00 01");
            assertEquals("62 02 00 01", peer.packet());
        }
        try (Peer peer = new Peer(broker.uri())) {
            assertEquals(ACCEPTED_RESUMED, peer.connect("c", 60));
            assertEquals("62 02 00 01", peer.packet());
        }
    }

    /** A client of a few bytes. */
    private static final class Peer implements AutoCloseable {
        private static final HexFormat HEX = HexFormat.ofDelimiter(" ").withUpperCase();

        private final Socket socket;
        private final DataInputStream in;
        private final OutputStream out;

        Peer(URI uri) throws IOException {
            socket = new Socket(uri.getHost(), uri.getPort());
            socket.setSoTimeout(10_000);
            in = new DataInputStream(socket.getInputStream());
            out = socket.getOutputStream();
        }

        /** Sends CONNECT with Clean Start 0; returns the flags and the reason code of CONNACK. */
        String connect(String identifier, int expirySeconds) throws IOException {
            send(
                    "10 13 00 04 4D 51 54 54 05 00 00 3C 05 11 00 00 00 %02X 00 01 %02X"
                            .formatted(expirySeconds, (int) identifier.charAt(0)));
            return packet().substring("20 00 ".length(), "20 00 00 00".length());
        }

        void send(String hex) throws IOException {
            out.write(HEX.parseHex(hex));
            out.flush();
        }

        /** The next packet, which must be shorter than 128 bytes. */
        String packet() throws IOException {
            int first = in.readUnsignedByte();
            int length = in.readUnsignedByte();
            byte[] packet = new byte[2 + length];
            packet[0] = (byte) first;
            packet[1] = (byte) length;
            in.readFully(packet, 2, length);
            return HEX.formatHex(packet);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
