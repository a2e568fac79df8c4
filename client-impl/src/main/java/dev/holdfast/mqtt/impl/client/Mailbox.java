package dev.holdfast.mqtt.impl.client;

import java.util.ArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What other threads have for one that takes it, in its order. The taker gets all that is there at
 * once, so each takes a place in an array that is used again, and hardly anybody waits for the
 * lock.
 */
final class Mailbox<T> {
    /** Longer arrays, left behind by a burst, are given up. */
    private static final int LONGEST_KEPT = 4_096;

    /** What has come and is not taken yet; guarded by this. */
    private ArrayList<@Nullable T> coming = new ArrayList<>(0);

    // Touched by the taker only.

    private ArrayList<@Nullable T> taken = new ArrayList<>(0);
    private int next;

    /** From any thread. */
    synchronized void add(T one) {
        coming.add(one);
    }

    /**
     * Takes out what is not wanted any more, but for what the taker has at hand; from any thread.
     */
    synchronized void removeIf(Predicate<T> unwanted) {
        coming.removeIf(unwanted);
    }

    @Nullable T poll() {
        if (next == taken.size()) {
            takeAll();
        }
        // It may be a large message, and the others may take a while.
        return next < taken.size() ? taken.set(next++, null) : null;
    }

    private void takeAll() {
        ArrayList<@Nullable T> empty = taken;
        if (taken.size() > LONGEST_KEPT) {
            empty = new ArrayList<>(0);
        }
        empty.clear();
        next = 0;
        synchronized (this) {
            taken = coming;
            coming = empty;
        }
    }

    /** Called by the taker. */
    boolean isEmpty() {
        if (next < taken.size()) {
            return false;
        }
        synchronized (this) {
            return coming.isEmpty();
        }
    }
}
