package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls of connect() and disconnect(), failures of the store and of policies, in any order. */
class ConnectionTest {
    private final TestCore core = new TestCore();

    private static DisconnectOptions afterPending(Duration wait) {
        return new DisconnectOptions().afterPending(wait);
    }

    private void publish(long sequence) {
        Message message = Message.to("a").build();
        core.session.publish(sequence, message, OutgoingMessage.NEVER);
    }

    private static MqttException permanent() {
        return new MqttException.ConnectionLost("no", null, true);
    }

    @Test
    void connectCalledRightAfterDisconnectConnectsAgain() {
        core.connect(false);

        core.session.disconnect(7, new DisconnectOptions());
        core.session.connect(8);
        core.sent(Disconnect.class);
        core.session.closed(permanent());
        core.open();
        core.sent(Connect.class);
        core.session.received(TestCore.connack(true));

        assertEquals(7, core.told(Event.DisconnectDone.class).get(0).token());
        assertEquals(8, core.told(Event.ConnectDone.class).get(1).token());
    }

    @Test
    void everyCallOfConnectFailsWithTheStartItBelongsTo() {
        core.session.connect(1);
        core.session.connect(2);
        core.session.disconnect(3, afterPending(Duration.ofHours(1)));
        core.session.connect(4);

        List<Long> failed =
                core.told(Event.ConnectFailed.class).stream()
                        .map(Event.ConnectFailed::token)
                        .toList();

        assertEquals(List.of(1L, 2L), failed);
        core.open();
    }

    @Test
    void callsWhileConnectedAreAnsweredAtOnce() {
        core.connect(false);

        core.session.connect(2);

        assertEquals(2, core.told(Event.ConnectDone.class).get(1).token());
    }

    @Test
    void disconnectIsNotHeldUpByAnEarlierOneThatWaitsForPendingMessages() {
        core.connect(false);
        publish(1);
        core.session.disconnect(7, afterPending(Duration.ofHours(1)));
        core.sent(Publish.class);
        core.assertNothingSent();

        core.session.disconnect(8, new DisconnectOptions());

        core.sent(Disconnect.class);
    }

    @Test
    void waitsForPendingMessagesForAnyDuration() {
        core.connect(false);
        publish(1);
        core.sent(Publish.class);

        core.session.disconnect(7, afterPending(Duration.ofSeconds(Long.MAX_VALUE)));

        core.assertNothingSent();
    }

    @Test
    void reconnectPolicyThatThrowsEndsTheAttemptsAndIsNamed() {
        IllegalArgumentException fault = new IllegalArgumentException("policy");
        TestCore broken =
                new TestCore(
                        settings(
                                false,
                                attempt -> {
                                    throw fault;
                                }));
        broken.session.connect(1);
        broken.open();

        broken.session.closed(permanent());

        MqttException cause = broken.told(Event.ConnectFailed.class).get(0).cause();
        assertSame(fault, cause.getCause());
    }

    @Test
    void nothingIsSentBeforeConnectEvenToAServerThatBreaksTheProtocol() {
        core.session.connect(1);
        core.diskHangs = true;
        core.open();

        core.session.violated(new ProtocolViolation(ReasonCode.MALFORMED_PACKET, "a banner"));

        core.assertNothingSent();
    }

    @Test
    void connackThatComesBeforeConnectHasLeftIsRefused() {
        core.session.connect(1);
        core.diskHangs = true;
        core.open();

        core.session.received(TestCore.connack(false));
        core.diskHangs = false;

        core.assertNothingSent();
        assertTrue(core.told(Event.Connected.class).isEmpty());
    }

    @Test
    void whatIsAskedAfterTheStoreFailedFailsAlthoughABatchWasOnItsWay() {
        core.connect(false);
        core.diskHangs = true;
        publish(1);
        core.sent(Publish.class);
        MqttException cause = new MqttException.StoreFailed("disk", null);
        core.session.storeFailed(cause);

        publish(2);
        core.session.disconnect(3, new DisconnectOptions());
        core.session.connect(4);

        assertSame(cause, core.told(Event.PublishFailed.class).get(0).cause());
        assertEquals(3, core.told(Event.DisconnectDone.class).get(0).token());
        assertEquals(4, core.told(Event.ConnectFailed.class).get(0).token());
    }

    @Test
    void cleanStartThatWasNotConfirmedIsRepeatedByTheNextRun() {
        TestCore clean = new TestCore(settings(true, ReconnectPolicy.never()));
        clean.session.connect(1);
        clean.open();
        assertTrue(clean.sent(Connect.class).cleanStart());

        TestCore next = new TestCore(TestCore.settings(), clean.disk);
        next.session.connect(1);
        next.open();

        assertTrue(next.sent(Connect.class).cleanStart());
        next.session.received(TestCore.connack(false));
        next.cut();
        next.open();
        assertEquals(false, next.sent(Connect.class).cleanStart());
    }

    private static ClientSettings settings(boolean cleanStart, ReconnectPolicy reconnect) {
        return TestCore.settings(
                cleanStart, StoreLimits.defaults(), SessionLostPolicy.defaults(), reconnect);
    }
}
