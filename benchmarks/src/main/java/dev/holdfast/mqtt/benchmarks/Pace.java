package dev.holdfast.mqtt.benchmarks;

/**
 * How long a JVM works.
 *
 * @param firstWarmUpSeconds before what it measures first
 * @param warmUpSeconds before each thing that it measures afterwards
 * @param seconds for which each is measured
 */
record Pace(double firstWarmUpSeconds, double warmUpSeconds, double seconds) {
    private static final double START_SECONDS = 0.9;
    private static final double BETWEEN_SECONDS = 0.15;

    /** How long a JVM is expected to take for so many things. */
    double expectedSeconds(int things) {
        return START_SECONDS
                + firstWarmUpSeconds
                + seconds
                + (things - 1) * (BETWEEN_SECONDS + warmUpSeconds + seconds);
    }
}
