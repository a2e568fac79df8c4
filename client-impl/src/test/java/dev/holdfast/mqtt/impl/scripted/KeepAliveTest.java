package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.atMostOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.codec.ServerCodec;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.Pingresp;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Keep Alive (section 3.1.2.10). The interval is 1 s, the shortest there is. */
class KeepAliveTest extends ScriptedTest {
    private static final Duration SHORTLY = Duration.ofMillis(100);

    private MqttClient client(int keepAliveSeconds) {
        return client(b -> b.keepAlive(Duration.ofSeconds(keepAliveSeconds)));
    }

    /** What the server sends says nothing about this client, so it must speak itself. */
    @Statement("3.1.2-20")
    @Test
    void pingsWhileTheServerStreams() {
        ScriptedConnection connection = connect(client(1));
        for (int pings = 0; pings < 2; pings++) {
            streamUntilPing(connection);
            connection.send(Pingresp.INSTANCE);
        }
    }

    /** The server must hear of the client even if it does not answer. */
    @Test
    void goesOnPingingWhileTheServerStreamsButDoesNotAnswer() {
        ScriptedConnection connection = connect(client(1));
        for (int pings = 0; pings < 3; pings++) {
            streamUntilPing(connection);
        }
    }

    private static void streamUntilPing(ScriptedConnection connection) {
        long begun = System.nanoTime();
        while (connection.nextIfAny(SHORTLY) == null) {
            connection.send(atMostOnce("a", "x"));
            Duration silence = Duration.ofNanos(System.nanoTime() - begun);
            assertTrue(silence.toMillis() < 3_000, "silent for " + silence);
        }
    }

    @Statement({"3.1.2-21", "3.2.2-21"})
    @Test
    void obeysTheKeepAliveOfTheServerForItsConnection() {
        MqttClient client = client(60);
        ScriptedConnection connection = connect(client, connack().serverKeepAlive(1));
        connection.expect(Pingreq.class);
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        listener.await(Recorder.WasDisconnected.class);
        assertEquals(
                Duration.ofSeconds(60),
                listener.await(Recorder.WasConnected.class).connected().limits().keepAlive());
        assertEquals(null, next.nextIfAny(Duration.ofMillis(1_200)));
    }

    @Statement({"3.1.2-21", "3.2.2-21"})
    @Test
    void doesNotPingWhereTheServerSwitchesItOff() {
        ScriptedConnection connection = connect(client(1), connack().serverKeepAlive(0));
        assertEquals(null, connection.nextIfAny(Duration.ofMillis(1_300)));
    }

    @Statement({"3.12.4-1", "P-16"})
    @Test
    void closesWhenTheServerDoesNotAnswer() {
        ScriptedConnection connection = connect(client(1));
        connection.expect(Pingreq.class);
        long pinged = System.nanoTime();
        while (connection.nextIfAny(SHORTLY) instanceof Pingreq || !connection.hasEnded()) {
            assertTrue(System.nanoTime() - pinged < 8_000_000_000L, "still connected after 8 s");
        }
        String why = listener.await(Recorder.WasDisconnected.class).cause().getMessage();
        assertTrue(why.contains("PINGREQ"), why);
        server.accept().resume().fence();
    }

    /** An answer cannot come while a large packet is on its way, slowly. */
    @Test
    void staysWhileALargePacketArrives() {
        Inbox inbox = new Inbox();
        MqttClient client =
                client(
                        b ->
                                b.keepAlive(Duration.ofSeconds(1))
                                        .subscription(Subscription.to("a"), inbox)
                                        .resubscribe(Resubscribe.NEVER));
        ScriptedConnection connection = connect(client);
        byte[] packet = ServerCodec.encode(atMostOnce("a", "x".repeat(4_000)));
        for (int at = 0; at < packet.length; at += 100) {
            connection.sendBytes(Arrays.copyOfRange(packet, at, Math.min(at + 100, packet.length)));
            connection.nextIfAny(SHORTLY);
        }
        assertEquals(4_000, inbox.nextText().length());
    }

    @Test
    void closesWhenAPacketDoesNotComeOn() {
        ScriptedConnection connection = connect(client(1));
        byte[] packet = ServerCodec.encode(atMostOnce("a", "x".repeat(4_000)));
        long begun = System.nanoTime();
        for (int at = 0; !connection.hasEnded(); at++) {
            assertTrue(System.nanoTime() - begun < 10_000_000_000L, "still connected after 10 s");
            connection.sendBytes(new byte[] {packet[at]});
            connection.nextIfAny(SHORTLY);
        }
        String why = listener.await(Recorder.WasDisconnected.class).cause().getMessage();
        assertTrue(why.contains("PINGREQ"), why);
    }
}
