package dev.holdfast.mqtt.impl.session;

import java.util.function.LongConsumer;

/**
 * Sequence numbers without a gap: what is told of many publications takes no object for each. It
 * grows until the event that has it is taken.
 */
public final class Run {
    private final long first;
    private long last;

    public Run(long first) {
        this.first = first;
        this.last = first;
    }

    public long first() {
        return first;
    }

    public long last() {
        return last;
    }

    /** Goes through them, from the first to the last. */
    public void forEach(LongConsumer action) {
        for (long number = first; number <= last; number++) {
            action.accept(number);
        }
    }

    /** Adds a number, if it is the next one. */
    boolean grow(long next) {
        if (next != last + 1) {
            return false;
        }
        last = next;
        return true;
    }

    @Override
    public String toString() {
        return first == last ? Long.toString(first) : first + " to " + last;
    }
}
