package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.SessionState;
import dev.holdfast.mqtt.store.SessionState.Presence;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Declared subscriptions and the server's are brought into line. */
class SubscriptionsTest {
    private final TestCore core = new TestCore();

    @Test
    void subscriptionRenewedWhileItsUnsubscribeIsOpenIsMadeAgainAfterTheResume() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.session.unsubscribe(2, "a");
        core.sent(Unsubscribe.class);
        core.session.subscribe(3, Subscription.to("a"));
        // SUBACK comes, UNSUBACK does not.
        core.answer(core.sent(Subscribe.class));
        core.cut();

        core.connect(true);

        Subscribe again = core.sent(Subscribe.class);
        assertEquals("a", again.subscriptions().get(0).topicFilter());
        core.assertNothingSent();
    }

    @Test
    void unsubscribeWithoutAnswerIsSentAgainAfterTheResume() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.session.unsubscribe(2, "a");
        core.sent(Unsubscribe.class);
        core.cut();

        core.connect(true);

        assertEquals("a", core.sent(Unsubscribe.class).topicFilters().get(0));
        core.assertNothingSent();
    }

    @Test
    void subscriptionDeclaredSinceTheLastRunIsMadeInAResumedSession() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.cut();
        core.session.subscribe(2, Subscription.to("b"));

        core.connect(true);

        assertEquals("b", core.sent(Subscribe.class).subscriptions().get(0).topicFilter());
        core.assertNothingSent();
    }

    @Test
    void subscriptionThatMayHaveReachedTheServerIsUnsubscribedThere() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.sent(Subscribe.class);
        core.cut();
        core.session.unsubscribe(2, "a");
        assertEquals(0, core.told(Event.Unsubscribed.class).size());

        core.connect(true);

        assertEquals("a", core.sent(Unsubscribe.class).topicFilters().get(0));
        core.assertNothingSent();
    }

    @Test
    void subscriptionWhoseUnsubscribeHadNoAnswerIsNotTakenForConfirmedByTheNextRun() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.session.unsubscribe(2, "a");

        core.sent(Unsubscribe.class);

        assertEquals(List.of(), core.disk.recovered().subscriptions());
    }

    @Test
    void subscriptionWhoseOptionsWereBeingChangedIsNotTakenForConfirmedByTheNextRun() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.session.subscribe(2, Subscription.to("a").atMost(QoS.AT_MOST_ONCE));
        core.sent(Subscribe.class);

        assertEquals(List.of(), core.disk.recovered().subscriptions());
    }

    @Test
    void filterThatAnEarlierRunMayHaveSubscribedIsUnsubscribedAtTheServer() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.sent(Subscribe.class);
        // The process dies before SUBACK.

        TestCore next = new TestCore(TestCore.settings(), core.disk);
        next.session.unsubscribe(1, "a");
        next.connect(true);

        assertEquals("a", next.sent(Unsubscribe.class).topicFilters().get(0));
    }

    @Test
    void answerToSubscribeIsNotRememberedWhileUnsubscribeIsUnderWay() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        Subscribe subscribe = core.sent(Subscribe.class);
        core.session.unsubscribe(2, "a");
        core.sent(Unsubscribe.class);

        core.answer(subscribe);

        assertEquals(1, core.told(Event.Subscribed.class).size());
        assertEquals(List.of(), core.disk.recovered().subscriptions());
    }

    @Test
    void subscriptionGrantedToTheSecondCallStaysDeclaredThoughTheFirstWasRefused() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.session.subscribe(2, Subscription.to("a"));
        refuse(core.sent(Subscribe.class));
        core.answer(core.sent(Subscribe.class));
        core.cut();

        core.connect(false);

        assertEquals("a", core.sent(Subscribe.class).subscriptions().get(0).topicFilter());
    }

    @Test
    void subscriptionGrantedToTheSecondCallStaysDeclaredThoughTheFirstIsRefusedAfterIt() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.session.subscribe(2, Subscription.to("a"));
        Subscribe first = core.sent(Subscribe.class);
        core.answer(core.sent(Subscribe.class));
        refuse(first);
        core.cut();

        core.connect(false);

        assertEquals("a", core.sent(Subscribe.class).subscriptions().get(0).topicFilter());
    }

    @Test
    void unsubscribeIsDoneOnceItIsOnDiskThatTheSubscriptionIsGone() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.cut();
        core.session.unsubscribe(2, "a");
        core.session.connect(3);
        core.open();
        core.sent(Connect.class);
        core.diskHangs = true;
        core.session.received(TestCore.connack(false));
        assertTrue(core.told(Event.Unsubscribed.class).isEmpty());

        core.diskHangs = false;

        assertEquals(1, core.told(Event.Unsubscribed.class).size());
    }

    @Test
    void confirmedSubscriptionThatANewSessionRefusesIsReportedAndTriedAgain() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.cut();
        core.connect(false);

        refuse(core.sent(Subscribe.class));

        assertEquals(1, core.told(Event.SubscriptionRefused.class).size());
        core.cut();
        core.connect(true);
        assertEquals("a", core.sent(Subscribe.class).subscriptions().get(0).topicFilter());
    }

    @Test
    void subscriptionThatTheServerRefusesToEndIsStillConfirmed() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.session.unsubscribe(2, "a");
        Unsubscribe unsubscribe = core.sent(Unsubscribe.class);

        core.session.received(
                new Unsuback(
                        unsubscribe.packetIdentifier(),
                        List.of(ReasonCode.NOT_AUTHORIZED),
                        null,
                        List.of()));

        assertEquals(1, core.told(Event.UnsubscribeFailed.class).size());
        assertEquals(List.of(Subscription.to("a")), core.session.subscriptions());
        assertEquals(List.of(Subscription.to("a")), core.disk.recovered().subscriptions());
    }

    @Test
    void subscriptionAnsweredBeforeAnOlderUnsubscribeCanStillBeUnsubscribed() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.session.unsubscribe(2, "a");
        Unsubscribe unsubscribe = core.sent(Unsubscribe.class);
        core.session.subscribe(3, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.session.received(unsuback(unsubscribe));

        core.session.unsubscribe(4, "a");

        assertEquals("a", core.sent(Unsubscribe.class).topicFilters().get(0));
    }

    @Test
    void unsubscribeAnsweredBeforeAnOlderSubscribeLeavesNothingConfirmed() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        Subscribe subscribe = core.sent(Subscribe.class);
        core.session.unsubscribe(2, "a");
        core.session.received(unsuback(core.sent(Unsubscribe.class)));

        core.answer(subscribe);

        core.assertNothingSent();
        assertEquals(List.of(), core.disk.recovered().subscriptions());
    }

    @Test
    void subscriptionIsMadeAgainInASessionThatAnotherConnectionHadTakenOver() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.session.received(new Disconnect(ReasonCode.SESSION_TAKEN_OVER));
        core.cut();

        core.connect(true);

        assertEquals("a", core.sent(Subscribe.class).subscriptions().get(0).topicFilter());
    }

    private static Unsuback unsuback(Unsubscribe unsubscribe) {
        return new Unsuback(
                unsubscribe.packetIdentifier(), List.of(ReasonCode.SUCCESS), null, List.of());
    }

    private void refuse(Subscribe subscribe) {
        core.session.received(
                new Suback(
                        subscribe.packetIdentifier(),
                        List.of(ReasonCode.NOT_AUTHORIZED),
                        null,
                        List.of()));
    }

    @Test
    void boundsWhatTheServerIsToBeAskedToEndThoughNobodyWaitsAnyMore() {
        SessionState disk = new SessionState();
        disk.apply(new Change.Presence(Presence.HELD));
        TestCore offline = impatient(disk);
        offline.advance(0);
        for (int i = 0; i < Subscriptions.MOST_UNWANTED; i++) {
            offline.session.unsubscribe(i, "t/" + i);
        }
        offline.advance(10);
        offline.events.clear();

        offline.session.unsubscribe(-1, "another");
        offline.session.unsubscribe(-2, "t/7");

        assertInstanceOf(
                MqttException.StoreFull.class,
                offline.told(Event.UnsubscribeFailed.class).get(0).cause());
        assertEquals(1, offline.told(Event.UnsubscribeFailed.class).size());
    }

    private static TestCore impatient(SessionState disk) {
        return new TestCore(
                TestCore.builder(
                                false,
                                StoreLimits.defaults(),
                                SessionLostPolicy.defaults(),
                                ReconnectPolicy.exponential(
                                        Duration.ofSeconds(1), Duration.ofSeconds(1)))
                        .operationTimeout(Duration.ofMillis(1))
                        .settings(),
                disk);
    }

    @Test
    void endThatComesTooLateIsNotThatOfWhatWasSubscribedAndUnsubscribedSince() {
        TestCore late = impatient(new SessionState());
        late.connect(false);
        late.session.subscribe(1, Subscription.to("a"));
        late.answer(late.sent(Subscribe.class));
        late.session.unsubscribe(2, "a");
        Unsubscribe first = late.sent(Unsubscribe.class);
        late.advance(10);
        late.session.subscribe(3, Subscription.to("a"));
        late.answer(late.sent(Subscribe.class));
        late.session.unsubscribe(4, "a");
        Unsubscribe second = late.sent(Unsubscribe.class);
        late.advance(10);

        late.session.received(success(first));
        assertEquals(List.of(), late.told(Event.SubscriptionEnded.class));

        late.session.received(success(second));
        assertEquals(1, late.told(Event.SubscriptionEnded.class).size());
    }

    private static Unsuback success(Unsubscribe unsubscribe) {
        return new Unsuback(
                unsubscribe.packetIdentifier(), List.of(ReasonCode.SUCCESS), null, List.of());
    }
}
