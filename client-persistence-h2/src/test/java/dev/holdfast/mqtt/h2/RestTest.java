package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.SessionState;
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
        Group group = new Group();
        for (int i = 1; i <= 64; i++) {
            session.keep(i, new Flight(Keys.sent(1, i), i, 0, false));
            group.add(session, List.of(Samples.completed(i)), 0);
        }
        group.add(session, List.of(Samples.accepted(100, payload)), 0);
        return group;
    }

    /** Where no more come, what is left is stored before long. */
    @Test
    void paysLessAndLessWhenNoMoreAcknowledgementsCome() {
        Group group = groupOf(100_000, List.of());
        int groups = 0;
        for (; group.gainsByWaiting(); groups++) {
            group = group.takeYoung(0);
        }
        assertTrue(groups >= 5 && groups <= 12, groups + " groups");
    }

    @Test
    void doesNotPayWhenMoreThanMessagesChanges() {
        assertFalse(
                groupOf(64, List.of(new Change.Presence(SessionState.Presence.HELD)))
                        .gainsByWaiting());
        assertFalse(
                groupOf(64, List.of(new Change.Subscribed(Subscription.to("a")))).gainsByWaiting());
        assertFalse(groupOf(64, List.of(new Change.Unsubscribed("a"))).gainsByWaiting());
    }

    /** The server waits for the answer to a message at QoS 2. */
    @Test
    void doesNotPayWhileTheServerWaits() {
        assertFalse(groupOf(64, List.of(Samples.received(7, 1, "p"))).gainsByWaiting());
        assertFalse(groupOf(64, List.of(new Change.Forgotten(7))).gainsByWaiting());
        assertFalse(groupOf(64, List.of(new Change.Consumed(1))).gainsByWaiting());
    }

    /** PUBLISH at QoS 2 and PUBREL are held back until they are stored. */
    @Test
    void doesNotPayWhileTheClientIsToGoOnAtQos2() {
        List<Change> released =
                List.of(Samples.accepted(99, 10), Samples.sent(99), new Change.Released(99, 1));
        assertFalse(groupOf(64, released).gainsByWaiting());
        Message once = Message.to("t").payload("p").qos(QoS.EXACTLY_ONCE).build();
        assertFalse(groupOf(64, List.of(Samples.accepted(99, once))).gainsByWaiting());
    }

    private Group groupOf(int passing, List<Change> others) {
        List<Change> changes = new ArrayList<>(others);
        for (int i = 1; i <= passing; i++) {
            changes.add(Samples.accepted(i, 10));
            changes.add(Samples.sent(i));
            changes.add(Samples.completed(i));
        }
        Group group = new Group();
        group.add(session, changes, 0);
        return group;
    }

    private long millisOfRest() {
        long start = System.nanoTime();
        rest.take();
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }
}
