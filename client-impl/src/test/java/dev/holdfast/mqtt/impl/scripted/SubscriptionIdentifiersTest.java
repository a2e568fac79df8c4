package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.suback;
import static dev.holdfast.mqtt.impl.scripted.Packets.unsuback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Messages find the handlers for whose subscriptions the server sent them. */
class SubscriptionIdentifiersTest extends ScriptedTest {
    private static final Subscription ALL = Subscription.to("a/#");
    private static final Subscription ONE = Subscription.to("a/+");
    private final Inbox all = new Inbox();
    private final Inbox one = new Inbox();

    private int grant(ScriptedConnection connection, Subscription wanted) {
        Subscribe subscribe = connection.expect(Subscribe.class);
        assertEquals(List.of(wanted), subscribe.subscriptions());
        connection.send(suback(subscribe, ReasonCode.GRANTED_QOS_2));
        return subscribe.subscriptionIdentifier();
    }

    private static Publish publish(QoS qos, int id, String payload, Integer... identifiers) {
        Message message = Message.to("a/b").payload(payload).qos(qos).build();
        return new Publish(message, id, false, List.of(identifiers));
    }

    private static Publish atMostOnce(String payload, Integer... identifiers) {
        return publish(QoS.AT_MOST_ONCE, 0, payload, identifiers);
    }

    @Test
    @Statement({"P-09", "P-25"})
    void givesEachHandlerTheCopyThatIsForIt() {
        ScriptedConnection connection =
                connect(client(b -> b.subscription(ALL, all).subscription(ONE, one)));
        int forAll = grant(connection, ALL);
        int forOne = grant(connection, ONE);
        assertNotEquals(forAll, forOne);
        connection.send(atMostOnce("x", forAll));
        connection.send(atMostOnce("y", forOne));
        assertEquals("x", all.nextText());
        assertEquals("y", one.nextText());
        connection.fence();
        all.expectEmpty();
        one.expectEmpty();
    }

    @Test
    @Statement("P-09")
    void givesOneCopyToAllHandlersItNames() {
        ScriptedConnection connection =
                connect(client(b -> b.subscription(ALL, all).subscription(ONE, one)));
        int forAll = grant(connection, ALL);
        int forOne = grant(connection, ONE);
        connection.send(atMostOnce("x", forOne, forAll, forOne));
        assertEquals("x", all.nextText());
        assertEquals("x", one.nextText());
        connection.fence();
        all.expectEmpty();
        one.expectEmpty();
    }

    @Test
    void goesByTheTopicFilterWhereTheServerHasNoIdentifiers() {
        MqttClient client = client(b -> b.subscription(ALL, all).subscription(ONE, one));
        ScriptedConnection connection = connect(client, connack().withoutSubscriptionIdentifiers());
        assertEquals(0, grant(connection, ALL));
        assertEquals(0, grant(connection, ONE));
        connection.send(atMostOnce("x"));
        assertEquals("x", all.nextText());
        assertEquals("x", one.nextText());
    }

    @Test
    void sendsNoneIfItShallNot() {
        ScriptedConnection connection =
                connect(client(b -> b.subscription(ALL, all).subscriptionIdentifiers(false)));
        assertEquals(0, grant(connection, ALL));
    }

    @Test
    void keepsTheIdentifierWhenOptionsAndHandlerChange() {
        MqttClient client = client(b -> b.subscription(ALL, all).subscription(ONE, one));
        ScriptedConnection connection = connect(client);
        int forAll = grant(connection, ALL);
        grant(connection, ONE);
        Inbox other = new Inbox();
        Subscription changed = ALL.atMost(QoS.AT_LEAST_ONCE);
        client.subscribe(changed, other);
        assertEquals(forAll, grant(connection, changed));
        connection.send(atMostOnce("x", forAll));
        assertEquals("x", other.nextText());
        connection.fence();
        one.expectEmpty();
        all.expectEmpty();
    }

