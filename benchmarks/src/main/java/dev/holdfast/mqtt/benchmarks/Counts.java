package dev.holdfast.mqtt.benchmarks;

/**
 * What a server has seen since it was started.
 *
 * @param cpuNanos the CPU time it has used
 * @param published messages that clients have published and that are done with
 * @param publishedBytes the size of those PUBLISH packets
 * @param sent messages sent to clients
 * @param settled messages sent to clients and acknowledged by them
 * @param outOfOrder messages whose number was not the next one
 * @param firstPublish when the first PUBLISH came, by {@link System#nanoTime()}, which is the same
 *     for all processes of a machine; 0 for not yet
 * @param lastPublish when the last PUBLISH came
 * @param connected CONNECTs answered
 * @param resumed those of them for which a session was present
 */
record Counts(
        long cpuNanos,
        long published,
        long publishedBytes,
        long sent,
        long settled,
        long outOfOrder,
        long firstPublish,
        long lastPublish,
        long connected,
        long resumed) {
    String toLine() {
        return cpuNanos
                + " "
                + published
                + " "
                + publishedBytes
                + " "
                + sent
                + " "
                + settled
                + " "
                + outOfOrder
                + " "
                + firstPublish
                + " "
                + lastPublish
                + " "
                + connected
                + " "
                + resumed;
    }

    static Counts parse(String line) {
        String[] words = line.split(" ", -1);
        long[] n = new long[words.length];
        for (int i = 0; i < n.length; i++) {
            n[i] = Long.parseLong(words[i]);
        }
        return new Counts(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9]);
    }
}
