package dev.holdfast.mqtt.impl.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.codec.ServerCodec;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.scripted.Packets;
import dev.holdfast.mqtt.impl.scripted.Recorder;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedServer;
import dev.holdfast.mqtt.impl.scripted.ScriptedTest;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Servers that keep the format of packets and are hard to live with. */
class HostileServerTest extends ScriptedTest {
    private static final int MESSAGES = 100;

    /** A byte now and then must not hold a client for longer than a server that is silent. */
    @Test
    void givesUpOnAConnackThatComesInDrops() {
        MqttClient client =
                client(
                        b ->
                                b.connectTimeout(Duration.ofMillis(500))
                                        .reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        byte[] connack = ServerCodec.encode(Packets.connack().reasonString("x".repeat(99)).build());
        int sent = 0;
        while (!connection.hasEnded()) {
            assertTrue(sent < connack.length - 1, "The client waits for the whole CONNACK");
            connection.sendBytes(new byte[] {connack[sent++]});
            assertEquals(null, connection.nextIfAny(Duration.ofMillis(20)));
        }
        MqttException cause = failure(MqttException.ConnectionLost.class, connected);
        assertTrue(cause.getMessage().contains("No CONNACK"), cause.getMessage());
    }

    @Test
    void sendsOneMessageAfterTheOtherToAServerThatTakesOneAtATime() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client, Packets.connack().receiveMaximum(1));
        List<Publication> publications = new ArrayList<>();
        for (int i = 0; i < MESSAGES; i++) {
            QoS qos = i % 2 == 0 ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE;
            publications.add(publish(client, qos, "" + i));
        }
        for (int i = 0; i < MESSAGES; i++) {
            Publish publish = connection.expect(Publish.class);
            assertEquals("" + i, publish.message().payloadText());
            // Packets come in their order: had a second PUBLISH been sent, it would be here now.
            connection.fence();
            if (i % 2 == 0) {
                connection.send(Packets.pubrec(publish));
                connection.expect(Pubrel.class);
                connection.fence();
                connection.send(Packets.pubcomp(publish));
            } else {
                connection.send(Packets.puback(publish));
            }
        }
        publications.forEach(p -> get(p.acknowledged()));
    }

    /** The handler hangs, the listener is slow to no end, and the server sends and sends. */
    @Test
    void livesOnUnderAFloodOfQos0() {
        CountDownLatch released = new CountDownLatch(1);
        AtomicLong dropped = new AtomicLong();
        MqttClient client =
                client(
                        b ->
                                b.resubscribe(Resubscribe.NEVER)
                                        .listener(counting(dropped))
                                        .subscription(
                                                Subscription.to("#"),
                                                delivery -> {
                                                    released.await();
                                                    return delivery.acknowledge();
                                                }));
        ScriptedConnection connection = connect(client);
        ByteArrayOutputStream wave = new ByteArrayOutputStream();
        for (int i = 0; i < 100; i++) {
            wave.writeBytes(ServerCodec.encode(Packets.atMostOnce("t", "x".repeat(20_000))));
        }
        byte[] flood = wave.toByteArray();
        long before = usedMemory();
        List<Publication> publications = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            publications.add(publish(client, QoS.AT_LEAST_ONCE, "" + i));
            connection.sendBytes(flood);
            connection.send(Packets.puback(connection.expect(Publish.class)));
        }
        long taken = usedMemory() - before;
        publications.forEach(p -> get(p.acknowledged()));
        // 200 MB have come, and 16 MiB may wait for the handler.
        assertTrue(taken < 64 << 20, taken + " bytes are held");
        assertTrue(dropped.get() > 5_000, dropped + " were dropped");
        var gone = client.disconnect();
        connection.expectDisconnect(ReasonCode.SUCCESS);
        get(gone);
        released.countDown();
    }

    private static ClientListener counting(AtomicLong dropped) {
        return new ClientListener() {
            @Override
            public void dropped(Message message, long total) {
                dropped.set(total);
            }
        };
    }

    private static long usedMemory() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** Every answer of the client has a reader, even if it is to a question nobody asks. */
    @Test
    void answersAFloodOfPubrels() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Packet[] flood = new Packet[1_000];
        for (int i = 0; i < flood.length; i++) {
            flood[i] = Packets.pubrel(1 + i);
        }
        for (int i = 0; i < 20; i++) {
            connection.send(flood);
            for (Packet ignored : flood) {
                Pubcomp answer = connection.expect(Pubcomp.class);
                assertEquals(ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, answer.reason());
            }
        }
        publish(client, QoS.AT_MOST_ONCE, "still there");
        connection.expect(Publish.class);
    }

    // ---- servers that send their clients elsewhere

    @Test
    void doesNotFollowTheServerReferenceOfConnack() {
        try (ScriptedServer elsewhere = ScriptedServer.start()) {
            MqttClient client = client();
            var connected = client.connect();
            String reference = "127.0.0.1:" + elsewhere.port();
            server.accept()
                    .accept(
                            Packets.refusal(ReasonCode.USE_ANOTHER_SERVER)
                                    .serverReference(reference))
                    .expectClosed();
            // Use another server is said for the time being: the client comes back here.
            server.accept().accept().fence();
            get(connected);
            elsewhere.expectNoConnection(ScriptedConnection.QUIET);
        }
    }

    @Test
    void doesNotFollowTheServerReferenceOfDisconnect() {
        try (ScriptedServer elsewhere = ScriptedServer.start()) {
            MqttClient client = client();
            ScriptedConnection connection = connect(client);
            String reference = "127.0.0.1:" + elsewhere.port();
            connection.send(
                    new Disconnect(
                            ReasonCode.SERVER_MOVED,
                            Disconnect.ABSENT,
                            null,
                            List.of(),
                            reference));
            connection.expectClosed();
            MqttException.ConnectionLost cause =
                    (MqttException.ConnectionLost)
                            listener.await(Recorder.WasDisconnected.class).cause();
            assertEquals(reference, cause.serverReference().orElseThrow());
            elsewhere.expectNoConnection(ScriptedConnection.QUIET);
        }
    }
}
