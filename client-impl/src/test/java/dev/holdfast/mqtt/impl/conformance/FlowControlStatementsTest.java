package dev.holdfast.mqtt.impl.conformance;

import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static dev.holdfast.mqtt.impl.scripted.Packets.suback;
import static dev.holdfast.mqtt.impl.scripted.Packets.unsuback;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedTest;
import dev.holdfast.mqtt.impl.scripted.TestStore;
import dev.holdfast.mqtt.store.Change;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The send quota (section 4.9) and the Packet Identifiers that limit it too (section 2.2.1). */
class FlowControlStatementsTest extends ScriptedTest {
    private static final int PACKET_IDENTIFIERS = 65_535;

    private static void expectPublish(ScriptedConnection connection, String payload) {
        assertEquals(payload, connection.expect(Publish.class).message().payloadText());
    }

    @Test
    @Statement("4.9.0-1")
    void sendsOneMessageAtReceiveMaximumOne() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client, connack().receiveMaximum(1));
        publish(client, QoS.AT_LEAST_ONCE, "1");
        publish(client, QoS.AT_LEAST_ONCE, "2");
        expectPublish(connection, "1");
        connection.fence();
    }

    /** Every way in which an exchange ends gives back one place, and nothing else does. */
    @Test
    @Statement({"3.3.4-7", "4.9.0-2", "P-26"})
    void sendsAsManyMessagesAsReceiveMaximumAndOneMoreForEachThatEnds() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client, connack().receiveMaximum(2));
        publish(client, QoS.EXACTLY_ONCE, "1");
        publish(client, QoS.EXACTLY_ONCE, "2");
        for (int i = 3; i <= 6; i++) {
            publish(client, QoS.AT_LEAST_ONCE, "" + i);
        }
        expectPublish(connection, "1");
        expectPublish(connection, "2");
        connection.fence();
        connection.send(pubrec(1));
        connection.expect(pubrel(1));
        connection.fence();
        connection.send(pubcomp(1));
        expectPublish(connection, "3");
        connection.fence();
        connection.send("50 03 00 02 80");
        expectPublish(connection, "4");
        connection.fence();
        connection.send(new Puback(3, ReasonCode.NOT_AUTHORIZED));
        expectPublish(connection, "5");
        connection.fence();
        connection.send(puback(4));
        expectPublish(connection, "6");
        connection.fence();
    }

    @Test
    @Statement({"3.3.4-8", "4.9.0-3"})
    void holdsNothingButPublishBackWhenTheQuotaIsUsedUp() {
        MqttClient client =
                client(
                        b ->
                                b.keepAlive(Duration.ofSeconds(1))
                                        .subscription(
                                                Subscription.to("a"),
                                                MessageHandlers.forEach(m -> {})));
        ScriptedConnection connection = connect(client, connack().receiveMaximum(1));
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.GRANTED_QOS_2));
        publish(client, QoS.EXACTLY_ONCE, "full");
        publish(client, QoS.AT_LEAST_ONCE, "waits");
        Publish full = connection.expect(Publish.class);
        connection.fence();

        connection.send(pubrec(full));
        connection.expect(pubrel(full.packetIdentifier()));
        client.subscribe(Subscription.to("b"), MessageHandlers.forEach(m -> {}));
        connection.expect(Subscribe.class);
        client.unsubscribe("a");
        connection.expect(Unsubscribe.class);
        publish(client, QoS.AT_MOST_ONCE, "free");
        expectPublish(connection, "free");
        connection.send(atLeastOnce(7, "a", "x"));
        connection.expect(puback(7));
        connection.send(exactlyOnce(8, "a", "x"));
        connection.expect(pubrec(8));
        connection.send(pubrel(8));
        connection.expect(pubcomp(8));
        connection.expect(Pingreq.class);
        client.disconnect();
        connection.expectDisconnect(ReasonCode.SUCCESS);
    }

    /** PUBACKs and PUBCOMPs that end nothing give nothing back. */
    @Test
    @Statement("P-26")
    void neverRaisesTheQuotaAboveReceiveMaximum() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client, connack().receiveMaximum(1));
        publish(client, QoS.EXACTLY_ONCE, "released");
        Publish released = connection.expect(Publish.class);
        connection.send(pubrec(released));
        connection.expect(pubrel(released.packetIdentifier()));
        connection.cut();
        ScriptedConnection next =
                server.accept().accept(connack().sessionPresent().receiveMaximum(1));
        next.expect(pubrel(released.packetIdentifier()));
        next.send(pubcomp(released), pubcomp(released), puback(77));
        for (int i = 1; i <= 3; i++) {
            publish(client, QoS.AT_LEAST_ONCE, "" + i);
        }
        expectPublish(next, "1");
        next.fence();
    }

    // ---- Packet Identifiers

    /**
     * All identifiers are held by messages of an earlier run, so that the next request takes the
     * one that was just freed, or finds none.
     */
    @Test
    @Statement("P-27")
    void freesAnIdentifierWhenItsExchangeHasEndedAndNotBefore() {
        TestStore store = new TestStore();
        store.holdsSession();
        store.put(new Change.NumbersReserved(70_000));
        for (int i = 1; i <= PACKET_IDENTIFIERS; i++) {
            store.holdsInFlight(i, i % 2 == 0 ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE, i);
        }
        MqttClient client = client(b -> b.store(store));
        ScriptedConnection connection = connect(client, connack().sessionPresent());
        for (int i = 1; i <= PACKET_IDENTIFIERS; i++) {
            assertEquals(i, connection.expect(Publish.class).packetIdentifier());
        }
        assertNoneFree(client, connection);
        frees(client, connection, puback(1), 1);
        frees(client, connection, new Puback(3, ReasonCode.NOT_AUTHORIZED), 3);
        frees(client, connection, new Pubrec(4, ReasonCode.QUOTA_EXCEEDED), 4);
        connection.send(pubrec(2));
        connection.expect(pubrel(2));
        assertNoneFree(client, connection);
        frees(client, connection, pubcomp(2), 2);
    }

    private static void assertNoneFree(MqttClient client, ScriptedConnection connection) {
        failure(MqttException.SubscribeRejected.class, client.unsubscribe("none"));
        connection.fence();
    }

    /** SUBSCRIBE takes it, after SUBACK UNSUBSCRIBE does, and after UNSUBACK the next request. */
    private static void frees(
            MqttClient client, ScriptedConnection connection, Packet answer, int identifier) {
        connection.send(answer);
        connection.fence();
        String filter = "filter/" + identifier;
        var subscribed =
                client.subscribe(Subscription.to(filter), MessageHandlers.forEach(m -> {}));
        Subscribe subscribe = connection.expect(Subscribe.class);
        assertEquals(identifier, subscribe.packetIdentifier());
        assertNoneFree(client, connection);
        connection.send(suback(subscribe, ReasonCode.GRANTED_QOS_2));
        get(subscribed);
        var ended = client.unsubscribe(filter);
        Unsubscribe unsubscribe = connection.expect(Unsubscribe.class);
        assertEquals(identifier, unsubscribe.packetIdentifier());
        assertNoneFree(client, connection);
        connection.send(unsuback(unsubscribe, ReasonCode.SUCCESS));
        get(ended);
        client.unsubscribe("again");
        assertEquals(identifier, connection.expect(Unsubscribe.class).packetIdentifier());
    }
}
