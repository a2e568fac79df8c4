package dev.holdfast.mqtt.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** One client at one work after the other, in one JVM. */
record PeerExperiment(Peer.Kind peer, Server server, List<Task> tasks, Pace pace)
        implements Experiment {
    private static final Duration LONGEST = Duration.ofMinutes(3);
    private static final long SERVER_IS_BEHIND_SECONDS = 5;

    /** A work, and where its figures go. */
    record Task(Work work, Table table) {}

    @Override
    public String title() {
        Task first = tasks.get(0);
        if (tasks.size() == 1) {
            return first.table.fullTitle() + ": " + peer.title;
        }
        String sections =
                tasks.stream()
                        .map(t -> t.table.section().title)
                        .distinct()
                        .collect(Collectors.joining(", "));
        return "%s, %d works: %s".formatted(sections, tasks.size(), peer.title);
    }

    @Override
    public double expectedSeconds() {
        return pace.expectedSeconds(works());
    }

    private List<Work> works() {
        return tasks.stream().map(Task::work).toList();
    }

    @Override
    public void run(Path folder, Samples samples) throws Exception {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                peer.name(),
                                String.valueOf(server.port()),
                                folder.toString(),
                                String.valueOf(pace.seconds())));
        List<Double> warmUps = pace.warmUps(works());
        for (int i = 0; i < tasks.size(); i++) {
            arguments.add(tasks.get(i).work.toArgument());
            arguments.add(String.valueOf(warmUps.get(i)));
        }
        try (Conversation worker =
                new Conversation(Worker.class, List.of("-Xmx512m"), List.copyOf(arguments))) {
            for (Task task : tasks) {
                try {
                    samples.add(task.table, peer.title, measure(worker, task.work));
                } catch (IllegalStateException e) {
                    throw new IllegalStateException(task.work.title() + ": " + e.getMessage(), e);
                }
            }
            worker.end();
        }
    }

    private Sample measure(Conversation worker, Work work)
            throws IOException, InterruptedException {
        AckServerProcess counting = server instanceof AckServerProcess acks ? acks : null;
        Counts before = counting == null ? null : counting.counts();
        long serverBefore = server.cpuNanos();
        Sample sample = worker.ask(LONGEST);
        if (counting != null && before != null) {
            requireDone(work, counting, before, (long) sample.get(Figure.TOTAL_MESSAGES));
        }
        double serverNanos = server.cpuNanos() - serverBefore;
        double share = serverNanos / (serverNanos + sample.get(Figure.TOTAL_CPU_NANOS));
        sample.with(Figure.SERVER_SHARE, 100 * share);
        if (sample.has(Figure.ALLOCATED_BYTES)) {
            double allocated = sample.get(Figure.ALLOCATED_BYTES);
            boolean receives =
                    work.kind() == Work.Kind.RECEIVE || work.kind() == Work.Kind.ROUND_TRIP;
            sample.with(
                    Figure.ALLOCATED_BESIDES_BYTES,
                    receives ? allocated - work.payloadBytes() : allocated);
        }
        return sample;
    }

    /** A client that does not do the work must not win. */
    private static void requireDone(
            Work work, AckServerProcess counting, Counts before, long messages)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SERVER_IS_BEHIND_SECONDS);
        Counts now = counting.counts();
        while (!isDone(work, before, now, messages)) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(
                        "the client says it did "
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

    private static boolean isDone(Work work, Counts before, Counts now, long messages) {
        if (work.kind() == Work.Kind.RECEIVE) {
            long settled = now.settled() - before.settled();
            return now.sent() - before.sent() == messages
                    && settled == (work.qos() == 0 ? 0 : messages);
        }
        return now.published() - before.published() == messages
                && now.publishedBytes() - before.publishedBytes() >= messages * work.payloadBytes();
    }
}
