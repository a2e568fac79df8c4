package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.StoreLimits.WhenFull;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What waits to be sent: its bounds, its order and its expiry. */
class QueueTest extends ScriptedTest {
    /** What the store counts for a message beside topic and payload. */
    private static final int OVERHEAD = 32;

    private MqttClient bounded(long messages, long bytes, WhenFull whenFull) {
        return client(b -> b.storeLimits(new StoreLimits(messages, bytes, 10, whenFull)));
    }

    private static void expectSent(ScriptedConnection connection, String... payloads) {
        for (String payload : payloads) {
            Publish p = connection.expect(Publish.class);
            assertEquals(payload, p.message().payloadText());
            if (p.packetIdentifier() != 0) {
                connection.send(puback(p));
            }
        }
        connection.fence();
    }

    // ---- bounds

    @ParameterizedTest
    @EnumSource(
            value = QoS.class,
            names = {"AT_MOST_ONCE", "AT_LEAST_ONCE"})
    void refusesWhatFindsNoRoom(QoS qos) {
        MqttClient client = bounded(2, 1 << 20, WhenFull.FAIL);
        publish(client, qos, "1");
        publish(client, qos, "2");
        Publication refused = publish(client, qos, "3");
        MqttException.StoreFull cause =
                failure(MqttException.StoreFull.class, refused.acknowledged());
        assertTrue(cause.getMessage().contains("2 of 2 messages"), cause.getMessage());
        failure(MqttException.StoreFull.class, refused.stored());
        expectSent(connect(client), "1", "2");
        get(publish(client, QoS.AT_MOST_ONCE, "room again").acknowledged());
    }

    @Test
    void refusesWhatFindsNoRoomInBytes() {
        MqttClient client = bounded(100, 2 * (OVERHEAD + 1 + 10), WhenFull.FAIL);
        Publication first = publish(client, QoS.AT_LEAST_ONCE, "x".repeat(10));
        get(first.stored());
        Publication tooLarge = publish(client, QoS.AT_LEAST_ONCE, "y".repeat(11));
        failure(MqttException.StoreFull.class, tooLarge.acknowledged());
        Publication second = publish(client, QoS.AT_LEAST_ONCE, "z".repeat(10));
        get(second.stored());
        assertEquals(2 * (OVERHEAD + 1 + 10), client.session().queuedBytes());
    }

    @Test
    void dropsTheOldestWhereToldTo() {
        MqttClient client = bounded(2, 1 << 20, WhenFull.DROP_OLDEST);
        Publication oldest = publish(client, QoS.AT_LEAST_ONCE, "1");
        publish(client, QoS.AT_LEAST_ONCE, "2");
        Publication newest = publish(client, QoS.AT_LEAST_ONCE, "3");
        failure(MqttException.StoreFull.class, oldest.acknowledged());
        assertEquals(oldest.id(), listener.await(Recorder.PublicationFailed.class).id());
        get(newest.stored());
        expectSent(connect(client), "2", "3");
    }

    @Test
    void neverDropsWhatIsInFlight() {
        MqttClient client = bounded(2, 1 << 20, WhenFull.DROP_OLDEST);
        ScriptedConnection connection = connect(client, connack().receiveMaximum(1));
        publish(client, QoS.AT_LEAST_ONCE, "in flight");
        Publish inFlight = connection.expect(Publish.class);
        Publication waiting = publish(client, QoS.AT_LEAST_ONCE, "waiting");
        publish(client, QoS.AT_LEAST_ONCE, "newer");
        failure(MqttException.StoreFull.class, waiting.acknowledged());
        connection.send(puback(inFlight));
        expectSent(connection, "newer");
    }

    @Test
    void dropsNothingForAMessageThatWouldNotFitInAnyCase() {
        MqttClient client = bounded(10, 200, WhenFull.DROP_OLDEST);
        publish(client, QoS.AT_LEAST_ONCE, "1");
        publish(client, QoS.AT_LEAST_ONCE, "2");
        Publication tooLarge = publish(client, QoS.AT_LEAST_ONCE, "x".repeat(300));
        failure(MqttException.StoreFull.class, tooLarge.acknowledged());
        expectSent(connect(client), "1", "2");
    }

    // ---- waiting for room

