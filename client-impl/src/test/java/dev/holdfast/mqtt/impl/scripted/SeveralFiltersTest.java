package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.suback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscribed;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** SUBSCRIBE and UNSUBSCRIBE with several Topic Filters, and many of them. */
class SeveralFiltersTest extends ScriptedTest {
    private static final Subscription A = Subscription.to("a");
    private static final Subscription B = Subscription.to("b").atMost(QoS.AT_LEAST_ONCE);
    private static final Subscription C = Subscription.to("c/#");
    private final Inbox inbox = new Inbox();

    private static Suback answer(Subscribe s, ReasonCode... reasons) {
        return new Suback(s.packetIdentifier(), Arrays.asList(reasons), null, List.of());
    }

    private static Suback grantAll(Subscribe s) {
        List<ReasonCode> reasons = new ArrayList<>();
        s.subscriptions().forEach(x -> reasons.add(ReasonCode.GRANTED_QOS_2));
        return new Suback(s.packetIdentifier(), reasons, null, List.of());
    }

    private static Unsuback unsuback(Unsubscribe u, ReasonCode... reasons) {
        return new Unsuback(u.packetIdentifier(), Arrays.asList(reasons), null, List.of());
    }

    @Test
    void userPropertiesGoWithEachSubscribeForThemAlsoAfterAReconnect() {
        List<UserProperty> properties = List.of(new UserProperty("site", "north"));
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var results = client.subscribe(List.of(A, B), inbox, properties);
        Subscribe subscribe = connection.expect(Subscribe.class);
        assertEquals(properties, subscribe.userProperties());
        connection.send(grantAll(subscribe));
        get(results);

        connection.cut();
        connection = server.accept().accept(connack());

        assertEquals(properties, connection.expect(Subscribe.class).userProperties());
    }

    @Test
    void userPropertiesOfTheBuilderGoWithEachSubscribeAlsoInTheNextRun() {
        List<UserProperty> north = List.of(new UserProperty("site", "north"));
        List<UserProperty> south = List.of(new UserProperty("site", "south"));
        TestStore store = new TestStore();
        for (int run = 1; run <= 2; run++) {
            MqttClient client =
                    client(
                            b ->
                                    b.store(store)
                                            .subscription(A, inbox, south)
                                            .subscription(A, inbox, north)
                                            .subscription(B, inbox)
                                            .subscription(C, inbox, north));
            var connected = client.connect();
            // The session is gone each time, and with it the subscriptions.
            ScriptedConnection connection = server.accept().accept(connack());
            get(connected);
            for (int connections = 1; connections <= 2; connections++) {
                Subscribe first = connection.expect(Subscribe.class);
                assertEquals(List.of(A, C), first.subscriptions());
                assertEquals(north, first.userProperties());
                Subscribe second = connection.expect(Subscribe.class);
                assertEquals(List.of(B), second.subscriptions());
                assertEquals(List.of(), second.userProperties());
                connection.send(grantAll(first), grantAll(second));
                connection.fence();
                connection.cut();
                connection = server.accept().accept(connack());
            }
            client.close();
        }
    }

    @Test
    void userPropertiesGoWithUnsubscribeAlsoWhenItIsSentAgain() {
        List<UserProperty> properties = List.of(new UserProperty("why", "moved"));
        MqttClient client = client(b -> b.subscription(A, inbox));
        ScriptedConnection connection = connect(client);
        Subscribe subscribe = connection.expect(Subscribe.class);
        assertEquals(List.of(), subscribe.userProperties());
        connection.send(grantAll(subscribe));
        var done = client.unsubscribe(List.of("a"), properties);
        assertEquals(properties, connection.expect(Unsubscribe.class).userProperties());

        connection.cut();
        connection = server.accept().accept(connack().sessionPresent());

        Unsubscribe again = connection.expect(Unsubscribe.class);
        assertEquals(properties, again.userProperties());
        connection.send(unsuback(again, ReasonCode.SUCCESS));
        get(done);
    }

