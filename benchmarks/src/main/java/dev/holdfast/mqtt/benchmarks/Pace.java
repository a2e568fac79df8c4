package dev.holdfast.mqtt.benchmarks;

import java.util.List;
import java.util.stream.IntStream;

/**
 * How long a JVM works. It warms up until the JIT compiler has no more to do.
 *
 * @param firstWarmUpSeconds at most, before what it measures first
 * @param otherWarmUpSeconds at most, before a work of another kind or QoS than the one before
 * @param warmUpSeconds at most, before a work that is like the one before, but for payload and
 *     window
 * @param seconds for which each is measured
 */
record Pace(
        double firstWarmUpSeconds,
        double otherWarmUpSeconds,
        double warmUpSeconds,
        double seconds) {
    private static final double START_SECONDS = 0.9;
    private static final double BETWEEN_SECONDS = 0.15;

    /** How much of the time that it may take warming up is expected to take. */
    private static final double EXPECTED_PART = 0.4;

    /** How long to warm up for each of some works. */
    List<Double> warmUps(List<Work> works) {
        return IntStream.range(0, works.size())
                .mapToObj(
                        i ->
                                i == 0
                                        ? firstWarmUpSeconds
                                        : works.get(i).isLike(works.get(i - 1))
                                                ? warmUpSeconds
                                                : otherWarmUpSeconds)
                .toList();
    }

    /** How long a JVM is expected to take for some works. */
    double expectedSeconds(List<Work> works) {
        double warmUps = warmUps(works).stream().mapToDouble(w -> w).sum();
        return START_SECONDS + EXPECTED_PART * warmUps + works.size() * (BETWEEN_SECONDS + seconds);
    }

    /** The same where there is but one thing to do. */
    double expectedSeconds() {
        return START_SECONDS + firstWarmUpSeconds + seconds;
    }
}