    @Test
    void publishesThatFindNoRoomWaitForItInTheirOrder() {
        MqttClient client = bounded(1, 1 << 20, WhenFull.WAIT);
        Publication first = publish(client, QoS.AT_LEAST_ONCE, "1");
        Publication second = publish(client, QoS.EXACTLY_ONCE, "2");
        Publication third = publish(client, QoS.AT_LEAST_ONCE, "3");
        get(first.stored());
        assertEquals(1, client.session().queuedMessages());
        assertFalse(second.stored().isDone());
        ScriptedConnection connection = connect(client);
        Publish publish = connection.expect(Publish.class);
        connection.fence();

        connection.send(puback(publish));

        get(second.stored());
        assertFalse(third.stored().isDone());
        Publish exactlyOnce = connection.expect(Publish.class);
        connection.send(Packets.pubrec(exactlyOnce));
        connection.expect(Pubrel.class);
        connection.send(Packets.pubcomp(exactlyOnce));
        expectSent(connection, "3");
        get(third.acknowledged());
    }

    @Test
    void smallMessageDoesNotOvertakeALargeOneThatWaitsForRoom() {
        MqttClient client = bounded(100, 2 * (OVERHEAD + 1 + 10), WhenFull.WAIT);
        publish(client, QoS.AT_LEAST_ONCE, "first");
        Publication large = publish(client, QoS.AT_LEAST_ONCE, "x".repeat(50));
        Publication small = publish(client, QoS.AT_LEAST_ONCE, "s");
        client.session();
        assertFalse(large.stored().isDone() || small.stored().isDone());

        assertTrue(get(large.cancel()));

        get(small.stored());
        expectSent(connect(client), "first", "s");
    }

    @Test
    void refusesWhatIsTooLargeEverToFindRoom() {
        MqttClient client = bounded(100, 50, WhenFull.WAIT);

        Publication tooLarge = publish(client, QoS.AT_LEAST_ONCE, "x".repeat(50));

        failure(MqttException.StoreFull.class, tooLarge.stored());
    }

    @Test
    void whatWaitsForRoomIsBounded() {
        MqttClient client = bounded(1, 1 << 20, WhenFull.WAIT);
        Publication last = publish(client, QoS.AT_LEAST_ONCE, "held");
        for (int i = 0; i < 10_000; i++) {
            last = publish(client, QoS.AT_LEAST_ONCE, "waits");
        }
        failure(
                MqttException.StoreFull.class,
                publish(client, QoS.AT_LEAST_ONCE, "one too many").stored());
        assertFalse(last.stored().isDone());
    }

    @Test
    void messageExpiresWhileItWaitsForRoom() {
        MqttClient client = bounded(1, 1 << 20, WhenFull.WAIT);
        publish(client, QoS.AT_LEAST_ONCE, "1");
        Message shortLived =
                Message.to("t").qos(QoS.AT_LEAST_ONCE).expiry(Duration.ofSeconds(1)).build();
        Publication expired = client.publish(shortLived);
        Publication next = publish(client, QoS.AT_LEAST_ONCE, "2");

        failure(MqttException.MessageExpired.class, expired.acknowledged());

        expectSent(connect(client), "1", "2");
        get(next.acknowledged());
    }

    @Test
    void whatWaitsForRoomFailsWhenTheClientIsClosed() {
        MqttClient client = bounded(1, 1 << 20, WhenFull.WAIT);
        publish(client, QoS.AT_LEAST_ONCE, "1");
        Publication waits = publish(client, QoS.AT_LEAST_ONCE, "2");

        client.close();

        failure(MqttException.ClientClosed.class, waits.stored());
    }

