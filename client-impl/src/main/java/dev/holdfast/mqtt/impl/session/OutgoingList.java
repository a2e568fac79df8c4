package dev.holdfast.mqtt.impl.session;

import org.jspecify.annotations.Nullable;

/**
 * A list of outgoing messages that gives up any of them at once: acknowledgements come in any
 * order.
 */
final class OutgoingList {
    private @Nullable Outgoing first;
    private @Nullable Outgoing last;
    private int size;
    private long bytes;

    @Nullable Outgoing first() {
        return first;
    }

    int size() {
        return size;
    }

    long bytes() {
        return bytes;
    }

    /** Sequence numbers rise from first to last. Looked for from the nearer end. */
    @Nullable Outgoing find(long sequence) {
        if (first == null || last == null) {
            return null;
        }
        Outgoing o;
        if (sequence - first.sequence < last.sequence - sequence) {
            o = first;
            while (o != null && o.sequence < sequence) {
                o = o.next;
            }
        } else {
            o = last;
            while (o != null && o.sequence > sequence) {
                o = o.previous;
            }
        }
        return o != null && o.sequence == sequence ? o : null;
    }

    void addFirst(Outgoing o) {
        insert(null, o, first);
    }

    void addLast(Outgoing o) {
        insert(last, o, null);
    }

    private void insert(@Nullable Outgoing before, Outgoing o, @Nullable Outgoing after) {
        if (o.previous != null || o.next != null) {
            throw new IllegalStateException(o + " is in a list already");
        }
        o.previous = before;
        o.next = after;
        if (before == null) {
            first = o;
        } else {
            before.next = o;
        }
        if (after == null) {
            last = o;
        } else {
            after.previous = o;
        }
        size++;
        bytes += o.size;
    }

    void remove(Outgoing o) {
        if (o.previous == null) {
            if (first != o) {
                throw new IllegalStateException(o + " is not in this list");
            }
            first = o.next;
        } else {
            o.previous.next = o.next;
        }
        if (o.next == null) {
            last = o.previous;
        } else {
            o.next.previous = o.previous;
        }
        o.previous = null;
        o.next = null;
        size--;
        bytes -= o.size;
    }
}
