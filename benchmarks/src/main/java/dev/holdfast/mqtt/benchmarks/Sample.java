package dev.holdfast.mqtt.benchmarks;

import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one process measured; a figure that the work does not have is 0.
 *
 * @param rate messages per second
 * @param cpuMicros CPU time of the client's process for each message
 * @param allocatedBytes for each message
 * @param p50Micros from the call of publish to the acknowledgement, and so on
 * @param startMillis from the start of the process to the connection
 * @param serverShare of the CPU time of client and server together
 */
record Sample(
        double rate,
        double cpuMicros,
        double allocatedBytes,
        double p50Micros,
        double p99Micros,
        double p999Micros,
        double startMillis,
        double serverShare) {

    String toLine() {
        return String.join(
                        " ",
                        List.of(rate, cpuMicros, allocatedBytes, p50Micros, p99Micros, p999Micros)
                                .stream()
                                .map(String::valueOf)
                                .toList())
                + " "
                + startMillis;
    }

    /** The line of a process, with its CPU time at the end; the server's, in nanoseconds. */
    static Sample parse(String line, double serverNanos) {
        String[] words = line.split(" ", -1);
        double[] f = new double[words.length];
        for (int i = 0; i < f.length; i++) {
            f[i] = Double.parseDouble(words[i]);
        }
        double share = serverNanos / (serverNanos + f[7]);
        return new Sample(f[0], f[1], f[2], f[3], f[4], f[5], f[6], share);
    }

    static double median(List<Sample> samples, ToDoubleFunction<Sample> figure) {
        return samples.stream()
                .map(figure::applyAsDouble)
                .sorted(Comparator.naturalOrder())
                .toList()
                .get(samples.size() / 2);
    }
}
