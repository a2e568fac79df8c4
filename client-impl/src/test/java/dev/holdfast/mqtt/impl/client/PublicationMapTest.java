package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

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
        assertEquals(1, map.values().size());
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

    private PendingPublication publication(long id) {
        return new PendingPublication(id, MESSAGE, 0, PendingPublication.NO_DEADLINE, publications);
    }
}
