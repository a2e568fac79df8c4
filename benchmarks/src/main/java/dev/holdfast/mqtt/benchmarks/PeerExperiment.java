package dev.holdfast.mqtt.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One client at one work. */
record PeerExperiment(
        Peer.Kind peer, Work work, Server server, Table table, double warmUpSeconds, double seconds)
        implements Experiment {
    private static final Duration LONGEST = Duration.ofMinutes(1);
    private static final long SERVER_IS_BEHIND_SECONDS = 5;

    @Override
    public String title() {
        return table.fullTitle() + ": " + peer.title;
    }

    @Override
    public void run(Path folder, Samples samples) throws Exception {
        AckServerProcess counting = server instanceof AckServerProcess acks ? acks : null;
        Counts before = counting == null ? null : counting.counts();
        long serverBefore = server.cpuNanos();
        Sample sample =
                Processes.sample(
                        Worker.class,
                        List.of("-Xmx512m"),
                        List.of(
                                peer.name(),
                                work.toArgument(),
                                String.valueOf(server.port()),
                                folder.toString(),
                                String.valueOf(warmUpSeconds),
                                String.valueOf(seconds)),
                        LONGEST);
        if (counting != null && before != null) {
            requireDone(counting, before, (long) sample.get(Figure.TOTAL_MESSAGES));
        }
        double serverNanos = server.cpuNanos() - serverBefore;
        double share = serverNanos / (serverNanos + sample.get(Figure.TOTAL_CPU_NANOS));
        sample.with(Figure.SERVER_SHARE, 100 * share);
        if (sample.has(Figure.ALLOCATED_BYTES)) {
            double allocated = sample.get(Figure.ALLOCATED_BYTES);
            sample.with(Figure.ALLOCATED_BESIDES_BYTES, allocated - work.payloadBytes());
        }
        samples.add(table, peer.title, sample);
    }

    /** A client that does not do the work must not win. */
    private void requireDone(AckServerProcess counting, Counts before, long messages)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SERVER_IS_BEHIND_SECONDS);
        Counts now = counting.counts();
        while (!isDone(before, now, messages)) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(
                        peer.title
                                + " says it did "
                                + messages
                                + " messages; the server saw "
                                + before
                                + " before and "
                                + now
                                + " after");
            }
            TimeUnit.MILLISECONDS.sleep(10);
            now = counting.counts();
        }
    }

    private boolean isDone(Counts before, Counts now, long messages) {
        if (work.kind() == Work.Kind.RECEIVE) {
            long settled = now.settled() - before.settled();
            // The last acknowledgements may be on their way when the client is closed.
            return now.sent() - before.sent() == messages
                    && (work.qos() == 0 || settled >= messages - work.window());
        }
        return now.published() - before.published() == messages
                && now.publishedBytes() - before.publishedBytes() >= messages * work.payloadBytes();
    }
}
