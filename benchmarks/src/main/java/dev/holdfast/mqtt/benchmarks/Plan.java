package dev.holdfast.mqtt.benchmarks;

import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HIVEMQ;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HOLDFAST_MEMORY;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HOLDFAST_POWER_LOSS;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HOLDFAST_PROCESS_CRASH;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.PAHO_FILE;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.PAHO_MEMORY;

import dev.holdfast.mqtt.h2.Durability;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What is measured, in its order. */
final class Plan {
    private static final int WIDEST = 4_096;

    /** What a broker forwards to one client within its limits. */
    private static final int ROUND_TRIP_WINDOW = 100;

    private static final List<Peer.Kind> IN_MEMORY = List.of(HOLDFAST_MEMORY, HIVEMQ);

    private static final List<Peer.Kind> FAST =
            List.of(HOLDFAST_MEMORY, HOLDFAST_PROCESS_CRASH, HOLDFAST_POWER_LOSS, HIVEMQ);

    private static final List<Peer.Kind> FAST_BUT_POWER_LOSS =
            List.of(HOLDFAST_MEMORY, HOLDFAST_PROCESS_CRASH, HIVEMQ);

    /** One of the plan, and in how many rounds it takes part. */
    record Part(Experiment experiment, int rounds) {}

    private final Server server;
    private final @Nullable Server mosquitto;
    private final List<String> words;
    private final int rounds;
    private final Pace pace;
    private final List<Part> parts = new ArrayList<>();

    private Plan(
            Server server, @Nullable Server mosquitto, List<String> words, int rounds, Pace pace) {
        this.server = server;
        this.mosquitto = mosquitto;
        this.words = words;
        this.rounds = rounds;
        this.pace = pace;
    }

    /**
     * The main figures; each of the large ones once, and smaller.
     *
     * @param words of which a title must contain each
     */
    static List<Part> few(Server server, @Nullable Server mosquitto, List<String> words) {
        Plan plan = new Plan(server, mosquitto, words, 3, new Pace(1.5, 1, 1, 1));
        Work narrower = new Work(Work.Kind.PUBLISH, 1, 256, 100);
        plan.add(List.of(new Work(Work.Kind.PUBLISH, 1, 256, WIDEST), narrower), FAST);
        plan.add(List.of(narrower), List.of(PAHO_FILE));
        plan.add(widest(Work.Kind.PUBLISH, 2), FAST_BUT_POWER_LOSS);
        plan.add(widest(Work.Kind.RECEIVE, 1), FAST_BUT_POWER_LOSS);
        plan.add(widest(Work.Kind.RECEIVE, 2), FAST_BUT_POWER_LOSS);
        plan.add(widest(Work.Kind.PUBLISH, 0), IN_MEMORY);
        plan.add(widest(Work.Kind.RECEIVE, 0), IN_MEMORY);
        plan.add(List.of(new Work(Work.Kind.LATENCY, 1, 256, 1)), IN_MEMORY);
        plan.addWithMosquitto(List.of(roundTrip(1)), IN_MEMORY, 1);
        plan.addStored(Durability.PROCESS_CRASH, 1, plan.pace);
        plan.addStored(Durability.POWER_LOSS, 1, plan.pace);
        plan.add(new BacklogExperiment(Durability.PROCESS_CRASH, 100_000), 1);
        plan.add(new IdleExperiment(1_000), 1);
        plan.addStarts();
        return plan.parts;
    }

    private static List<Work> widest(Work.Kind kind, int qos) {
        return List.of(new Work(kind, qos, 256, WIDEST));
    }

    private static Work roundTrip(int qos) {
        return new Work(Work.Kind.ROUND_TRIP, qos, 256, ROUND_TRIP_WINDOW);
    }

