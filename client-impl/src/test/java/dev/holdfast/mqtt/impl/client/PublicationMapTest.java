package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.StoreLimits;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** From numbers to publications. */
class PublicationMapTest {
    private static final Message MESSAGE = Message.to("t").payload("p").build();

    private final Publications publications =
            new Publications(new Lane(Runnable::run, Runnable::run), StoreLimits.defaults());
    private final PublicationMap map = new PublicationMap();

    @Test
    void findsWhatWasPutUntilItIsRemoved() {
        PendingPublication one = publication(1);
        map.put(one);
        map.put(publication(Long.MAX_VALUE));
        assertSame(one, map.get(1));
        assertSame(one, map.remove(1));
        assertNull(map.get(1));
        assertNull(map.remove(1));
        assertEquals(1, map.size());
        assertEquals(1, map.removeAll().size());
        assertEquals(0, map.size());
    }

    /** With keys that stand in a row, each removal of the first took a walk along the row. */
    @Test
    void removesFromTheFrontOfALongRowQuickly() {
        int row = 100_000;
        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> {
                    for (long id = 1; id <= 3 * row; id++) {
                        map.put(publication(id));
                        if (id > row) {
                            assertEquals(
                                    id - row, Objects.requireNonNull(map.remove(id - row)).id());
                        }
                    }
                });
    }

    /** What the collector takes is forgotten when the next one is let go of. */
    @Test
    void forgetsWhatWasLetGoOfAndCollected() {
        PendingPublication kept = publication(1);
        map.put(kept);
        map.letGo(kept);
        for (long id = 2; ; id++) {
            letGo(id);
            if (id % 1_000 == 0) {
                System.gc();
                assertTrue(id < 10_000_000, "nothing is collected");
            }
            if (map.size() < id / 2) {
                break;
            }
        }
        assertSame(kept, map.get(1));
    }

    private void letGo(long id) {
        PendingPublication publication = publication(id);
        map.put(publication);
        map.letGo(publication);
    }

    @Test
    void holdsAgainWhatIsStillPending() {
        PendingPublication pending = publication(1);
        PendingPublication done = publication(2);
        map.put(pending);
        map.put(done);
        map.letGo(pending);
        map.letGo(done);
        map.remove(2);

        map.hold(pending);
        map.hold(done);

        assertSame(pending, map.get(1));
        assertNull(map.get(2));
    }

    private PendingPublication publication(long id) {
        return new PendingPublication(id, MESSAGE, 0, publications);
    }
}