    @Test
    void keepsAMessageForASubscriptionThatHasNoHandlerYet() {
        TestStore store = new TestStore();
        MqttClient first =
                client(b -> b.store(store).subscription(ALL, all).subscription(ONE, one));
        ScriptedConnection connection = connect(first);
        int forAll = grant(connection, ALL);
        int forOne = grant(connection, ONE);
        connection.fence();
        first.close();

        MqttClient second = client(b -> b.store(store).subscription(ONE, one));
        second.connect();
        ScriptedConnection next = server.accept().resume();
        next.send(publish(QoS.AT_LEAST_ONCE, 1, "x", forAll));
        next.send(atMostOnce("y", forOne));
        assertEquals("y", one.nextText());
        one.expectEmpty();
        second.subscribe(ALL, all);
        assertEquals("x", all.nextText());
    }

    @Test
    void findsTheHandlerOfAStoredMessageAfterARestart() {
        TestStore store = new TestStore();
        MqttClient first =
                client(b -> b.store(store).subscription(ALL, all).subscription(ONE, one));
        ScriptedConnection connection = connect(first);
        int forAll = grant(connection, ALL);
        grant(connection, ONE);
        connection.send(publish(QoS.EXACTLY_ONCE, 1, "x", forAll));
        connection.expect(pubrec(1));
        assertEquals("x", all.nextText());
        connection.fence();
        first.close();

        Inbox allAgain = new Inbox();
        Inbox oneAgain = new Inbox();
        MqttClient second =
                client(b -> b.store(store).subscription(ALL, allAgain).subscription(ONE, oneAgain));
        second.connect();
        assertEquals("x", allAgain.nextText());
        server.accept().resume().fence();
        oneAgain.expectEmpty();
    }

    @Test
    void doesNotUseAnIdentifierAgainWhoseSubscriptionEnded() {
        TestStore store = new TestStore();
        MqttClient first = client(b -> b.store(store));
        ScriptedConnection connection = connect(first);
        var subscribed = first.subscribe(ALL, all);
        int former = grant(connection, ALL);
        get(subscribed);
        var ended = first.unsubscribe("a/#");
        connection.send(unsuback(connection.expect(Unsubscribe.class), ReasonCode.SUCCESS));
        get(ended);
        first.close();

        MqttClient second = client(b -> b.store(store).subscription(ONE, one));
        second.connect();
        assertTrue(grant(server.accept().resume(), ONE) > former);
    }

    @Test
    void acknowledgesWhatComesLateForASubscriptionThatEnded() {
        MqttClient client = client(b -> b.subscription(ALL, all).subscription(ONE, one));
        ScriptedConnection connection = connect(client);
        int forAll = grant(connection, ALL);
        grant(connection, ONE);
        var ended = client.unsubscribe("a/#");
        connection.send(unsuback(connection.expect(Unsubscribe.class), ReasonCode.SUCCESS));
        get(ended);
        connection.send(publish(QoS.AT_LEAST_ONCE, 1, "x", forAll));
        connection.expect(Packets.puback(1));
        one.expectEmpty();
        all.expectEmpty();
    }

    @Test
    void handsOverNothingThatComesAfterTheApplicationWasToldOfTheEnd() {
        MqttClient client = client(b -> b.subscription(ALL, all));
        ScriptedConnection connection = connect(client);
        int forAll = grant(connection, ALL);
        var late =
                client.unsubscribe("a/#")
                        .thenRun(
                                () -> {
                                    connection.send(publish(QoS.AT_LEAST_ONCE, 1, "x", forAll));
                                    connection.expect(Packets.puback(1));
                                });
        connection.send(unsuback(connection.expect(Unsubscribe.class), ReasonCode.SUCCESS));
        get(late);
        all.expectEmpty();
    }

    @Test
    void saysWhatHelpsWhereTheServerRefusesTheIdentifiersItAnnounced() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var subscribed = client.subscribe(ALL, all);
        connection.send(
                suback(
                        connection.expect(Subscribe.class),
                        ReasonCode.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED));
        MqttException.SubscribeRejected refusal =
                failure(MqttException.SubscribeRejected.class, subscribed);
        assertEquals(ReasonCode.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED, refusal.reason());
        assertTrue(refusal.getMessage().contains("subscriptionIdentifiers(false)"));
    }
}
