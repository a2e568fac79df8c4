package dev.holdfast.mqtt.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.samples.brokers.Peer;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The broker as a program; what it does with messages, the contract of the brokers shows. */
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
            assertTrue(peer.isAtEnd());
        }
        try (Peer peer = new Peer(broker.uri())) {
            assertEquals(ACCEPTED_NEW, peer.connect("b", 0));
        }
    }
}
