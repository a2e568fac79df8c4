package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class KeysTest {
    @Test
    void unpacksWhatItPacked() {
        for (int session : new int[] {1, 2, 77, Keys.MAXIMUM_SESSION}) {
            for (long sequence : new long[] {0, 1, 1L << 40, Keys.MAXIMUM_SEQUENCE}) {
                long sent = Keys.sent(session, sequence);
                long queued = Keys.queued(session, sequence);
                assertTrue(sent > 0 && queued > sent);
                assertFalse(Keys.isQueued(sent));
                assertTrue(Keys.isQueued(queued));
                assertEquals(session, Keys.session(sent));
                assertEquals(session, Keys.session(queued));
                assertEquals(sequence, Keys.number(sent));
                assertEquals(sequence, Keys.number(queued));
            }
        }
        assertEquals(65_535, Keys.packetIdentifier(Keys.identifier(7, 65_535)));
    }

    @Test
    void ordersBySessionThenHalfThenNumber() {
        assertTrue(Keys.sent(1, Keys.MAXIMUM_SEQUENCE) < Keys.queued(1, 0));
        assertTrue(Keys.queued(1, Keys.MAXIMUM_SEQUENCE) < Keys.sent(2, 0));
    }

    @Test
    void refusesNumbersThatDoNotFit() {
        assertThrows(IllegalArgumentException.class, () -> Keys.sent(1, Keys.MAXIMUM_SEQUENCE + 1));
        assertThrows(IllegalArgumentException.class, () -> Keys.sent(1, -1));
    }
}
