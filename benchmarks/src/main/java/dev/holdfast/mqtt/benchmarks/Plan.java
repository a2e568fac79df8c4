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

    /** Not part of an experiment yet. */
    private final List<PeerExperiment.Task> tasks = new ArrayList<>();

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
        Plan plan = new Plan(server, mosquitto, words, 3, new Pace(1.5, 1, 1, 2, 0.5));
        Work narrower = new Work(Work.Kind.PUBLISH, 1, 256, 100);
        plan.add(widest(Work.Kind.PUBLISH, 1), FAST);
        plan.add(narrower, joined(List.of(FAST, List.of(PAHO_FILE))));
        plan.together();
        for (Work work :
                List.of(
                        widest(Work.Kind.PUBLISH, 2),
                        widest(Work.Kind.RECEIVE, 1),
                        widest(Work.Kind.RECEIVE, 2))) {
            plan.add(work, FAST_BUT_POWER_LOSS);
            plan.together();
        }
        plan.add(widest(Work.Kind.PUBLISH, 0), IN_MEMORY);
        plan.add(widest(Work.Kind.RECEIVE, 0), IN_MEMORY);
        plan.add(new Work(Work.Kind.LATENCY, 1, 256, 1), IN_MEMORY);
        plan.together();
        plan.addWithMosquitto(List.of(roundTrip(1)), IN_MEMORY, 1);
        plan.addStored(Durability.PROCESS_CRASH, 1, plan.pace);
        plan.addStored(Durability.POWER_LOSS, 1, plan.pace);
        plan.add(new BacklogExperiment(Durability.PROCESS_CRASH, 100_000), 1);
        plan.add(new IdleExperiment(1_000), 1);
        plan.addStarts();
        return plan.parts;
    }

    private static Work widest(Work.Kind kind, int qos) {
        return new Work(kind, qos, 256, WIDEST);
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
        Plan plan = new Plan(server, mosquitto, words, 5, new Pace(60, 10, 1, 3, 0.4));
        // What needs the longest to warm up comes first.
        plan.addAcknowledged(Work.Kind.PUBLISH, 2, FAST);
        plan.addAcknowledged(Work.Kind.RECEIVE, 2, FAST);
        plan.addAcknowledged(Work.Kind.PUBLISH, 1, FAST);
        // One store stands for both, where nothing is stored.
        plan.addAcknowledged(Work.Kind.RECEIVE, 1, FAST_BUT_POWER_LOSS);
        for (int qos = 2; qos >= 0; qos--) {
            plan.add(
                    new Work(Work.Kind.LATENCY, qos, 256, 1),
                    joined(List.of(FAST, List.of(PAHO_MEMORY))));
        }
        for (Work.Kind kind : List.of(Work.Kind.PUBLISH, Work.Kind.RECEIVE)) {
            plan.add(new Work(kind, 0, 256, WIDEST), IN_MEMORY);
            plan.add(new Work(kind, 0, 4_096, WIDEST), IN_MEMORY);
        }
        plan.together();
        List<Work> brokered =
                List.of(
                        roundTrip(2),
                        roundTrip(1),
                        roundTrip(0),
                        new Work(Work.Kind.PUBLISH, 1, 256, ROUND_TRIP_WINDOW));
        plan.addWithMosquitto(
                brokered, List.of(HOLDFAST_MEMORY, HOLDFAST_PROCESS_CRASH, HIVEMQ, PAHO_MEMORY), 3);
        for (Durability durability : Durability.values()) {
            plan.addStored(durability, 5, new Pace(6, 0, 0, 1, 1));
        }
        plan.add(new BacklogExperiment(Durability.PROCESS_CRASH, 1_000_000), 5);
        plan.add(new BacklogExperiment(Durability.POWER_LOSS, 1_000_000), 1);
        plan.add(new IdleExperiment(10_000), 5);
        plan.addStarts();
        return plan.parts;
    }

    private void addAcknowledged(Work.Kind kind, int qos, List<Peer.Kind> peers) {
        for (int payload : new int[] {256, 4_096}) {
            for (int window : new int[] {100, 20, WIDEST}) {
                // Paho needs seconds for a window of thousands.
                boolean withPaho = payload == 256 && window < WIDEST;
                List<Peer.Kind> paho = withPaho ? List.of(PAHO_MEMORY, PAHO_FILE) : List.of();
                add(new Work(kind, qos, payload, window), joined(List.of(peers, paho)));
            }
        }
    }

    private static <T> List<T> joined(List<List<T>> lists) {
        return lists.stream().flatMap(List::stream).toList();
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

    private void add(Work work, List<Peer.Kind> peers) {
        add(work, peers, PeerTables.of(work));
    }

    private void add(Work work, List<Peer.Kind> peers, Table table) {
        List<Peer.Kind> chosen =
                peers.stream().filter(p -> matches(table.fullTitle() + ": " + p.title)).toList();
        if (!chosen.isEmpty()) {
            tasks.add(new PeerExperiment.Task(work, chosen, table));
        }
    }

    /** One JVM for each client does what was added since the last time. */
    private void together() {
        together(server, rounds);
    }

    private void together(Server with, int times) {
        if (!tasks.isEmpty()) {
            parts.add(new Part(new PeerExperiment(with, List.copyOf(tasks), pace), times));
            tasks.clear();
        }
    }

    private void addWithMosquitto(List<Work> works, List<Peer.Kind> peers, int times) {
        if (mosquitto != null) {
            works.forEach(w -> add(w, peers, PeerTables.withMosquitto(w)));
            together(mosquitto, times);
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
