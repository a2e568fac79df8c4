package dev.holdfast.mqtt.h2;

import java.util.concurrent.locks.LockSupport;

/**
 * A pause of the writer between two groups, as long as the last one took. Most messages at QoS 1
 * are acknowledged within a moment; those that are while the writer rests never reach the file,
 * which leaves more of the processor to those who send them. Whoever waits for {@code stored()}
 * then waits up to twice as long.
 */
final class Rest {
    private static final long LONGEST_NANOS = 20_000_000;

    private long nanos;

    /** Somebody asked for what should not wait. */
    private volatile boolean ended;

    /** Called by the writer's thread. */
    void earn(long nanosOfWork) {
        nanos = Math.min(nanosOfWork, LONGEST_NANOS);
    }

    /** Takes what was earned since the last time; called by the writer's thread. */
    void take() {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0 && !ended; left = end - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
            if (Thread.interrupted()) {
                break; // the writer is not to be interrupted, and must not spin either
            }
        }
        nanos = 0;
        ended = false;
    }

    /** Ends the pause, if there is one; from any thread. */
    void end(Thread writer) {
        ended = true;
        LockSupport.unpark(writer);
    }
}
