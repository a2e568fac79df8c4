package dev.holdfast.mqtt.impl.session;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is taken all at once. The list may be given back, and is filled again then; it may also be
 * kept, and another one is made.
 */
final class Collected<T> {
    /** Room for as many is kept, however few come. */
    private static final int FEW = 64;

    /** Null while nothing was added since the last list was taken, unless that came back. */
    private @Nullable List<T> list;

    /** How many a list has room for at least. */
    private int room = 1;

    void add(T one) {
        if (list == null) {
            list = new ArrayList<>(room);
        }
        list.add(one);
    }

    boolean isEmpty() {
        return list == null || list.isEmpty();
    }

    void clear() {
        list = null;
    }

    List<T> take() {
        if (list == null || list.isEmpty()) {
            return List.of();
        }
        List<T> taken = list;
        list = null;
        return taken;
    }

    /** Whoever gives back what was taken does not look at it any more. */
    void giveBack(List<T> taken) {
        int size = taken.size();
        if (size == 0) {
            return;
        }
        room = Math.max(room, size);
        if (room > FEW && size < room / 8) {
            room = size; // left behind by a burst
        } else if (list == null) {
            taken.clear();
            list = taken;
        }
    }
}
