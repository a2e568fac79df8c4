package dev.holdfast.mqtt.impl.session;

import java.time.Duration;

/** The two times the core knows; whoever drives it sets them before each turn. */
final class Time {
    static final long NEVER = Long.MAX_VALUE;

    private static final Duration LONGEST = Duration.ofDays(36_500);

    /** A time to wait in milliseconds, so bounded that it can be added to any time. */
    static long millis(Duration wait) {
        return wait.compareTo(LONGEST) > 0 ? LONGEST.toMillis() : Math.max(0, wait.toMillis());
    }

    /** Milliseconds of a clock that never jumps; all waiting is measured with it. */
    long now;

    /**
     * Milliseconds since 1970; may jump. Message expiry is measured with it, because it must
     * survive restarts.
     */
    long wallClock;
}