    @Test
    @Statement({"3.8.3-2", "3.8.4-2"})
    void asksForAllInOnePacketAndTellsOfEach() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var results = client.subscribe(List.of(A, B, C), inbox);
        Subscribe subscribe = connection.expect(Subscribe.class);
        assertEquals(List.of(A, B, C), subscribe.subscriptions());
        connection.send(
                answer(
                        subscribe,
                        ReasonCode.GRANTED_QOS_2,
                        ReasonCode.NOT_AUTHORIZED,
                        ReasonCode.SUCCESS));
        var answered = get(results);
        assertEquals(
                List.of(A, C), answered.granted().stream().map(Subscribed::subscription).toList());
        assertEquals(QoS.AT_MOST_ONCE, answered.granted().get(1).grantedQos());
        assertEquals(Set.of(B), answered.refused().keySet());
        assertEquals(ReasonCode.NOT_AUTHORIZED, answered.refused().get(B).reason());
        assertThrows(MqttException.SubscribeRejected.class, answered::requireAllGranted);
        connection.cut();
        ScriptedConnection next = server.accept().accept();
        Subscribe again = next.expect(Subscribe.class);
        assertEquals(List.of(A, C), again.subscriptions());
        assertEquals(subscribe.subscriptionIdentifier(), again.subscriptionIdentifier());
        next.fence();
    }

    @Test
    void handsAMessageOverOnceHoweverManyOfThemItMatches() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        client.subscribe(List.of(C, Subscription.to("c/+")), inbox);
        Subscribe subscribe = connection.expect(Subscribe.class);
        connection.send(grantAll(subscribe));
        int identifier = subscribe.subscriptionIdentifier();
        Message message = Message.to("c/1").payload("x").qos(QoS.AT_MOST_ONCE).build();
        connection.send(new Publish(message, 0, false, List.of(identifier, identifier)));
        connection.send(new Publish(message, 0, false, List.of()));
        assertEquals("x", inbox.nextText());
        assertEquals("x", inbox.nextText());
        connection.fence();
        inbox.expectEmpty();
    }

    @Test
    void sendsWhatTheBuilderGotForOneHandlerTogether() {
        MqttClient client =
                client(
                        b ->
                                b.subscription(A, inbox)
                                        .subscription(B, MessageHandlers.forEach(m -> {}))
                                        .subscription(C, inbox));
        ScriptedConnection connection = connect(client);
        assertEquals(List.of(A, C), connection.expect(Subscribe.class).subscriptions());
        assertEquals(List.of(B), connection.expect(Subscribe.class).subscriptions());
        connection.fence();
    }

    @Test
    @Statement("3.8.4-6")
    void leavesWhenSubackHasFewerReasonsThanTopicFilters() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        client.subscribe(List.of(A, B), inbox);
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.SUCCESS));
        connection.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
    }

    @Test
    void unsubscribesSeveralWithOnePacket() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        client.subscribe(List.of(A, B), inbox);
        connection.send(grantAll(connection.expect(Subscribe.class)));
        var ended = client.unsubscribe(List.of("a", "b", "never"));
        Unsubscribe unsubscribe = connection.expect(Unsubscribe.class);
        assertEquals(List.of("a", "b"), unsubscribe.topicFilters().subList(0, 2));
        connection.send(
                unsubscribe.topicFilters().size() == 2
                        ? unsuback(unsubscribe, ReasonCode.SUCCESS, ReasonCode.SUCCESS)
                        : unsuback(
                                unsubscribe,
                                ReasonCode.SUCCESS,
                                ReasonCode.SUCCESS,
                                ReasonCode.NO_SUBSCRIPTION_EXISTED));
        get(ended);
    }

    @Test
    void splitsWhatIsTooLargeForTheServer() {
        List<Subscription> many = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            many.add(Subscription.to("topic/number/" + i));
        }
        MqttClient client = client();
        ScriptedConnection connection = connect(client, connack().maximumPacketSize(80));
        var results = client.subscribe(many, inbox);
        List<Subscription> seen = new ArrayList<>();
        while (seen.size() < many.size()) {
            Subscribe part = connection.expect(Subscribe.class);
            assertTrue(connection.lastBytes().length() / 3 < 80, connection.lastBytes());
            seen.addAll(part.subscriptions());
            connection.send(grantAll(part));
        }
        assertEquals(many, seen);
        assertEquals(10, get(results).granted().size());
    }

    @Test
    void neverHasMoreThanSomeRequestsOpen() {
        int count = 200;
        List<CompletableFuture<Subscribed>> answers = new ArrayList<>();
        MqttClient client = client();
        for (int i = 0; i < count; i++) {
            answers.add(client.subscribe(Subscription.to("t/" + i), inbox));
        }
        ScriptedConnection connection = connect(client);
        List<Subscribe> open = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            open.add(connection.expect(Subscribe.class));
        }
        connection.fence();
        Set<Integer> identifiers = new HashSet<>();
        for (int answered = 0; answered < count; answered++) {
            Subscribe next = open.isEmpty() ? connection.expect(Subscribe.class) : open.remove(0);
            assertTrue(identifiers.add(next.subscriptionIdentifier()));
            connection.send(grantAll(next));
        }
        answers.forEach(ScriptedTest::get);
    }

    @Test
    void refusesAnEmptyListAndARepeatedTopicFilter() {
        MqttClient client = client();
        assertThrows(IllegalArgumentException.class, () -> client.subscribe(List.of(), inbox));
        assertThrows(
                IllegalArgumentException.class,
                () -> client.subscribe(List.of(A, A.atMost(QoS.AT_MOST_ONCE)), inbox));
        assertThrows(IllegalArgumentException.class, () -> client.unsubscribe(List.of("a", "a")));
    }

    // ---- time

    @Test
    void failsACallThatHasWaitedTooLongAndKeepsTheSubscriptionDeclared() {
        MqttClient client = client(b -> b.operationTimeout(Duration.ofMillis(50)));
        ScriptedConnection connection = connect(client);
        var subscribed = client.subscribe(A, inbox);
        Subscribe subscribe = connection.expect(Subscribe.class);
        MqttException.TimedOut late = failure(MqttException.TimedOut.class, subscribed);
        assertTrue(late.getMessage().contains("'a'"), late.getMessage());
        connection.send(suback(subscribe, ReasonCode.GRANTED_QOS_2));
        connection.send(Packets.atMostOnce("a", "x"));
        assertEquals("x", inbox.nextText());
        var ended = client.unsubscribe("a");
        connection.expect(Unsubscribe.class);
        failure(MqttException.TimedOut.class, ended);
        connection.cut();
        assertEquals(
                List.of("a"), server.accept().resume().expect(Unsubscribe.class).topicFilters());
    }

    @Test
    void tellsTheListenerOfARefusalForWhichNobodyWaitsAnyMore() {
        MqttClient client = client(b -> b.operationTimeout(Duration.ofMillis(50)));
        ScriptedConnection connection = connect(client);
        var subscribed = client.subscribe(A, inbox);
        Subscribe subscribe = connection.expect(Subscribe.class);
        failure(MqttException.TimedOut.class, subscribed);
        connection.send(suback(subscribe, ReasonCode.NOT_AUTHORIZED));
        assertEquals(A, listener.await(Recorder.Refused.class).subscription());
    }

    @Test
    void waitsForeverUnlessToldOtherwise() {
        MqttClient client = client();
        var subscribed = client.subscribe(A, inbox);
        ScriptedConnection connection = connect(client);
        connection.expect(Subscribe.class);
        connection.fence();
        assertFalse(subscribed.isDone());
    }
}
