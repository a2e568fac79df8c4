package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.SessionLostPolicy.InFlight;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.SessionState;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What becomes of single messages in cases that are seldom met. */
class OutgoingPublishesTest {
    private static TestCore core(StoreLimits limits) {
        return new TestCore(
                TestCore.settings(
                        false,
                        limits,
                        new SessionLostPolicy(InFlight.REPUBLISH, InFlight.REPUBLISH),
                        ReconnectPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(1))));
    }

    @Test
    void messageHeldBackThenRequeuedThenSentIsARepeatWhenItIsSentAgain() {
        TestCore core = core(StoreLimits.defaults());
        core.connect(false);
        core.diskHangs = true;
        Message message = Message.to("a").qos(QoS.EXACTLY_ONCE).build();
        core.session.publish(1, message, OutgoingMessage.NEVER);
        core.cut();
        core.diskHangs = false;
        core.connect(false);
        assertFalse(core.sent(Publish.class).dup());
        core.cut();

        core.connect(true);

        assertTrue(core.sent(Publish.class).dup());
    }

    @Test
    void publishingLeavesPacketIdentifiersToSubscribe() {
        TestCore core = core(StoreLimits.defaults());
        core.connect(false);
        Message message = Message.to("a").qos(QoS.AT_LEAST_ONCE).build();
        for (int i = 1; i <= 66_000; i++) {
            core.session.publish(i, message, OutgoingMessage.NEVER);
            core.advance(0);
        }
        core.session.subscribe(7, Subscription.to("b"));

        int published = 0;
        Packet packet = core.sent(Packet.class);
        for (; packet instanceof Publish; packet = core.sent(Packet.class)) {
            published++;
        }

        assertInstanceOf(Subscribe.class, packet);
        assertTrue(published > 65_000, "published " + published);
    }

    @Test
    void publicationGivenUpInFlightFailsOnceThoughLaterLimitsForbidIt() {
        TestCore core = core(StoreLimits.defaults());
        core.connect(false);
        Message message = Message.to("a").qos(QoS.AT_LEAST_ONCE).build();
        core.session.publish(1, message, OutgoingMessage.NEVER);
        core.sent(Publish.class);
        core.session.abandon(1, new MqttException.TimedOut("too late"));
        core.cut();

        core.connect(TestCore.connack(true, QoS.AT_MOST_ONCE));

        assertEquals(1, core.told(Event.PublishFailed.class).size());
        assertEquals(List.of(), core.disk.recovered().inFlight());
    }

    @Test
    void publicationGivenUpBeforeItLeftIsNotSentInANewSession() {
        TestCore core = core(StoreLimits.defaults());
        core.connect(false);
        core.diskHangs = true;
        Message message = Message.to("a").qos(QoS.EXACTLY_ONCE).build();
        core.session.publish(1, message, OutgoingMessage.NEVER);
        core.assertNothingSent();
        core.session.abandon(1, new MqttException.TimedOut("too late"));
        core.cut();
        core.diskHangs = false;

        core.connect(false);

        core.assertNothingSent();
        assertEquals(List.of(), core.disk.recovered().inFlight());
    }

    @Test
    void remainingExpiryDoesNotGrowWhenTheClockIsPutBack() {
        TestCore core = core(StoreLimits.defaults());
        Duration longest = Duration.ofSeconds(0xFFFF_FFFFL);
        Message message = Message.to("a").expiry(longest).build();
        core.session.publish(1, message, core.wallClock + longest.toMillis());
        core.wallClock -= 500_000;

        core.connect(false);

        assertEquals(longest, core.sent(Publish.class).message().expiry().orElseThrow());
    }

    @Test
    void queueIsNotDroppedForAMessageThatWouldNotFitAnyway() {
        TestCore core = core(new StoreLimits(100, 1_000, 10, StoreLimits.WhenFull.DROP_OLDEST));
        core.session.publish(1, Message.to("a").build(), OutgoingMessage.NEVER);

        Message large = Message.to("a").payload(new byte[2_000]).build();
        core.session.publish(2, large, OutgoingMessage.NEVER);

        assertEquals(1, core.told(Event.PublishFailed.class).size());
        assertEquals(2, core.told(Event.PublishFailed.class).get(0).sequence());
        assertEquals(1, core.session.queuedMessages());
    }

    @Test
    void theOldestIsDroppedAtWhateverQos() {
        TestCore core = core(new StoreLimits(2, 1_000, 10, StoreLimits.WhenFull.DROP_OLDEST));
        Message volatileOne = Message.to("a").qos(QoS.AT_MOST_ONCE).build();
        core.session.publish(1, volatileOne, OutgoingMessage.NEVER);
        core.session.publish(2, Message.to("a").build(), OutgoingMessage.NEVER);

        core.session.publish(3, Message.to("a").build(), OutgoingMessage.NEVER);

        assertEquals(1, core.told(Event.PublishFailed.class).get(0).sequence());
    }

    /** A run that finds a full queue of an earlier one, and has not read it yet. */
    private static TestCore coreBehindAFullQueue(int messages, Message message, Change... changes) {
        SessionState disk = new SessionState();
        disk.apply(new Change.NumbersReserved(100));
        for (int i = 1; i <= messages; i++) {
            disk.apply(
                    new Change.Accepted(OutgoingMessage.queued(i, message, OutgoingMessage.NEVER)));
        }
        Stream.of(changes).forEach(disk::apply);
        StoreLimits limits = new StoreLimits(messages, 1_000, 10, StoreLimits.WhenFull.DROP_OLDEST);
        return new TestCore(
                TestCore.settings(
                        false, limits, SessionLostPolicy.defaults(), ReconnectPolicy.never()),
                disk);
    }

    private static List<Long> failed(TestCore core) {
        return core.told(Event.PublishFailed.class).stream()
                .map(Event.PublishFailed::sequence)
                .toList();
    }

    @Test
    void oldestIsDroppedThoughItIsOnlyInTheStoreYet() {
        Message message = Message.to("a").build();
        TestCore core = coreBehindAFullQueue(3, message);

        core.session.publish(101, message, OutgoingMessage.NEVER);
        core.session.publish(102, message, OutgoingMessage.NEVER);
        core.advance(0);
        assertEquals(List.of(), failed(core));
        core.session.loaded(
                LongStream.of(1, 2, 3)
                        .mapToObj(i -> OutgoingMessage.queued(i, message, OutgoingMessage.NEVER))
                        .toList());
        core.advance(0);

        assertEquals(List.of(1L, 2L), failed(core));
        assertEquals(List.of(101L, 102L), core.stored());
        assertEquals(3, core.session.queuedMessages());
    }

    @Test
    void messageThatDoesNotFitThoughTheStoreHasBeenReadFails() {
        Message half = Message.to("a").payload(new byte[400]).build();
        TestCore core = coreBehindAFullQueue(2, half, new Change.Sent(1, 7));
        Message large = Message.to("a").payload(new byte[600]).build();

        core.session.publish(101, large, OutgoingMessage.NEVER);
        core.session.publish(102, Message.to("a").build(), OutgoingMessage.NEVER);
        core.advance(0);
        assertEquals(List.of(), failed(core));
        core.session.loaded(List.of(OutgoingMessage.queued(2, half, OutgoingMessage.NEVER)));
        core.advance(0);

        assertEquals(List.of(101L, 2L), failed(core));
    }

    @Test
    void messageThatNeverLeftSurvivesTheLossOfItsSessionWhateverThePolicy() {
        TestCore core = new TestCore();
        core.connect(false);
        core.diskHangs = true;
        Message message = Message.to("a").qos(QoS.EXACTLY_ONCE).build();
        core.session.publish(1, message, OutgoingMessage.NEVER);
        core.assertNothingSent();
        core.cut();
        core.diskHangs = false;

        core.connect(false);

        assertFalse(core.sent(Publish.class).dup());
        assertTrue(core.told(Event.PublishFailed.class).isEmpty());
    }

    @Test
    void exchangeThatNewLimitsForbidGoesOnWhenLaterOnesAllowIt() {
        TestCore core = new TestCore();
        core.connect(false);
        Message message = Message.to("a").qos(QoS.EXACTLY_ONCE).build();
        core.session.publish(1, message, OutgoingMessage.NEVER);
        int identifier = core.sent(Publish.class).packetIdentifier();
        core.cut();
        core.connect(TestCore.connack(true, QoS.AT_LEAST_ONCE));
        core.assertNothingSent();
        assertEquals(1, core.told(Event.PublishFailed.class).size());
        core.cut();

        core.connect(true);

        Publish again = core.sent(Publish.class);
        assertTrue(again.dup());
        assertEquals(identifier, again.packetIdentifier());
        core.session.received(new Pubrec(identifier, ReasonCode.SUCCESS));
        core.sent(Pubrel.class);
        core.session.received(new Pubcomp(identifier, ReasonCode.SUCCESS));
        assertEquals(0, core.session.queuedMessages());
        assertTrue(core.acknowledged().isEmpty(), "it has failed before");
    }

    /** What the server never had must not be acknowledged, not even by a later run. */
    @Test
    void exchangeThatNewLimitsForbidIsNotAcknowledgedByTheNextRun() {
        TestCore core = new TestCore();
        core.connect(false);
        Message message = Message.to("a").qos(QoS.EXACTLY_ONCE).build();
        core.session.publish(1, message, OutgoingMessage.NEVER);
        core.sent(Publish.class);
        core.cut();
        core.connect(TestCore.connack(true, QoS.AT_LEAST_ONCE));
        core.assertNothingSent();

        TestCore next = new TestCore(TestCore.settings(), core.disk);
        next.connect(true);

        next.skip(Pubrel.class);
        assertTrue(next.sent(Publish.class).dup());
    }

    /** A timer must not send anything again, nor give up (sections 4.1 and 4.4). */
    @Test
    @Statement({"4.1.0-1", "4.4.0-1"})
    void openExchangesAreNeitherRepeatedNorGivenUpHoweverLongTheServerIsSilent() {
        TestCore core = new TestCore();
        core.connect(false);
        core.session.publish(1, Message.to("a").build(), OutgoingMessage.NEVER);
        Message twice = Message.to("a").qos(QoS.EXACTLY_ONCE).build();
        core.session.publish(2, twice, OutgoingMessage.NEVER);
        core.session.publish(3, twice, OutgoingMessage.NEVER);
        int once = core.sent(Publish.class).packetIdentifier();
        int open = core.sent(Publish.class).packetIdentifier();
        int released = core.sent(Publish.class).packetIdentifier();
        core.session.received(new Pubrec(released, ReasonCode.SUCCESS));
        core.sent(Pubrel.class);
        core.session.subscribe(4, Subscription.to("a"));
        core.sent(Subscribe.class);

        for (int hour = 0; hour < 48; hour++) {
            core.advance(3_600_000);
        }

        core.assertNothingSent();
        core.session.received(new Puback(once, ReasonCode.SUCCESS));
        core.session.received(new Pubcomp(released, ReasonCode.SUCCESS));
        core.session.received(new Pubrec(open, ReasonCode.SUCCESS));
        assertEquals(open, core.sent(Pubrel.class).packetIdentifier());
        core.session.received(new Pubcomp(open, ReasonCode.SUCCESS));
        assertEquals(3, core.acknowledged().size());
    }
}
