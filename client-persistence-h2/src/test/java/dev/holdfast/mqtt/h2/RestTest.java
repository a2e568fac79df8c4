package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.StoredSession.Awaited;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When the writer waits, and for how long. */
class RestTest {
    private final Rest rest = new Rest();
    private final SessionRow session = new SessionRow(1, "c");

    @Test
    void isTakenOnce() {
        rest.earn();
        assertTrue(millisOfRest() >= 5);
        assertTrue(millisOfRest() < 5);
    }

    @Test
    void isSkippedWhenSomebodyAsksForWhatShouldNotWait() {
        long millis = 0;
        for (int i = 0; i < 200; i++) {
            rest.earn();
            rest.end(Thread.currentThread());
            millis += millisOfRest();
        }
        assertTrue(millis < 500, millis + " ms, where 200 rests take 1,000");
    }

    @Test
    void paysWhenManyMessagesAreAcknowledgedBeforeTheFileHearsOfThem() {
        assertTrue(groupOf(64, List.of()).gainsByWaiting());
        assertFalse(groupOf(63, List.of()).gainsByWaiting());
    }

    /** Else all are in the file when they are acknowledged, and next time too. */
    @Test
    void paysAlsoWhenThereIsSoMuchToWriteThatNoneOfThemPass() {
        assertTrue(groupThatCompletesStored(1 << 20).gainsByWaiting());
        assertFalse(groupThatCompletesStored(1 << 19).gainsByWaiting());
    }

    private Group groupThatCompletesStored(int payload) {
        Group group = new Group(0);
        for (int i = 1; i <= 64; i++) {
            session.keep(i, new Flight(Keys.sent(1, i), i, 0, false));
            group.add(session, List.of(Samples.completed(i)), Awaited.NOTHING, 0);
        }
        group.add(session, List.of(Samples.accepted(100, payload)), Awaited.NOTHING, 0);
        return group;
    }

    /** Where no more come, what is left is stored before long. */
    @Test
    void paysLessAndLessWhenNoMoreAcknowledgementsCome() {
        Group group = groupOf(100_000, List.of());
        int groups = 0;
        long now = 0;
        for (; group.gainsByWaiting(); groups++) {
            now += 5_000_000;
            group = group.takeUnclaimed(group.claim(0, now), now);
        }
        assertTrue(groups >= 8 && groups <= 12, groups + " groups");
    }

    /** At QoS 2 too: with few under way, it is few for each group. */
    @Test
    void paysWhenManyAtQos2AreCompletedSoonAfterTheFileGotThem() {
        assertTrue(groupThatCompletesReleased(0).gainsByWaiting());
        assertFalse(groupThatCompletesReleased(64).gainsByWaiting(), "long in the file");
    }

    private Group groupThatCompletesReleased(long claimedBefore) {
        session.claimedBefore = claimedBefore;
        Group group = new Group(0);
        for (int i = 1; i <= 64; i++) {
            session.keep(i, new Flight(Keys.sent(1, i), i, i, true));
            group.add(session, List.of(Samples.completed(i)), Awaited.NOTHING, 0);
        }
        return group;
    }

    private Group groupOf(int passing, List<Change> others) {
        List<Change> changes = new ArrayList<>(others);
        for (int i = 1; i <= passing; i++) {
            changes.add(Samples.accepted(i, 10));
            changes.add(Samples.sent(i));
            changes.add(Samples.completed(i));
        }
        Group group = new Group(0);
        group.add(session, changes, Awaited.NOTHING, 0);
        return group;
    }

    private long millisOfRest() {
        long start = System.nanoTime();
        rest.take();
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }
}
