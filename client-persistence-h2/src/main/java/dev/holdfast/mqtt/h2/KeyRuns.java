package dev.holdfast.mqtt.h2;

import java.sql.SQLException;
import java.util.Arrays;

/** A set of keys, taken out as runs of adjacent ones: one range statement does for each run. */
final class KeyRuns {
    private long[] keys = new long[64];
    private int size;

    /** Takes a run. */
    interface Run {
        void accept(long first, long last, int length) throws SQLException;
    }

    /** Adds a key that is not in the set. */
    void add(long key) {
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, size * 2);
        }
        keys[size++] = key;
    }

    /** Hands over all runs in the order of their keys, and forgets them. */
    void drain(Run run) throws SQLException {
        int count = size;
        size = 0;
        Arrays.sort(keys, 0, count);
        int start = 0;
        for (int i = 1; i <= count; i++) {
            if (i == count || keys[i] != keys[i - 1] + 1) {
                run.accept(keys[start], keys[i - 1], i - start);
                start = i;
            }
        }
    }
}
