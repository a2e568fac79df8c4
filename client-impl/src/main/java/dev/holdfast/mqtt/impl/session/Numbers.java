package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.store.Change;

/**
 * Numbers for publications and deliveries that are never given out twice, across restarts: they are
 * reserved on disk in blocks, with the first number of the block that is used.
 */
final class Numbers {
    private static final long BLOCK = 1 << 16;

    private final Outbox outbox;
    private long reserved;
    private long lastDelivery;

    Numbers(long reserved, Outbox outbox) {
        this.reserved = reserved;
        this.lastDelivery = reserved - 1;
        this.outbox = outbox;
    }

    /**
     * Makes sure that a number in use is reserved, by the time the changes made next are on disk.
     */
    void reserve(long number) {
        if (number >= reserved) {
            reserved = number + BLOCK;
            outbox.persist(new Change.NumbersReserved(reserved));
        }
    }

    /**
     * A new delivery id. Those of QoS 0 and 1 do not outlive the process, and need no reservation.
     */
    long nextDelivery(boolean durable) {
        lastDelivery++;
        if (durable) {
            reserve(lastDelivery);
        }
        return lastDelivery;
    }
}
