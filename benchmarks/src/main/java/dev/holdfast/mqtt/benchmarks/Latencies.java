package dev.holdfast.mqtt.benchmarks;

import java.util.Arrays;

/** How long single things took. */
final class Latencies {
    private long[] nanos = new long[1 << 12];
    private int count;

    void add(long tookNanos) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = tookNanos;
    }

    void clear() {
        count = 0;
    }

    void into(Sample sample) {
        if (count > 0) {
            long[] sorted = Arrays.copyOf(nanos, count);
            Arrays.sort(sorted);
            sample.with(Figure.P50_MICROS, percentile(sorted, 0.5))
                    .with(Figure.P99_MICROS, percentile(sorted, 0.99))
                    .with(Figure.P999_MICROS, percentile(sorted, 0.999));
        }
    }

    private static double percentile(long[] sorted, double part) {
        return sorted[(int) (part * (sorted.length - 1))] / 1e3;
    }
}
