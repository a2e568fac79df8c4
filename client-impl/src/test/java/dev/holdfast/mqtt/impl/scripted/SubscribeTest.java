package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.atMostOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.suback;
import static dev.holdfast.mqtt.impl.scripted.Packets.unsuback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscribed;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Declared subscriptions, brought into line with what the server has. */
class SubscribeTest extends ScriptedTest {
    private static final Subscription A = Subscription.to("a");
    private static final Subscription B = Subscription.to("b");

    /** Of one kind, waiting for a connection. */
    private static final int MOST_CALLS = 65_536;

    private final Inbox inbox = new Inbox();

    private static Subscribe expectSubscribe(ScriptedConnection connection, Subscription wanted) {
        Subscribe subscribe = connection.expect(Subscribe.class);
        assertEquals(List.of(wanted), subscribe.subscriptions());
        return subscribe;
    }

    private static void grant(ScriptedConnection connection, Subscription wanted) {
        connection.send(suback(expectSubscribe(connection, wanted), ReasonCode.GRANTED_QOS_2));
    }

    /** A client whose server has confirmed A, and whose connection was lost. */
    private MqttClient confirmedAndCut(Resubscribe resubscribe) {
        MqttClient client = client(b -> b.subscription(A, inbox).resubscribe(resubscribe));
        ScriptedConnection connection = connect(client);
        if (resubscribe != Resubscribe.NEVER) {
            grant(connection, A);
        }
        connection.fence();
        connection.cut();
        return client;
    }

    // ---- when

    @ParameterizedTest
    @EnumSource(Resubscribe.class)
    void subscribesAnewWhenTheServerHasLostTheSession(Resubscribe resubscribe) {
        confirmedAndCut(resubscribe);
        ScriptedConnection next = server.accept().accept();
        if (resubscribe != Resubscribe.NEVER) {
            grant(next, A);
        }
        next.fence();
    }

    @ParameterizedTest
    @EnumSource(Resubscribe.class)
    void subscribesAgainInAResumedSessionOnlyIfAlways(Resubscribe resubscribe) {
        confirmedAndCut(resubscribe);
        ScriptedConnection next = server.accept().resume();
        if (resubscribe == Resubscribe.ALWAYS) {
            grant(next, A);
        }
        next.fence();
    }

    @Test
    void subscribesInAResumedSessionWhatWasDeclaredSince() {
        MqttClient client = confirmedAndCut(Resubscribe.WHEN_ABSENT);
        var subscribed = client.subscribe(B, inbox);
        ScriptedConnection next = server.accept().resume();
        grant(next, B);
        get(subscribed);
        next.fence();
    }

    @Test
    void subscribesInAResumedSessionWhatWasChangedSince() {
        MqttClient client = confirmedAndCut(Resubscribe.WHEN_ABSENT);
        client.subscribe(A.atMost(QoS.AT_LEAST_ONCE), inbox);
        ScriptedConnection next = server.accept().resume();
        grant(next, A.atMost(QoS.AT_LEAST_ONCE));
        next.fence();
    }