    /** One QoS 2 message may wait for its handler; the server is held up at the second. */
    @Test
    void letsTheServerWaitWhenHandlersDoNotKeepUp() {
        Inbox inbox = new Inbox();
        MqttClient client =
                client(
                        b ->
                                b.storeLimits(new StoreLimits(10, 1_000, 1, WhenFull.FAIL))
                                        .resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("a"), inbox));
        ScriptedConnection connection = connect(client);
        for (int i = 1; i <= 2; i++) {
            connection.send(Packets.exactlyOnce(i, "a", "x"));
            connection.expect(Packets.pubrec(i));
        }
        connection.send(Packets.pubrel(1), Packets.pubrel(2));
        connection.fence();
        get(inbox.next().acknowledge());
        connection.expect(Packets.pubcomp(1));
        connection.expect(Packets.pubcomp(2));
    }

    // ---- order

    @Test
    void sendsWhatWasPublishedBeforeConnectingInItsOrder() {
        MqttClient client = client();
        publish(client, QoS.AT_LEAST_ONCE, "1");
        publish(client, QoS.AT_LEAST_ONCE, "2");
        publish(client, QoS.AT_LEAST_ONCE, "3");
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_LEAST_ONCE, "4");
        expectSent(connection, "1", "2", "3", "4");
    }

    @Test
    void keepsTheOrderOfEachOfManyThreads() throws InterruptedException {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        int threads = 4;
        int each = 250;
        List<Thread> publishers = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            String name = "" + t;
            Thread publisher =
                    new Thread(
                            () -> {
                                for (int i = 0; i < each; i++) {
                                    publish(client, QoS.AT_LEAST_ONCE, name + " " + i);
                                }
                            });
            publisher.start();
            publishers.add(publisher);
        }
        int[] next = new int[threads];
        for (int i = 0; i < threads * each; i++) {
            Publish p = connection.expect(Publish.class);
            String[] words = p.message().payloadText().split(" ");
            int thread = Integer.parseInt(words[0]);
            assertEquals(next[thread]++, Integer.parseInt(words[1]));
            connection.send(puback(p));
        }
        for (Thread publisher : publishers) {
            publisher.join();
        }
    }

    @Test
    void numbersPublicationsUpwards() {
        MqttClient client = client();
        long last = 0;
        for (int i = 0; i < 100; i++) {
            long id = publish(client, QoS.AT_LEAST_ONCE, "x").id();
            assertTrue(id > last);
            last = id;
        }
        List<Publication> pending = client.session().pendingPublications();
        assertEquals(100, pending.size());
        assertEquals(last, pending.get(99).id());
        assertEquals(last, client.session().publication(last).orElseThrow().id());
        assertTrue(client.session().publication(last + 1).isEmpty());
    }

    // ---- expiry

    private static Publication publishExpiring(MqttClient client, QoS qos, Duration expiry) {
        return client.publish(Message.to("t").payload("x").qos(qos).expiry(expiry).build());
    }

    @Test
    void failsWhatExpiresBeforeItCouldBeSent() {
        MqttClient client = client();
        Publication queued = publishExpiring(client, QoS.AT_LEAST_ONCE, Duration.ofSeconds(1));
        Publication unstored = publishExpiring(client, QoS.AT_MOST_ONCE, Duration.ofSeconds(1));
        Publication lasting = publish(client, QoS.AT_LEAST_ONCE, "lasting");
        failure(MqttException.MessageExpired.class, queued.acknowledged());
        failure(MqttException.MessageExpired.class, unstored.acknowledged());
        Recorder.PublicationFailed told = listener.await(Recorder.PublicationFailed.class);
        assertInstanceOf(MqttException.MessageExpired.class, told.cause());
        assertEquals(1, client.session().queuedMessages());
        expectSent(connect(client), "lasting");
        get(lasting.acknowledged());
    }

    @Test
    void neverSendsWhatHasNoTimeLeft() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Publication publication = publishExpiring(client, QoS.AT_LEAST_ONCE, Duration.ZERO);
        failure(MqttException.MessageExpired.class, publication.acknowledged());
        connection.fence();
    }

    @Test
    void tellsTheServerHowMuchTimeIsLeft() {
        MqttClient client = client();
        publishExpiring(client, QoS.AT_LEAST_ONCE, Duration.ofSeconds(10));
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.expectQuiet(Duration.ofMillis(1_100));
        connection.send(connack().build());
        get(connected);
        Publish sent = connection.expect(Publish.class);
        Duration left = sent.message().expiry().orElseThrow();
        assertTrue(left.toSeconds() <= 9 && left.toSeconds() >= 1, "left: " + left);
        publishExpiring(client, QoS.AT_LEAST_ONCE, Duration.ofSeconds(10));
        left = connection.expect(Publish.class).message().expiry().orElseThrow();
        assertTrue(left.toSeconds() >= 8 && left.toSeconds() <= 10, "left: " + left);
    }

    @Test
    void sendsNoExpiryWhereThereIsNone() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_LEAST_ONCE, "x");
        assertFalse(connection.expect(Publish.class).message().expiry().isPresent());
    }
}
