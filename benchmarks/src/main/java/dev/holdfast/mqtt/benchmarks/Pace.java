package dev.holdfast.mqtt.benchmarks;

import java.util.List;

/**
 * How long a JVM works. It warms up until the JIT compiler has no more to do.
 *
 * @param firstWarmUpSeconds at most, before what it measures first
 * @param otherWarmUpSeconds at most, before a work of another kind or QoS than the one before
 * @param warmUpSeconds at most, before a work that is like the one before, but for payload and
 *     window
 * @param turns how often each work is measured, each time after the other clients
 * @param seconds for which each is measured in a turn
 */
record Pace(
        double firstWarmUpSeconds,
        double otherWarmUpSeconds,
        double warmUpSeconds,
        int turns,
        double seconds) {
    private static final double START_SECONDS = 0.9;
    private static final double BETWEEN_SECONDS = 0.15;

    /** How much of the time that it may take warming up is expected to take. */
    private static final double EXPECTED_PART = 0.4;

    /** How long to warm up for one of some works. */
    double warmUpSeconds(List<Work> works, int index) {
        if (index == 0) {
            return firstWarmUpSeconds;
        }
        boolean alike = works.get(index).isLike(works.get(index - 1));
        return alike ? warmUpSeconds : otherWarmUpSeconds;
    }

    /** How long a JVM is expected to take for some works. */
    double expectedSeconds(List<Work> works) {
        double expected = START_SECONDS;
        for (int i = 0; i < works.size(); i++) {
            expected +=
                    EXPECTED_PART * warmUpSeconds(works, i) + turns * (BETWEEN_SECONDS + seconds);
        }
        return expected;
    }

    /** The same where there is but one thing to do, once. */
    double expectedSeconds() {
        return START_SECONDS + firstWarmUpSeconds + seconds;
    }
}
