package dev.holdfast.mqtt.benchmarks;

import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HIVEMQ;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HOLDFAST_MEMORY;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HOLDFAST_POWER_LOSS;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HOLDFAST_PROCESS_CRASH;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.PAHO_FILE;

import dev.holdfast.mqtt.h2.Durability;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is measured, in its order. */
final class Plan {
    private static final int[] PAYLOADS = {256, 4_096};
    private static final int[] WINDOWS = {20, 100, 4_096};
    private static final int WIDEST = 4_096;

    /** What a broker forwards to one client within its limits. */
    private static final int ROUND_TRIP_WINDOW = 100;

    private static final List<Peer.Kind> ALL = List.of(Peer.Kind.values());

    /** One of the plan, and in how many rounds it takes part. */
    record Part(Experiment experiment, int rounds) {}

    private final Server server;
    private final @Nullable Server mosquitto;
    private final int rounds;
    private final double warmUpSeconds;
    private final double seconds;
    private final List<Part> parts = new ArrayList<>();

    private Plan(
            Server server,
            @Nullable Server mosquitto,
            int rounds,
            double warmUpSeconds,
            double seconds) {
        this.server = server;
        this.mosquitto = mosquitto;
        this.rounds = rounds;
        this.warmUpSeconds = warmUpSeconds;
        this.seconds = seconds;
    }

    /** The main figures; each of the large ones once, and smaller. */
    static List<Part> few(Server server, @Nullable Server mosquitto) {
        Plan plan = new Plan(server, mosquitto, 3, 1.5, 1);
        plan.add(
                new Work(Work.Kind.PUBLISH, 1, 256, WIDEST),
                List.of(
                        HOLDFAST_MEMORY,
                        HOLDFAST_PROCESS_CRASH,
                        HOLDFAST_POWER_LOSS,
                        HIVEMQ,
                        PAHO_FILE));
        List<Peer.Kind> three = List.of(HOLDFAST_MEMORY, HOLDFAST_PROCESS_CRASH, HIVEMQ);
        plan.add(new Work(Work.Kind.PUBLISH, 2, 256, WIDEST), three);
        plan.add(new Work(Work.Kind.RECEIVE, 1, 256, WIDEST), three);
        plan.add(new Work(Work.Kind.RECEIVE, 2, 256, WIDEST), three);
        List<Peer.Kind> two = List.of(HOLDFAST_MEMORY, HIVEMQ);
        plan.add(new Work(Work.Kind.PUBLISH, 0, 256, WIDEST), two);
        plan.add(new Work(Work.Kind.RECEIVE, 0, 256, WIDEST), two);
        plan.add(new Work(Work.Kind.LATENCY, 1, 256, 1), two);
        plan.addWithMosquitto(new Work(Work.Kind.ROUND_TRIP, 1, 256, ROUND_TRIP_WINDOW), two, 1);
        plan.addStored(Durability.PROCESS_CRASH, 1);
        plan.addStored(Durability.POWER_LOSS, 1);
        plan.parts.add(new Part(new BacklogExperiment(Durability.PROCESS_CRASH, 100_000), 1));
        plan.parts.add(new Part(new IdleExperiment(1_000), 1));
        plan.addStarts();
        return plan.parts;
    }

    static List<Part> all(Server server, @Nullable Server mosquitto) {
        Plan plan = new Plan(server, mosquitto, 5, 5, 3);
        for (Work.Kind kind : List.of(Work.Kind.PUBLISH, Work.Kind.RECEIVE)) {
            for (int payload : PAYLOADS) {
                plan.add(new Work(kind, 0, payload, WIDEST), ALL);
                for (int window : WINDOWS) {
                    plan.add(new Work(kind, 1, payload, window), ALL);
                    plan.add(new Work(kind, 2, payload, window), ALL);
                }
            }
        }
        for (int qos = 0; qos <= 2; qos++) {
            plan.add(new Work(Work.Kind.LATENCY, qos, 256, 1), ALL);
        }
        for (int qos = 0; qos <= 2; qos++) {
            if (qos > 0) {
                plan.addWithMosquitto(new Work(Work.Kind.PUBLISH, qos, 256, 100), ALL, 5);
            }
            plan.addWithMosquitto(
                    new Work(Work.Kind.ROUND_TRIP, qos, 256, ROUND_TRIP_WINDOW), ALL, 5);
        }
        for (Durability durability : Durability.values()) {
            plan.addStored(durability, 5);
            plan.parts.add(new Part(new BacklogExperiment(durability, 1_000_000), 5));
        }
        plan.parts.add(new Part(new IdleExperiment(10_000), 5));
        plan.addStarts();
        return plan.parts;
    }

    private void add(Work work, List<Peer.Kind> peers) {
        Table table = PeerTables.of(work);
        for (Peer.Kind peer : peers) {
            Experiment one = new PeerExperiment(peer, work, server, table, warmUpSeconds, seconds);
            parts.add(new Part(one, rounds));
        }
    }

    private void addWithMosquitto(Work work, List<Peer.Kind> peers, int times) {
        if (mosquitto == null) {
            return;
        }
        Table table = PeerTables.withMosquitto(work);
        for (Peer.Kind peer : peers) {
            Experiment one =
                    new PeerExperiment(peer, work, mosquitto, table, warmUpSeconds, seconds);
            parts.add(new Part(one, times));
        }
    }

    private void addStored(Durability durability, int times) {
        for (StoredWorker.Way way : StoredWorker.Way.values()) {
            Experiment one =
                    new StoredExperiment(way, durability, server.port(), warmUpSeconds, seconds);
            parts.add(new Part(one, times));
        }
    }

    private void addStarts() {
        for (Peer.Kind peer : StartExperiment.peers()) {
            parts.add(new Part(new StartExperiment(peer, server.port()), rounds));
        }
    }
}
