package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.store.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When the writer pauses, and for how long. */
class RestTest {
    private final Rest rest = new Rest();
    private final SessionRow session = new SessionRow(1, "c");

    @Test
    void lastsAsLongAsTheWorkItFollows() {
        rest.earn(TimeUnit.MILLISECONDS.toNanos(5));
        assertTrue(millisOfRest() >= 5);
        assertTrue(millisOfRest() < 5, "it is taken once");
    }

    @Test
    void isBoundedAfterLongWork() {
        rest.earn(TimeUnit.HOURS.toNanos(1));
        assertTrue(millisOfRest() < 10_000);
    }

    @Test
    void isSkippedWhenSomebodyAsksForWhatShouldNotWait() {
        long millis = 0;
        for (int i = 0; i < 50; i++) {
            rest.earn(TimeUnit.HOURS.toNanos(1));
            rest.end(Thread.currentThread());
            millis += millisOfRest();
        }
        assertTrue(millis < 500, millis + " ms, where 50 rests take 1,000");
    }

    @Test
    void paysWhenManyMessagesAreAcknowledgedBeforeTheFileHearsOfThem() {
        assertTrue(groupOf(64, List.of()).gainsByWaiting());
        assertFalse(groupOf(63, List.of()).gainsByWaiting());
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
        group.add(session, changes);
        return group;
    }

    private long millisOfRest() {
        long start = System.nanoTime();
        rest.take();
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    }
}