    /**
     * Everything.
     *
     * @param words of which a title must contain each
     */
    static List<Part> all(Server server, @Nullable Server mosquitto, List<String> words) {
        Plan plan = new Plan(server, mosquitto, words, 5, new Pace(60, 10, 1.5, 0.8));
        // What needs the longest to warm up comes first.
        List<Work> stored = new ArrayList<>();
        stored.addAll(acknowledged(Work.Kind.PUBLISH, 2));
        stored.addAll(acknowledged(Work.Kind.RECEIVE, 2));
        stored.addAll(acknowledged(Work.Kind.PUBLISH, 1));
        List<Work> latencies = single();
        List<Work> unstored = acknowledged(Work.Kind.RECEIVE, 1);
        List<Work> unacknowledged = new ArrayList<>();
        for (Work.Kind kind : List.of(Work.Kind.PUBLISH, Work.Kind.RECEIVE)) {
            unacknowledged.add(new Work(kind, 0, 256, WIDEST));
            unacknowledged.add(new Work(kind, 0, 4_096, WIDEST));
        }
        plan.add(joined(List.of(stored, unstored, latencies, unacknowledged)), IN_MEMORY);
        // One store stands for both, where nothing is stored.
        plan.add(joined(List.of(stored, unstored, latencies)), List.of(HOLDFAST_PROCESS_CRASH));
        plan.add(joined(List.of(stored, latencies)), List.of(HOLDFAST_POWER_LOSS));
        // Paho needs seconds for a window of thousands.
        List<Work> some =
                joined(List.of(stored, unstored)).stream()
                        .filter(w -> w.payloadBytes() == 256 && w.window() < WIDEST)
                        .toList();
        plan.add(
                joined(List.of(some, latencies, widest(Work.Kind.PUBLISH, 0))),
                List.of(PAHO_MEMORY));
        plan.add(some, List.of(PAHO_FILE));
        List<Work> brokered =
                List.of(
                        roundTrip(2),
                        roundTrip(1),
                        roundTrip(0),
                        new Work(Work.Kind.PUBLISH, 1, 256, ROUND_TRIP_WINDOW));
        plan.addWithMosquitto(
                brokered, List.of(HOLDFAST_MEMORY, HOLDFAST_PROCESS_CRASH, HIVEMQ, PAHO_MEMORY), 3);
        for (Durability durability : Durability.values()) {
            plan.addStored(durability, 5, new Pace(10, 0, 0, 1));
        }
        plan.add(new BacklogExperiment(Durability.PROCESS_CRASH, 1_000_000), 5);
        plan.add(new BacklogExperiment(Durability.POWER_LOSS, 1_000_000), 1);
        plan.add(new IdleExperiment(10_000), 5);
        plan.addStarts();
        return plan.parts;
    }

    private static List<Work> acknowledged(Work.Kind kind, int qos) {
        List<Work> works = new ArrayList<>();
        for (int payload : new int[] {256, 4_096}) {
            for (int window : new int[] {100, 20, WIDEST}) {
                works.add(new Work(kind, qos, payload, window));
            }
        }
        return works;
    }

    private static List<Work> single() {
        return List.of(
                new Work(Work.Kind.LATENCY, 2, 256, 1),
                new Work(Work.Kind.LATENCY, 1, 256, 1),
                new Work(Work.Kind.LATENCY, 0, 256, 1));
    }

    private static List<Work> joined(List<List<Work>> works) {
        return works.stream().flatMap(List::stream).toList();
    }

    private void add(Experiment experiment, int times) {
        if (matches(experiment.title())) {
            parts.add(new Part(experiment, times));
        }
    }

    private boolean matches(String title) {
        String lower = title.toLowerCase(Locale.ROOT);
        return words.stream().allMatch(w -> lower.contains(w.toLowerCase(Locale.ROOT)));
    }

    /** One JVM for each client. */
    private void add(List<Work> works, List<Peer.Kind> peers) {
        addWith(server, works, peers, rounds, PeerTables::of);
    }

    private void addWithMosquitto(List<Work> works, List<Peer.Kind> peers, int times) {
        if (mosquitto != null) {
            addWith(mosquitto, works, peers, times, PeerTables::withMosquitto);
        }
    }

    private void addWith(
            Server with,
            List<Work> works,
            List<Peer.Kind> peers,
            int times,
            Function<Work, Table> table) {
        for (Peer.Kind peer : peers) {
            List<PeerExperiment.Task> tasks =
                    works.stream()
                            .map(w -> new PeerExperiment.Task(w, table.apply(w)))
                            .filter(t -> matches(t.table().fullTitle() + ": " + peer.title))
                            .toList();
            if (!tasks.isEmpty()) {
                parts.add(new Part(new PeerExperiment(peer, with, tasks, pace), times));
            }
        }
    }

    private void addStored(Durability durability, int times, Pace pace) {
        for (StoredWorker.Way way : StoredWorker.Way.values()) {
            add(new StoredExperiment(way, durability, server.port(), pace), times);
        }
    }

    private void addStarts() {
        for (Peer.Kind peer : StartExperiment.peers()) {
            add(new StartExperiment(peer, server.port()), rounds);
        }
    }
}
