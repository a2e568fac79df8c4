package dev.holdfast.mqtt.benchmarks;

import java.time.Duration;
import java.util.List;

/**
 * How far a run has come, and how long the rest takes: as long as expected, multiplied by how much
 * longer than expected took what is done.
 */
final class Progress {
    /** What took less says little of the machine. */
    private static final double TELLING_SECONDS = 30;

    private static final double NANOS = 1e9;
    private static final double WHOLE_MINUTES_FROM_SECONDS = 120;

    private final int all;
    private double leftSeconds;
    private double expectedSeconds;
    private double neededSeconds;
    private int begun;

    Progress(List<Plan.Part> parts) {
        for (Plan.Part part : parts) {
            leftSeconds += part.rounds() * part.experiment().expectedSeconds();
        }
        all = parts.stream().mapToInt(Plan.Part::rounds).sum();
    }

    /** Before the first. */
    String expected(long limitNanos) {
        String limit = leftSeconds * NANOS > limitNanos ? ", as much as fits of" : "";
        return all
                + " measurements: about "
                + show(Math.min(leftSeconds, limitNanos / NANOS))
                + limit
                + (limit.isEmpty() ? "" : " " + show(leftSeconds));
    }

    /** How long the part is expected to take, by what is known so far. */
    long nanosOf(Plan.Part part) {
        return (long) (part.experiment().expectedSeconds() * slowness() * NANOS);
    }

    /** As one begins. */
    String next(long limitNanos) {
        begun++;
        double seconds = Math.min(leftSeconds * slowness(), limitNanos / NANOS);
        return "%3d of %d, about %s left".formatted(begun, all, show(seconds));
    }

    /** As it ends. */
    void done(Experiment experiment, long tookNanos) {
        double expected = experiment.expectedSeconds();
        leftSeconds -= expected;
        expectedSeconds += expected;
        neededSeconds += tookNanos / NANOS;
    }

    private double slowness() {
        return neededSeconds < TELLING_SECONDS ? 1 : neededSeconds / expectedSeconds;
    }

    private static String show(double seconds) {
        return seconds < WHOLE_MINUTES_FROM_SECONDS
                ? Math.round(seconds) + " seconds"
                : Duration.ofSeconds(Math.round(seconds)).plusSeconds(30).toMinutes() + " minutes";
    }
}