    @Test
    void asksAgainWhenTheConnectionEndsBeforeTheAnswer() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var subscribed = client.subscribe(A, inbox);
        expectSubscribe(connection, A);
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        grant(next, A);
        get(subscribed);
        next.fence();
    }

    @Test
    void asksAgainToUnsubscribeWhenTheConnectionEndsBeforeTheAnswer() {
        MqttClient client = confirmedAndCut(Resubscribe.WHEN_ABSENT);
        ScriptedConnection connection = server.accept().resume();
        connection.fence();
        var unsubscribed = client.unsubscribe("a");
        connection.expect(Unsubscribe.class);
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        next.send(unsuback(next.expect(Unsubscribe.class), ReasonCode.SUCCESS));
        get(unsubscribed);
        next.fence();
    }

    @Test
    void unsubscribesWhatWasEndedWithoutAConnection() {
        MqttClient client = confirmedAndCut(Resubscribe.WHEN_ABSENT);
        var unsubscribed = client.unsubscribe("a");
        ScriptedConnection next = server.accept().resume();
        Unsubscribe unsubscribe = next.expect(Unsubscribe.class);
        assertEquals(List.of("a"), unsubscribe.topicFilters());
        next.send(unsuback(unsubscribe, ReasonCode.NO_SUBSCRIPTION_EXISTED));
        get(unsubscribed);
        assertEquals(List.of(), client.session().subscriptions());
        next.fence();
    }

    @Test
    void endsAtOnceWhatTheServerNeverHad() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        get(client.unsubscribe("never/subscribed"));
        connection.fence();
    }

    // ---- how

    @Statement("3.8.1-1")
    @Test
    void saysTheOptions() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Subscription wanted =
                Subscription.to("x/+/#")
                        .atMost(QoS.AT_LEAST_ONCE)
                        .withoutOwnMessages()
                        .keepingRetainFlag()
                        .retained(Subscription.RetainHandling.DO_NOT_SEND);
        var subscribed = client.subscribe(wanted, inbox);
        connection.expectBytes("82 0D 00 01 02 0B 01 00 05 78 2F 2B 2F 23 2D");
        connection.send("90 04 00 01 00 01");
        assertEquals(QoS.AT_LEAST_ONCE, get(subscribed).grantedQos());
        assertEquals(List.of(wanted), client.session().subscriptions());
    }

    @Statement("P-12")
    @Test
    void handsOverMessagesThatComeBeforeTheAnswer() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var subscribed = client.subscribe(A, inbox);
        Subscribe subscribe = expectSubscribe(connection, A);
        connection.send(atMostOnce("a", "early"));
        assertEquals("early", inbox.nextText());
        assertFalse(subscribed.isDone());
        connection.send(suback(subscribe, ReasonCode.GRANTED_QOS_1));
        get(subscribed);
    }

    @Test
    void replacesOptionsAndHandlerOfTheSameFilter() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var first = client.subscribe(A, inbox);
        grant(connection, A);
        get(first);
        Inbox other = new Inbox();
        var second = client.subscribe(A.keepingRetainFlag(), other);
        grant(connection, A.keepingRetainFlag());
        get(second);
        connection.send(atMostOnce("a", "x"));
        assertEquals("x", other.nextText());
        inbox.expectEmpty();
        assertEquals(List.of(A.keepingRetainFlag()), client.session().subscriptions());
    }

    @Test
    void boundsCallsThatWaitForAConnectionAndChangesNothingByWhatItRefuses() {
        MqttClient client = client();
        List<CompletableFuture<Subscribed>> calls = new ArrayList<>();
        for (int i = 0; i < MOST_CALLS; i++) {
            calls.add(client.subscribe(A, inbox));
        }
        // Who gives up on a future leaves its call to the client.
        calls.get(0).cancel(false);

        MqttException.StoreFull full =
                failure(MqttException.StoreFull.class, client.subscribe(A, new Inbox()));

        assertTrue(full.getMessage().contains("wait for some"), full.getMessage());
        ScriptedConnection connection = connect(client);
        grant(connection, A);
        get(calls.get(MOST_CALLS - 1));
        connection.send(atMostOnce("a", "x"));
        assertEquals("x", inbox.nextText());
        var next = client.subscribe(A.keepingRetainFlag(), inbox);
        grant(connection, A.keepingRetainFlag());
        get(next);
    }

    @Test
    void boundsCallsOfUnsubscribeToo() {
        TestStore store = new TestStore();
        store.holdsSession();
        MqttClient client = client(b -> b.store(store).subscription(A, inbox));
        List<CompletableFuture<Void>> calls = new ArrayList<>();
        for (int i = 0; i < MOST_CALLS; i++) {
            calls.add(client.unsubscribe("b"));
        }

        failure(MqttException.StoreFull.class, client.unsubscribe("a"));

        ScriptedConnection connection = connect(client, connack().sessionPresent());
        Unsubscribe ended = connection.expect(Unsubscribe.class);
        assertEquals(List.of("b"), ended.topicFilters());
        grant(connection, A);
        connection.send(unsuback(ended, ReasonCode.SUCCESS));
        get(calls.get(MOST_CALLS - 1));
    }

    // ---- refusal

    @Test
    void forgetsASubscriptionThatTheServerRefuses() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var subscribed = client.subscribe(A, inbox);
        Subscribe subscribe = expectSubscribe(connection, A);
        connection.send(
                new Suback(
                        subscribe.packetIdentifier(),
                        List.of(ReasonCode.NOT_AUTHORIZED),
                        "not yours",
                        List.of()));
        MqttException.SubscribeRejected cause =
                failure(MqttException.SubscribeRejected.class, subscribed);
        assertEquals(ReasonCode.NOT_AUTHORIZED, cause.reason());
        assertTrue(cause.getMessage().contains("not yours"), cause.getMessage());
        connection.cut();
        server.accept().accept().fence();
    }

    @Test
    void triesADeclaredSubscriptionAgainAtTheNextConnect() {
        client(b -> b.subscription(A, inbox)).connect();
        ScriptedConnection connection = server.accept().accept();
        connection.send(suback(expectSubscribe(connection, A), ReasonCode.QUOTA_EXCEEDED));
        assertEquals(A, listener.await(Recorder.Refused.class).subscription());
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        grant(next, A);
        next.send(atMostOnce("a", "x"));
        assertEquals("x", inbox.nextText());
    }

    @Test
    void failsAnUnsubscribeThatTheServerRefuses() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var subscribed = client.subscribe(A, inbox);
        grant(connection, A);
        get(subscribed);
        var unsubscribed = client.unsubscribe("a");
        connection.send(unsuback(connection.expect(Unsubscribe.class), ReasonCode.NOT_AUTHORIZED));
        assertEquals(
                ReasonCode.NOT_AUTHORIZED,
                failure(MqttException.SubscribeRejected.class, unsubscribed).reason());
        connection.send(atMostOnce("a", "still there"));
        assertEquals("still there", inbox.nextText());
    }

    // ---- answers that do not fit

    @Statement("3.8.4-6")
    @Test
    void closesAtAnAnswerWithMoreReasonsThanFilters() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var subscribed = client.subscribe(A, inbox);
        expectSubscribe(connection, A);
        connection.send("90 05 00 01 00 00 00");
        connection.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        assertFalse(subscribed.isDone());
        ScriptedConnection next = server.accept().accept(connack());
        grant(next, A);
        get(subscribed);
    }

    @Statement({"2.2.1-6", "3.10.4-5"})
    @Test
    void closesAtAnAnswerOfTheWrongKind() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        client.subscribe(A, inbox);
        expectSubscribe(connection, A);
        connection.send("B0 04 00 01 00 00");
        connection.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
    }
}
