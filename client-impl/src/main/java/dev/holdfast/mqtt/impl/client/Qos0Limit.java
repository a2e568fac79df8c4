package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds what was received at QoS 0 and is not handled yet: no quota of the protocol does, however
 * slow the handlers are.
 */
final class Qos0Limit {
    private static final int MOST_MESSAGES = 10_000;
    private static final long MOST_BYTES = 16L << 20;

    private final AtomicLong messages = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private volatile long dropped;

    /** Whether there is room for a message, which is taken then. Called on the loop. */
    boolean takes(Message message) {
        if (messages.get() >= MOST_MESSAGES || bytes.get() >= MOST_BYTES) {
            return false;
        }
        messages.incrementAndGet();
        bytes.addAndGet(OutgoingMessage.sizeOf(message));
        return true;
    }

    /** A message that was taken has been handled, or is of no interest any more. */
    void handled(Message message) {
        messages.decrementAndGet();
        bytes.addAndGet(-OutgoingMessage.sizeOf(message));
    }

    /** Counts a message that found no room; called on the loop. */
    long countDropped() {
        long total = dropped + 1;
        dropped = total;
        return total;
    }

    long dropped() {
        return dropped;
    }
}
