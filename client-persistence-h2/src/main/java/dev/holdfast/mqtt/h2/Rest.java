package dev.holdfast.mqtt.h2;

import java.util.concurrent.locks.LockSupport;

/**
 * A pause of the writer between two groups, where waiting pays: messages at QoS 1 that are
 * acknowledged meanwhile never reach the file, which leaves more of the processor to those who send
 * them.
 */
final class Rest {
    private static final long NANOS = 5_000_000;

    private boolean due;

    /** Somebody asked for what should not wait. */
    private volatile boolean ended;

    /** A pause is due before the next group; called by the writer's thread. */
    void earn() {
        due = true;
    }

    /** Takes the pause that is due, if one is; called by the writer's thread. */
    void take() {
        long end = System.nanoTime() + NANOS;
        for (long left = NANOS; due && left > 0 && !ended; left = end - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
            if (Thread.interrupted()) {
                break; // the writer is not to be interrupted, and must not spin either
            }
        }
        due = false;
        ended = false;
    }

    /** Ends the pause, if there is one; from any thread. */
    void end(Thread writer) {
        ended = true;
        LockSupport.unpark(writer);
    }
}
