package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class CollectedTest {
    private final Collected<Integer> collected = new Collected<>();

    @Test
    void fillsAgainTheListThatWasGivenBack() {
        List<Integer> first = taken(3);
        collected.giveBack(first);
        assertTrue(collected.isEmpty());
        assertEquals(List.of(), collected.take());
        collected.add(7);
        assertSame(first, collected.take());
        assertEquals(List.of(7), first);
    }

    @Test
    void leavesAListToWhomDoesNotGiveItBack() {
        List<Integer> first = taken(3);
        collected.add(7);
        List<Integer> second = collected.take();
        assertNotSame(first, second);
        assertEquals(List.of(0, 1, 2), first);
        assertEquals(List.of(7), second);
    }

    @Test
    void keepsWhatWasAddedBeforeAListCameBack() {
        List<Integer> first = taken(3);
        collected.add(7);
        collected.giveBack(first);
        assertEquals(List.of(7), collected.take());
    }

    @Test
    void letsGoOfTheRoomOfABurst() {
        List<Integer> burst = taken(1_000);
        collected.giveBack(burst);
        collected.add(1);
        assertSame(burst, collected.take());
        collected.giveBack(burst);
        collected.add(2);
        assertNotSame(burst, collected.take());
    }

    private List<Integer> taken(int count) {
        for (int i = 0; i < count; i++) {
            collected.add(i);
        }
        return collected.take();
    }
}
