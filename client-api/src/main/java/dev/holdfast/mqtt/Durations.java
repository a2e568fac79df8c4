package dev.holdfast.mqtt;

import java.time.Duration;

/** Durations on their way into MQTT's whole seconds of four or two bytes. */
final class Durations {
    static final long FOUR_BYTES = 0xFFFF_FFFFL;

    private Durations() {}

    static long toWholeSeconds(String what, Duration duration) {
        return toWholeSeconds(what, duration, FOUR_BYTES);
    }

    /** Rounds up, so that nothing expires earlier than asked for. */
    static long toWholeSeconds(String what, Duration duration, long maximum) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException(what + " is negative: " + duration);
        }
        if (duration.compareTo(Duration.ofSeconds(maximum)) > 0) {
            throw new IllegalArgumentException(
                    what + " of " + duration + " is more than MQTT's " + maximum + " s");
        }
        return duration.getNano() == 0 ? duration.getSeconds() : duration.getSeconds() + 1;
    }
}
