package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.StoreLimits.WhenFull;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What waits for room, and whose time comes meanwhile. */
class WaitingForRoomTest {
    private static final Message SMALL = message(QoS.AT_LEAST_ONCE, "s");

    private static Message message(QoS qos, String payload) {
        return Message.to("t").payload(payload).qos(qos).build();
    }

    private static TestCore core(long messages, long bytes) {
        return new TestCore(
                TestCore.settings(
                        false,
                        new StoreLimits(messages, bytes, 10, WhenFull.WAIT),
                        SessionLostPolicy.defaults(),
                        ReconnectPolicy.never()));
    }

    private static void expire(TestCore core, long millis) {
        core.wallClock += millis;
        core.advance(millis);
    }

    private static List<Long> failed(TestCore core) {
        return core.told(Event.PublishFailed.class).stream()
                .peek(e -> assertEquals(MqttException.MessageExpired.class, e.cause().getClass()))
                .map(Event.PublishFailed::sequence)
                .toList();
    }

    /** Behind more than memory holds, so that what finds room goes to the store only. */
    @Test
    void messagesThatExpireTogetherFailThoughOneHeldUpTheOther() {
        long behindWindow = Backlog.WINDOW_MESSAGES + 1;
        long room = behindWindow * OutgoingMessage.sizeOf(SMALL);
        TestCore core = core(1_000_000, room + OutgoingMessage.sizeOf(SMALL));
        for (long i = 1; i <= behindWindow; i++) {
            core.session.publish(i, SMALL, OutgoingMessage.NEVER);
        }
        Message large = message(QoS.AT_LEAST_ONCE, "large");
        core.session.publish(behindWindow + 1, large, core.wallClock + 10);
        core.session.publish(behindWindow + 2, SMALL, core.wallClock + 10);
        core.session.publish(behindWindow + 3, SMALL, OutgoingMessage.NEVER);

        expire(core, 2_000);

        assertEquals(List.of(behindWindow + 1, behindWindow + 2), failed(core));
        assertEquals(behindWindow + 1, core.session.queuedMessages());
        assertEquals(room + OutgoingMessage.sizeOf(SMALL), core.session.queuedBytes());
    }

    @Test
    void messageThatFindsRoomBecauseAnotherExpiredStillExpiresInItsTime() {
        TestCore core = core(1, 1_000);
        Message unstored = message(QoS.AT_MOST_ONCE, "u");
        core.session.publish(1, unstored, core.wallClock + 10);
        core.session.publish(2, unstored, core.wallClock + 5_000);
        expire(core, 2_000);
        assertEquals(List.of(1L), failed(core));

        expire(core, 10_000);

        assertEquals(List.of(1L, 2L), failed(core));
    }
}
