package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.mqtt.impl.conformance.Statement;
import org.junit.jupiter.api.Test;

class PacketIdentifiersTest {
    private final PacketIdentifiers<String> identifiers = new PacketIdentifiers<>();

    /** One stays in use while all others come around, more than once. */
    @Statement("2.2.1-3")
    @Test
    void givesOutEveryIdentifierButThoseInUse() {
        assertEquals(1, identifiers.take("held"));
        for (int round = 0; round < 3; round++) {
            for (int expected = 2; expected <= 65_535; expected++) {
                int identifier = identifiers.take("short");
                assertEquals(expected, identifier);
                identifiers.free(identifier);
            }
        }
        assertEquals("held", identifiers.get(1));
        assertEquals(1, identifiers.used());
    }

    @Test
    void givesOutNoneWhenAllAreInUse() {
        for (int expected = 1; expected <= 65_535; expected++) {
            assertEquals(expected, identifiers.take("x"));
        }
        assertEquals(0, identifiers.take("one too many"));
        identifiers.free(4_711);
        assertNull(identifiers.get(4_711));
        assertEquals(4_711, identifiers.take("the one that is free"));
    }

    @Test
    void passesOverThoseThatAStoreHeld() {
        identifiers.put(1, "stored");
        identifiers.put(3, "stored");
        assertEquals(2, identifiers.take("x"));
        assertEquals(4, identifiers.take("x"));
    }

    @Test
    void takesNoneOfTheLastRunSoonAfterItIsFree() {
        identifiers.recover(3, "of the last run");
        identifiers.recover(2, "of the last run");
        identifiers.free(3);

        assertEquals(4, identifiers.take("x"));
    }

    @Test
    void takesNoneSoonThatIsToBePassedOver() {
        PacketIdentifiers<String> identifiers = new PacketIdentifiers<>();
        identifiers.passOver(2);
        assertEquals(3, identifiers.take("a"));
        identifiers.passOver(1);
        assertEquals(4, identifiers.take("b"), "1 is far behind already");
        identifiers.recover(PacketIdentifiers.MAXIMUM, "the last");
        identifiers.passOver(1);
        assertEquals(2, identifiers.take("c"), "around the end");
    }

    @Test
    void noticesWhatCannotBe() {
        identifiers.put(7, "x");
        assertThrows(IllegalStateException.class, () -> identifiers.put(7, "y"));
        assertThrows(IllegalStateException.class, () -> identifiers.put(0, "y"));
        assertThrows(IllegalStateException.class, () -> identifiers.put(65_536, "y"));
        assertThrows(IllegalStateException.class, () -> identifiers.free(8));
    }
}
