package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.impl.client.Driver.Input;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What other threads feed to the core, in its order. The loop takes all that is there at once, so
 * an input takes a place in an array that is used again, and hardly anybody waits for the lock.
 */
final class Inputs {
    /** Longer arrays, left behind by a burst, are given up. */
    private static final int LONGEST_KEPT = 4_096;

    private static final Input FED =
            session -> {
                throw new IllegalStateException("This input was fed before");
            };

    /** What has come and is not taken yet; guarded by this. */
    private ArrayList<Input> coming = new ArrayList<>(0);

    // Touched on the loop only.

    private ArrayList<Input> taken = new ArrayList<>(0);
    private int next;

    /** From any thread. */
    synchronized void add(Input input) {
        coming.add(input);
    }

    @Nullable Input poll() {
        if (next == taken.size()) {
            takeAll();
        }
        // It may be a large message, and the others may take a while.
        return next < taken.size() ? taken.set(next++, FED) : null;
    }

    private void takeAll() {
        ArrayList<Input> empty = taken;
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

    boolean isEmpty() {
        if (next < taken.size()) {
            return false;
        }
        synchronized (this) {
            return coming.isEmpty();
        }
    }
}
