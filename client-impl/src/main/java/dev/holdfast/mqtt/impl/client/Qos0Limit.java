package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.Overload;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * Bounds what was received at QoS 0 and is not handled yet: no quota of the protocol does, however
 * slow the handlers are.
 */
final class Qos0Limit {
    private static final int MOST_MESSAGES = 10_000;
    private static final long MOST_BYTES = 16L << 20;

    /** In {@link #held}: one message. Above the bytes, which are never as many. */
    private static final long ONE = 1L << 40;

    private static final AtomicLongFieldUpdater<Qos0Limit> HELD =
            AtomicLongFieldUpdater.newUpdater(Qos0Limit.class, "held");

    private static final AtomicIntegerFieldUpdater<Qos0Limit> PAUSED =
            AtomicIntegerFieldUpdater.newUpdater(Qos0Limit.class, "paused");

    /** How many messages, and of how many bytes: both change in one step, by {@link #HELD}. */
    private volatile long held;

    private final Overload overload;

    /** Called when {@link #isPaused} has changed; from any thread. */
    private final Runnable changed;

    /** 1 if the network is not to be read; changed by {@link #PAUSED}. */
    private volatile int paused;

    private volatile long dropped;

    Qos0Limit(Overload overload, Runnable changed) {
        this.overload = overload;
        this.changed = changed;
    }

    /** Whether there is room for a message, which is taken then. Called on the loop. */
    boolean takes(Message message) {
        if (overload == Overload.DROP_NEWEST && isFull(held)) {
            return false;
        }
        long now = HELD.addAndGet(this, ONE + OutgoingMessage.sizeOf(message));
        if (isFull(now) && PAUSED.compareAndSet(this, 0, 1)) {
            changed.run();
            // The last of them may have been handled meanwhile, by one who saw no pause.
            resume();
        }
        return true;
    }

    /** A message that was taken has been handled, or is of no interest any more. */
    void handled(Message message) {
        HELD.addAndGet(this, -ONE - OutgoingMessage.sizeOf(message));
        resume();
    }

    private void resume() {
        if (paused == 1 && hasRoom(held) && PAUSED.compareAndSet(this, 1, 0)) {
            changed.run();
        }
    }

    private static boolean isFull(long held) {
        return held / ONE >= MOST_MESSAGES || held % ONE >= MOST_BYTES;
    }

    private static boolean hasRoom(long held) {
        return held / ONE <= MOST_MESSAGES / 2 && held % ONE <= MOST_BYTES / 2;
    }

    /** Whether no more should be read from the network. */
    boolean isPaused() {
        return overload == Overload.STOP_READING && paused == 1;
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
