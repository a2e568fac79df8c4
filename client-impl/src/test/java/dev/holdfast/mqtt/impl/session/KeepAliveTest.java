package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Silence on either side is noticed in time, and no deadline stays in the past. */
class KeepAliveTest {
    private final KeepAlive keepAlive = new KeepAlive();

    private long ping(long now) {
        assertTrue(keepAlive.pingDue(now), "a PINGREQ is due at " + now);
        keepAlive.pinged(now);
        keepAlive.sent(now);
        assertTrue(keepAlive.deadline() > now, "the deadline lies ahead");
        return now;
    }

    @Test
    void keepsTheClientFromSilenceWhileAnAnswerIsOutstanding() {
        keepAlive.start(1, 0);
        ping(keepAlive.deadline());
        // The server talks, but does not answer.
        keepAlive.received(1_000);

        long second = ping(keepAlive.deadline());

        assertEquals(1_800, second);
    }

    @Test
    void asksAServerThatIsSilentThoughTheClientSends() {
        keepAlive.start(10, 0);
        for (long now = 0; now < 9_000; now += 500) {
            assertFalse(keepAlive.pingDue(now));
            keepAlive.sent(now);
        }

        long asked = ping(9_000);

        keepAlive.sent(asked + 9_999);
        assertFalse(keepAlive.serverSilent(asked + 9_999));
        assertTrue(keepAlive.serverSilent(asked + 10_000));
    }

    @Test
    void givesUpOnAServerThatSendsAByteNowAndThen() {
        keepAlive.start(10, 0);
        for (long now = 1_000; now < 9_000; now += 1_000) {
            keepAlive.receivedPart(1, now);
        }
        ping(9_000);
        for (long now = 10_000; now < 19_000; now += 1_000) {
            keepAlive.receivedPart(1, now);
            assertFalse(keepAlive.serverSilent(now));
        }

        assertTrue(keepAlive.serverSilent(19_000));
    }

    @Test
    void bearsWithAServerWhoseAnswerIsBehindALargePacket() {
        keepAlive.start(10, 0);
        long now = ping(9_000);
        for (int i = 0; i < 1_000; i++) {
            now += 9_000;
            keepAlive.receivedPart(KeepAlive.PROGRESS, now);
            assertFalse(keepAlive.serverSilent(now + 9_999));
        }
        assertTrue(keepAlive.serverSilent(now + 10_000));
    }

    @Test
    void bytesOfAWholePacketCountOnce() {
        keepAlive.start(10, 0);
        ping(9_000);
        keepAlive.received(10_000);
        keepAlive.receivedPart(KeepAlive.PROGRESS - 1, 10_000);
        keepAlive.receivedPart(1, 19_000);

        assertTrue(keepAlive.serverSilent(20_000));
    }

    @Test
    void isContentWithOneAnswer() {
        keepAlive.start(10, 0);
        ping(9_000);
        keepAlive.received(9_100);
        keepAlive.answered();

        assertFalse(keepAlive.serverSilent(1_000_000));
        assertEquals(18_000, keepAlive.deadline());
    }
}
