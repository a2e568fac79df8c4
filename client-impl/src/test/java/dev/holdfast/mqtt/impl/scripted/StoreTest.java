package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What must be on disk before what leaves, seen from the wire; and a disk that fails. */
class StoreTest extends ScriptedTest {
    private final TestStore store = new TestStore();
    private final Inbox inbox = new Inbox();

    private MqttClient storing() {
        return client(
                b ->
                        b.store(store)
                                .resubscribe(Resubscribe.NEVER)
                                .subscription(Subscription.to("a"), inbox));
    }

    // ---- a disk that takes its time

    /** At QoS 1 the PUBLISH may be faster than the disk, but no promise is. */
    @Test
    void promisesNothingBeforeItIsStored() {
        MqttClient client = storing();
        ScriptedConnection connection = connect(client);
        store.hold();
        Publication once = publish(client, QoS.AT_LEAST_ONCE, "once");
        Publish sent = connection.expect(Publish.class);
        connection.expectQuiet();
        assertFalse(once.stored().isDone());
        connection.send(puback(sent));
        get(once.acknowledged());
        get(once.stored());
    }

    @Test
    void sendsAQos2MessageOnlyWhenItIsStored() {
        MqttClient client = storing();
        ScriptedConnection connection = connect(client);
        store.hold();
        Publication twice = publish(client, QoS.EXACTLY_ONCE, "twice");
        connection.expectQuiet();
        assertFalse(twice.stored().isDone());
        store.release();
        get(twice.stored());
        Publish sent = connection.expect(Publish.class);
        store.hold();
        connection.send(pubrec(sent));
        connection.expectQuiet();
        store.release();
        connection.expect(pubrel(sent.packetIdentifier()));
    }

    @Test
    void answersAQos2MessageOnlyWhenItIsStored() {
        ScriptedConnection connection = connect(storing());
        store.hold();
        connection.send(exactlyOnce(8, "a", "x"));
        connection.expectQuiet();
        inbox.expectEmpty();
        store.release();
        connection.expect(pubrec(8));
        assertEquals("x", inbox.nextText());
        store.hold();
        connection.send(pubrel(8));
        connection.expectQuiet();
        store.release();
        connection.expect(Packets.pubcomp(8));
    }

    /** QoS 0 rests on nothing, and waits for nothing. */
    @Test
    void sendsQos0PastAStoreThatIsBusy() {
        MqttClient client = storing();
        ScriptedConnection connection = connect(client);
        store.hold();
        publish(client, QoS.EXACTLY_ONCE, "waits");
        get(publish(client, QoS.AT_MOST_ONCE, "passes").acknowledged());
        assertEquals("passes", connection.expect(Publish.class).message().payloadText());
    }

    /** It was about to be sent when the connection ended, but never was. */
    @Test
    void sendsWithoutDupWhatTheStoreHeldBack() {
        MqttClient client = storing();
        ScriptedConnection connection = connect(client);
        store.hold();
        publish(client, QoS.EXACTLY_ONCE, "held back");
        connection.expectQuiet();
        connection.cut();
        ScriptedConnection next = server.accept();
        next.expectQuiet(); // CONNECT waits for the disk as well
        store.release();
        Publish first = next.resume().expect(Publish.class);
        assertEquals("held back", first.message().payloadText());
        assertFalse(first.dup());
    }

    // ---- a disk that fails

    @Test
    void stopsWhenTheStoreFails() {
        CompletableFuture<MqttException> told = new CompletableFuture<>();
        MqttClient client =
                client(
                        b ->
                                b.store(store)
                                        .listener(
                                                new ClientListener() {
                                                    @Override
                                                    public void storeFailed(MqttException cause) {
                                                        told.complete(cause);
                                                    }
                                                }));
        ScriptedConnection connection = connect(client);
        store.fail("the disk is full: make room and restart");
        Publication publication = publish(client, QoS.EXACTLY_ONCE, "x");
        MqttException cause = failure(MqttException.StoreFailed.class, publication.acknowledged());
        assertTrue(cause.getMessage().contains("the disk is full"), cause.getMessage());
        assertEquals(cause, get(told));
        connection.expectClosed();
        failure(MqttException.StoreFailed.class, client.connect());
        failure(MqttException.StoreFailed.class, publish(client, QoS.AT_MOST_ONCE, "y").stored());
        failure(MqttException.StoreFailed.class, client.subscribe(Subscription.to("b"), inbox));
        get(client.disconnect());
        server.expectNoConnection(ScriptedConnection.QUIET);
    }

    // ---- the next run

    @Test
    void goesOnInTheNextRunWhereTheLastOneStopped() {
        MqttClient first = storing();
        Publication early = first.publish(Message.to("t").payload("early").build());
        get(early.stored());
        first.close();
        failure(MqttException.ClientClosed.class, early.acknowledged());

        MqttClient second = storing();
        Publication adopted = second.session().publication(early.id()).orElseThrow();
        assertEquals("early", adopted.message().payloadText());
        get(adopted.stored());
        Publication later = publish(second, QoS.AT_LEAST_ONCE, "later");
        assertTrue(later.id() > early.id());
        ScriptedConnection connection = connect(second);
        connection.send(puback(connection.expect(Publish.class)));
        get(adopted.acknowledged());
        assertEquals("later", connection.expect(Publish.class).message().payloadText());
    }

    /** Handlers of the builder get it; the server need not even be reachable. */
    @Test
    void handsOverInTheNextRunWhatWasNotHandled() {
        MqttClient first = storing();
        ScriptedConnection connection = connect(first);
        connection.send(exactlyOnce(8, "a", "x"));
        connection.expect(pubrec(8));
        long id = inbox.next().id();
        first.close();
        server.stopListening();
        MqttClient second = storing();
        assertEquals(1, second.session().unhandledMessages());
        second.connect();
        var delivery = inbox.next();
        assertEquals(id, delivery.id());
        assertTrue(delivery.redelivered());
        get(delivery.acknowledge());
        assertEquals(0, second.session().unhandledMessages());
    }

    @Test
    void knowsInTheNextRunWhatTheServerHas() {
        MqttClient first = client(b -> b.store(store).subscription(Subscription.to("a"), inbox));
        ScriptedConnection connection = connect(first);
        Subscribe subscribe = connection.expect(Subscribe.class);
        connection.send(Packets.suback(subscribe, ReasonCode.GRANTED_QOS_2));
        connection.fence();
        first.close();
        MqttClient second =
                client(
                        b ->
                                b.store(store)
                                        .subscription(Subscription.to("a"), inbox)
                                        .subscription(Subscription.to("b"), inbox));
        ScriptedConnection next = connect(second, connack().sessionPresent());
        assertEquals("b", next.expect(Subscribe.class).subscriptions().get(0).topicFilter());
        next.fence();
    }
}
