package dev.holdfast.mqtt.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Some clients at one work after the other, each client in a JVM of its own. They take turns at
 * each work, so that what is compared was measured within seconds.
 */
record PeerExperiment(Server server, List<Task> tasks, Pace pace) implements Experiment {
    private static final Duration LONGEST = Duration.ofMinutes(3);
    private static final long SERVER_IS_BEHIND_SECONDS = 5;

    /** Of a measurement that belongs to the warm-up, and is not looked at. */
    private static final double UNMEASURED_SECONDS = 0.05;

    private static final int MOST_NAMED = 2;

    /** A work, who does it, and where the figures go. */
    record Task(Work work, List<Peer.Kind> peers, Table table) {}

    @Override
    public String title() {
        Set<Peer.Kind> peers = peers();
        String clients =
                peers.size() > MOST_NAMED
                        ? peers.size() + " clients"
                        : peers.stream().map(peer -> peer.title).collect(Collectors.joining("; "));
        Task first = tasks.get(0);
        if (tasks.size() == 1) {
            return first.table.fullTitle() + ": " + clients;
        }
        String sections =
                tasks.stream()
                        .map(t -> t.table.section().title)
                        .distinct()
                        .collect(Collectors.joining(", "));
        return "%s, %d works: %s".formatted(sections, tasks.size(), clients);
    }

    private Set<Peer.Kind> peers() {
        Set<Peer.Kind> peers = EnumSet.noneOf(Peer.Kind.class);
        tasks.forEach(task -> peers.addAll(task.peers));
        return peers;
    }

    @Override
    public double expectedSeconds() {
        return peers().stream().mapToDouble(p -> pace.expectedSeconds(worksOf(p))).sum();
    }

    private List<Work> worksOf(Peer.Kind peer) {
        return tasks.stream().filter(t -> t.peers.contains(peer)).map(Task::work).toList();
    }

    @Override
    public void run(Path folder, Samples samples) throws Exception {
        try (Clients clients = new Clients(folder)) {
            for (Task task : tasks) {
                samples.next(task.table.fullTitle());
                clients.warmUp(task);
                List<Peer.Kind> order = new ArrayList<>(task.peers);
                for (int turn = 0; turn < pace.turns(); turn++) {
                    clients.measure(task, order, samples);
                    Collections.reverse(order); // or one would always follow the same other
                }
            }
            clients.end();
        }
    }

    /** The JVMs, each started when it is needed first; one that fails is out. */
    private final class Clients implements AutoCloseable {
        private final Path folder;
        private final Map<Peer.Kind, Conversation> running = new EnumMap<>(Peer.Kind.class);
        private final Map<Peer.Kind, Exception> failed = new EnumMap<>(Peer.Kind.class);

        Clients(Path folder) {
            this.folder = folder;
        }

        void warmUp(Task task) throws InterruptedException {
            for (Peer.Kind peer : task.peers) {
                List<Work> works = worksOf(peer);
                double seconds = pace.warmUpSeconds(works, works.indexOf(task.work));
                measure(peer, task, seconds, UNMEASURED_SECONDS, (table, contender, sample) -> {});
            }
        }

        void measure(Task task, List<Peer.Kind> order, Samples samples)
                throws InterruptedException {
            for (Peer.Kind peer : order) {
                measure(peer, task, 0, pace.seconds(), samples);
            }
        }

        private void measure(
                Peer.Kind peer, Task task, double warmUp, double seconds, Samples samples)
                throws InterruptedException {
            if (failed.containsKey(peer)) {
                return;
            }
            try {
                String line = task.work.toArgument() + " " + warmUp + " " + seconds;
                Sample sample = sampleOf(client(peer), task.work, line);
                samples.add(task.table, peer.title, sample);
            } catch (IOException | IllegalStateException e) {
                String where = peer.title + ": " + task.work.title() + ": ";
                failed.put(peer, new IllegalStateException(where + e.getMessage(), e));
            }
        }

        private Conversation client(Peer.Kind peer) throws IOException {
            Conversation known = running.get(peer);
            if (known != null) {
                return known;
            }
            Path own = Files.createDirectory(folder.resolve(peer.name()));
            List<String> arguments =
                    List.of(peer.name(), String.valueOf(server.port()), own.toString());
            Conversation started = new Conversation(Worker.class, List.of("-Xmx512m"), arguments);
            running.put(peer, started);
            return started;
        }

        /** Waits for the end of all, and says who failed. */
        void end() throws Exception {
            for (Map.Entry<Peer.Kind, Conversation> client : running.entrySet()) {
                if (!failed.containsKey(client.getKey())) {
                    client.getValue().end();
                }
            }
            if (!failed.isEmpty()) {
                throw new IllegalStateException(
                        failed.values().stream()
                                .map(Exception::getMessage)
                                .collect(Collectors.joining("\n")));
            }
        }

        @Override
        public void close() throws IOException {
            for (Conversation client : running.values()) {
                client.close();
            }
        }
    }

    private Sample sampleOf(Conversation worker, Work work, String line)
            throws IOException, InterruptedException {
        AckServerProcess counting = server instanceof AckServerProcess acks ? acks : null;
        Counts before = counting == null ? null : counting.counts();
        long serverBefore = server.cpuNanos();
        Sample sample = worker.ask(line, LONGEST);
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
