package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Publications taken back: by the application, or because their time is up. */
class CancelTest extends ScriptedTest {
    private static final Duration SOON = Duration.ofMillis(50);

    /** Longer than any test takes. */
    private static final Duration LATE = Duration.ofMinutes(10);

    private final TestStore store = new TestStore();

    private static Message message(QoS qos, String payload) {
        return Message.to("t").payload(payload).qos(qos).build();
    }

    private static void expectSent(ScriptedConnection connection, String payload) {
        Publish p = connection.expect(Publish.class);
        assertEquals(payload, p.message().payloadText());
        if (p.packetIdentifier() != 0) {
            connection.send(puback(p));
        }
        connection.fence();
    }

    // ---- cancelling

    @ParameterizedTest
    @EnumSource(QoS.class)
    void cancelledPublicationIsNeverSent(QoS qos) {
        MqttClient client = client(b -> b.store(store));
        Publication cancelled = publish(client, qos, "cancelled");
        publish(client, QoS.AT_LEAST_ONCE, "next");

        assertTrue(get(cancelled.cancel()));

        failure(MqttException.Cancelled.class, cancelled.acknowledged());
        expectSent(connect(client), "next");
    }

    @Test
    void cancelledPublicationIsRemovedFromTheStore() {
        MqttClient client = client(b -> b.store(store));
        Publication cancelled = publish(client, QoS.AT_LEAST_ONCE, "cancelled");
        get(cancelled.stored());

        get(cancelled.cancel());

        assertEquals(0, store.content().queuedMessages());
        assertEquals(0, client.session().queuedMessages());
        assertEquals(0, client.session().queuedBytes());
    }

    @Test
    void cancellingIsDoneOnlyOnceTheDiskKnows() {
        MqttClient client = client(b -> b.store(store));
        Publication cancelled = publish(client, QoS.AT_LEAST_ONCE, "cancelled");
        get(cancelled.stored());
        store.hold();
        CompletableFuture<Boolean> first = cancelled.cancel();
        CompletableFuture<Boolean> second = cancelled.cancel();
        client.session(); // the core has taken the calls
        assertFalse(first.isDone() || second.isDone() || cancelled.acknowledged().isDone());

        store.release();

        assertTrue(get(first));
        assertTrue(get(second));
    }

    @Test
    void whatWasSentCannotBeCancelled() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Publication sent = publish(client, QoS.AT_LEAST_ONCE, "sent");
        Publish publish = connection.expect(Publish.class);

        assertFalse(get(sent.cancel()));

        connection.send(puback(publish));
        get(sent.acknowledged());
        assertFalse(get(sent.cancel()));
    }

    @Test
    void publicationOfAnEarlierRunCanBeCancelled() {
        store.holdsSession();
        store.holdsQueued(7, QoS.EXACTLY_ONCE);
        store.holdsQueued(8, QoS.AT_LEAST_ONCE);
        MqttClient client = client(b -> b.store(store));

        assertTrue(get(client.session().publication(7).orElseThrow().cancel()));

        expectSent(connect(client, connack().sessionPresent()), "8");
    }

    /** A backlog larger than what is kept in memory, of which some is only in the store. */
    @Test
    void publicationThatIsOnlyInTheStoreCanBeCancelled() {
        MqttClient client = client(b -> b.store(store));
        List<Publication> all = new ArrayList<>();
        for (int i = 0; i < 40_000; i++) {
            all.add(publish(client, QoS.AT_LEAST_ONCE, "" + i));
        }
        for (int i = 0; i < all.size(); i += i % 100 == 98 ? 2 : 1) {
            all.get(i).cancel();
        }
        assertTrue(get(all.get(39_998).cancel()) || all.get(39_998).acknowledged().isDone());
        assertEquals(400, client.session().queuedMessages());

        ScriptedConnection connection = connect(client);

        for (int i = 99; i < all.size(); i += 100) {
            Publish p = connection.expect(Publish.class);
            assertEquals("" + i, p.message().payloadText());
            connection.send(puback(p));
        }
        connection.fence();
    }

    @Test
    void nothingIsPendingAnyMoreToCancelAfterTheClientWasClosed() {
        MqttClient client = client(b -> b.store(store));
        Publication stored = publish(client, QoS.AT_LEAST_ONCE, "stored");
        get(stored.stored());
        client.close();

        assertFalse(get(stored.cancel()));

        assertEquals(1, store.content().queuedMessages());
    }

    // ---- time limits

    @Test
    void publicationThatIsNotSentInItsTimeIsRemoved() {
        MqttClient client = client(b -> b.store(store));
        Publication late = client.publish(message(QoS.EXACTLY_ONCE, "late"), SOON);
        publish(client, QoS.AT_LEAST_ONCE, "next");

        MqttException cause = failure(MqttException.TimedOut.class, late.acknowledged());

        assertTrue(cause.getMessage().contains("never sent"), cause.getMessage());
        expectSent(connect(client), "next");
    }

    @Test
    void publicationThatWasSentAndNotAcknowledgedInItsTimeFailsAndKeepsItsIdentifier() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client, connack().receiveMaximum(1));
        Publication late = client.publish(message(QoS.AT_LEAST_ONCE, "late"), SOON);
        Publish publish = connection.expect(Publish.class);

        MqttException cause = failure(MqttException.TimedOut.class, late.acknowledged());

        assertTrue(cause.getMessage().contains("the server may have it"), cause.getMessage());
        publish(client, QoS.AT_LEAST_ONCE, "next");
        connection.fence();
        connection.send(puback(publish));
        expectSent(connection, "next");
    }

    @Test
    void eachPublicationHasItsOwnTime() {
        MqttClient client = client();
        Publication patient = client.publish(message(QoS.AT_LEAST_ONCE, "patient"), LATE);
        Publication hasty = client.publish(message(QoS.AT_LEAST_ONCE, "hasty"), SOON);
        Publication hastyToo = client.publish(message(QoS.AT_MOST_ONCE, "hasty too"), SOON);

        failure(MqttException.TimedOut.class, hasty.acknowledged());
        failure(MqttException.TimedOut.class, hastyToo.acknowledged());

        expectSent(connect(client), "patient");
        get(patient.acknowledged());
    }

    @Test
    void acknowledgedInTimeIsNotTouchedByTheLimit() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Publication quick = client.publish(message(QoS.AT_LEAST_ONCE, "quick"), LATE);
        expectSent(connection, "quick");
        get(quick.acknowledged());

        Publication later = client.publish(message(QoS.AT_LEAST_ONCE, "later"), SOON);

        failure(MqttException.TimedOut.class, later.acknowledged());
    }

    @Test
    void refusesTimesOutOfRange() {
        MqttClient client = client();
        Message message = message(QoS.AT_LEAST_ONCE, "x");
        for (Duration timeout : List.of(Duration.ZERO, Duration.ofDays(366))) {
            assertThrows(IllegalArgumentException.class, () -> client.publish(message, timeout));
        }
    }
}
