package dev.holdfast.mqtt.impl.session;

/** The two times the core knows; whoever drives it sets them before each turn. */
final class Time {
    static final long NEVER = Long.MAX_VALUE;

    /** Milliseconds of a clock that never jumps; all waiting is measured with it. */
    long now;

    /**
     * Milliseconds since 1970; may jump. Message expiry is measured with it, because it must
     * survive restarts.
     */
    long wallClock;
}
