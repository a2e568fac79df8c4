package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ServerOrder;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What this client takes the server's session for, when it cannot know all that happened to it. */
class SessionPresenceTest {
    private TestCore core = new TestCore();

    private static Message message(String payload, QoS qos) {
        return Message.to("a").payload(payload).qos(qos).build();
    }

    private void receive(int identifier, String payload, QoS qos, boolean dup) {
        core.session.received(new Publish(message(payload, qos), identifier, dup));
    }

    private List<String> delivered() {
        return core.told(Event.Deliver.class).stream()
                .map(e -> e.incoming().message().payloadText())
                .toList();
    }

    private void subscribe() {
        core.session.subscribe(2, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
    }

    /** CONNECT arrives, and makes a new session where the old one is gone; CONNACK does not. */
    private void loseConnack() {
        core.open();
        core.sent(Connect.class);
        core.cut();
    }

    // ---- a session that ended with its connection

    @Test
    void remainsOfASessionWithoutExpiryAreGoneFromDiskWhenTheNextConnectLeaves() {
        core.connect(TestCore.connack(false, QoS.EXACTLY_ONCE, 0));
        subscribe();
        core.session.publish(1, message("out", QoS.EXACTLY_ONCE), OutgoingMessage.NEVER);
        core.sent(Publish.class);
        receive(8, "in", QoS.EXACTLY_ONCE, false);
        core.sent(Pubrec.class);
        core.cut();

        core.open();
        core.sent(Connect.class);

        assertEquals(Map.of(), core.disk.recovered().receivedIdentifiers());
        assertEquals(List.of(), core.disk.recovered().inFlight());
        assertEquals(List.of(), core.disk.recovered().subscriptions());
    }

    @Test
    void sessionThatGotItsExpiryFromDisconnectIsResumedByTheNextRun() {
        core.connect(TestCore.connack(false, QoS.EXACTLY_ONCE, 0));
        core.session.disconnect(3, new DisconnectOptions().sessionExpiry(Duration.ofSeconds(100)));
        core.sent(Disconnect.class);

        core = new TestCore(TestCore.settings(), core.disk);
        core.connect(true);

        assertEquals(1, core.told(Event.Connected.class).size());
    }

    @Test
    void disconnectThatLetsASessionLiveOnWaitsUntilItIsKnownOnDisk() {
        core.connect(TestCore.connack(false, QoS.EXACTLY_ONCE, 0));
        core.assertNothingSent();
        core.diskHangs = true;
        core.session.disconnect(3, new DisconnectOptions().sessionExpiry(Duration.ofSeconds(100)));
        core.assertNothingSent();

        core.diskHangs = false;

        assertEquals(100, core.sent(Disconnect.class).sessionExpiryInterval());
    }

    @Test
    void disconnectWaitsForTheDiskAnewAfterAnotherConnection() {
        core.connect(TestCore.connack(false, QoS.EXACTLY_ONCE, 0));
        core.assertNothingSent();
        core.diskHangs = true;
        DisconnectOptions options = new DisconnectOptions().sessionExpiry(Duration.ofSeconds(100));
        core.session.disconnect(3, options.afterPending(Duration.ofSeconds(60)));
        core.assertNothingSent();
        core.session.publish(1, message("out", QoS.AT_LEAST_ONCE), OutgoingMessage.NEVER);
        core.cut();
        core.diskHangs = false;
        core.open();
        core.sent(Connect.class);
        core.session.received(TestCore.connack(false, QoS.EXACTLY_ONCE, 0));
        Publish publish = core.sent(Publish.class);

        core.diskHangs = true;
        core.session.received(new Puback(publish.packetIdentifier(), ReasonCode.SUCCESS));

        core.assertNothingSent();
    }

    // ---- a session at another server

    private static ClientSettings settingsOfTwo() {
        return MqttClient.newBuilder(URI.create("mqtt://one"), URI.create("mqtt://two"))
                .clientIdentifier("c")
                .sessionExpiry(Duration.ofSeconds(300))
                .keepAlive(Duration.ZERO)
                .serverOrder(ServerOrder.ROUND_ROBIN)
                .reconnect(attempt -> Optional.of(Duration.ofSeconds(1)))
                .settings();
    }

    /** It may be one of its own, with the same identifier in use for something else. */
    @Test
    void firstPublishWithAHeldIdentifierIsANewMessageAtAnotherServer() {
        core = new TestCore(settingsOfTwo());
        core.connect(false);
        receive(8, "one's", QoS.EXACTLY_ONCE, false);
        core.sent(Pubrec.class);
        core.cut();
        core.open();
        core.sent(Connect.class);
        core.session.received(TestCore.connack(true));

        receive(8, "two's", QoS.EXACTLY_ONCE, false);

        core.sent(Pubrec.class);
        assertEquals(List.of("one's", "two's"), delivered());
    }

    @Test
    void subscriptionsAreRenewedAtAnotherServerAndByTheNextRun() {
        core = new TestCore(settingsOfTwo());
        core.connect(false);
        subscribe();
        core.cut();
        core.open();
        core.sent(Connect.class);
        core.session.received(TestCore.connack(true));
        core.answer(core.sent(Subscribe.class));

        core = new TestCore(settingsOfTwo(), core.disk);
        core.session.subscribe(2, Subscription.to("a"));
        core.connect(true);

        core.sent(Subscribe.class);
    }

    /** It may have one from an earlier time there. */
    @Test
    void whatIsUnsubscribedAtAnotherServerIsEndedThereThoughTheFirstDoesNotHaveIt() {
        core = new TestCore(settingsOfTwo());
        core.connect(false);
        core.cut();
        core.open();
        core.sent(Connect.class);
        core.session.received(TestCore.connack(true));

        core.session.unsubscribe(3, "a");

        assertEquals(List.of("a"), core.sent(Unsubscribe.class).topicFilters());
    }

    @Test
    void sessionIsTrustedAtTheSameServer() {
        ClientSettings settings = settingsOfTwo();
        core = new TestCore(settings);
        core.connect(false);
        subscribe();
        core.cut();
        core.advance(1_000);
        assertEquals(URI.create("mqtt://two"), core.refuse());
        assertEquals(URI.create("mqtt://one"), core.openAtOnce());
        core.sent(Connect.class);
        core.session.received(TestCore.connack(true));

        core.assertNothingSent();
    }

    // ---- a session that may be the one before, or a new one

    @Test
    void asksForAllSubscriptionsWhenAConnackWasLostThatMayHaveSpokenOfANewSession() {
        core.connect(false);
        subscribe();
        core.cut();
        loseConnack();

        core.connect(true);

        assertEquals("a", core.sent(Subscribe.class).subscriptions().get(0).topicFilter());
    }

    @Test
    void asksForAllSubscriptionsAfterADisconnectThatWasToEndTheSession() {
        // Late, a CONNECT of a connection that was given up may have made a new one.
        core.connect(false);
        subscribe();
        core.session.disconnect(3, new DisconnectOptions().sessionExpiry(Duration.ZERO));
        core.sent(Disconnect.class);
        core.cut();

        core.connect(true);

        assertEquals("a", core.sent(Subscribe.class).subscriptions().get(0).topicFilter());
    }

    @Test
    void knowsNoSubscriptionsWhenTheConnackThatWasLostWasOfAnEarlierRun() {
        core.connect(false);
        subscribe();
        core.cut();
        loseConnack();

        core = new TestCore(TestCore.settings(), core.disk);
        core.connect(true);
        core.assertNothingSent();

        assertEquals(List.of(), core.session.subscriptions());
    }

    @Test
    void refusalLeavesNoDoubtAboutTheSession() {
        core.connect(false);
        subscribe();
        core.cut();
        core.open();
        core.sent(Connect.class);
        core.session.received(TestCore.refusal(ReasonCode.SERVER_BUSY));
        core.cut();

        core.connect(true);

        core.assertNothingSent();
        assertEquals(List.of(Subscription.to("a")), core.session.subscriptions());
    }

    @Test
    void lostSessionIsReportedAlsoAfterALostConnack() {
        core.connect(false);
        core.cut();
        loseConnack();

        core.connect(false);

        assertEquals(1, core.told(Event.SessionLost.class).size());
    }

    @Test
    void firstMessageWithAnIdentifierOfTheFormerSessionIsHandedOver() {
        core.connect(false);
        receive(8, "old", QoS.EXACTLY_ONCE, false);
        core.sent(Pubrec.class);
        core.cut();
        loseConnack();
        core.connect(true);

        receive(8, "new", QoS.EXACTLY_ONCE, false);

        core.sent(Pubrec.class);
        assertEquals(List.of("old", "new"), delivered());
    }

    @Test
    void doubtAboutTheSessionOutlivesTheConnectionAsLongAsAnIdentifierIsHeld() {
        core.connect(false);
        receive(8, "old", QoS.EXACTLY_ONCE, false);
        core.sent(Pubrec.class);
        core.cut();
        loseConnack();
        core.connect(true);
        core.cut();
        core = new TestCore(TestCore.settings(), core.disk);
        core.connect(true);

        receive(8, "new", QoS.EXACTLY_ONCE, false);

        core.sent(Pubrec.class);
        assertEquals(List.of("old", "new"), delivered());
    }

    @Test
    void repeatedMessageOfTheFormerSessionIsNotHandedOverAgain() {
        core.connect(false);
        receive(8, "old", QoS.EXACTLY_ONCE, false);
        core.sent(Pubrec.class);
        core.cut();
        loseConnack();
        core.connect(true);

        receive(8, "old", QoS.EXACTLY_ONCE, true);

        core.sent(Pubrec.class);
        assertEquals(List.of("old"), delivered());
    }

    /** Otherwise the client would end each connection on which the server sends it again. */
    @Test
    void identifierOfTheFormerSessionMayComeBackAtQos1() {
        core.connect(false);
        receive(8, "old", QoS.EXACTLY_ONCE, false);
        core.sent(Pubrec.class);
        core.cut();
        loseConnack();
        core.connect(true);

        receive(8, "new", QoS.AT_LEAST_ONCE, true);

        assertEquals(List.of("old", "new"), delivered());
        core.session.settle(core.told(Event.Deliver.class).get(1).incoming(), ReasonCode.SUCCESS);
        assertEquals(8, core.sent(Puback.class).packetIdentifier());
        assertEquals(1, core.told(Event.Disconnected.class).size(), "the connection stands");
    }
}
