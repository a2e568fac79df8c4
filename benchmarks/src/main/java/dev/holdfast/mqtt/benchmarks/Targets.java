package dev.holdfast.mqtt.benchmarks;

import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HIVEMQ;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HOLDFAST_MEMORY;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HOLDFAST_POWER_LOSS;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HOLDFAST_PROCESS_CRASH;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.PAHO_FILE;

import dev.holdfast.mqtt.h2.Durability;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * What Holdfast wants to reach, and whether it does; targets that were not measured are left out.
 */
final class Targets {
    /**
     * One target.
     *
     * @param measured the worst of all tables that it is about
     * @param where the title of that table
     */
    record Row(String what, String target, double measured, boolean met, String where) {}

    private static final String HIVEMQ_TITLE = HIVEMQ.title;

    private final Results results;
    private final List<Row> rows = new ArrayList<>();

    private Targets(Results results) {
        this.results = results;
    }

    static List<Row> rows(Results results) {
        Targets targets = new Targets(results);
        for (String what : List.of("Publish", "Receive")) {
            for (int qos = 0; qos <= 2; qos++) {
                targets.inMemory(what, what + ", QoS " + qos);
            }
        }
        targets.latency();
        targets.durable();
        targets.stored();
        targets.backlog();
        targets.idle();
        targets.footprint();
        return targets.rows;
    }

    private void inMemory(String what, String title) {
        Table.Section section =
                what.equals("Publish") ? Table.Section.PUBLISH : Table.Section.RECEIVE;
        List<Table> tables = tables(section, title);
        atLeast(
                "in memory, rate, " + title,
                1.2,
                tables,
                ratio(HOLDFAST_MEMORY, HIVEMQ_TITLE, Figure.MESSAGES_PER_SECOND));
        atMost(
                "in memory, CPU, " + title,
                0.85,
                tables,
                ratio(HOLDFAST_MEMORY, HIVEMQ_TITLE, Figure.CPU_MICROS));
        if (title.equals("Publish, QoS 1")) {
            atMost(
                    "in memory, allocated besides the payload, B/msg, " + title,
                    250,
                    tables,
                    figure(HOLDFAST_MEMORY.title, Figure.ALLOCATED_BESIDES_BYTES));
        }
    }

    private void latency() {
        for (int qos = 0; qos <= 2; qos++) {
            List<Table> tables = tables(Table.Section.LATENCY, "Publish one at a time, QoS " + qos);
            for (Figure figure : List.of(Figure.P50_MICROS, Figure.P99_MICROS)) {
                atMost(
                        "in memory, latency " + figure.title + ", QoS " + qos,
                        1,
                        tables,
                        ratio(HOLDFAST_MEMORY, HIVEMQ_TITLE, figure));
            }
        }
    }

    private void durable() {
        rate("Publish, QoS 1", HOLDFAST_PROCESS_CRASH, HIVEMQ, 0.9);
        rate("Publish, QoS 2", HOLDFAST_PROCESS_CRASH, HIVEMQ, 0.4);
        rate("Receive, QoS 2", HOLDFAST_PROCESS_CRASH, HIVEMQ, 0.35);
        rate("Publish, QoS 1", HOLDFAST_POWER_LOSS, HIVEMQ, 0.7);
        rate("Publish, QoS 2", HOLDFAST_POWER_LOSS, HIVEMQ, 0.3);
        rate("Publish, QoS 1", HOLDFAST_POWER_LOSS, PAHO_FILE, 100);
        rate("Publish, QoS 2", HOLDFAST_POWER_LOSS, PAHO_FILE, 100);
        rate("Receive, QoS 1", HOLDFAST_PROCESS_CRASH, HOLDFAST_MEMORY, 1);
        rate("Receive, QoS 1", HOLDFAST_POWER_LOSS, HOLDFAST_MEMORY, 1);
    }

    private void rate(String title, Peer.Kind own, Peer.Kind other, double bound) {
        Table.Section section =
                title.startsWith("Publish") ? Table.Section.PUBLISH : Table.Section.RECEIVE;
        atLeast(
                own.title + ", rate, " + title + ", × " + other.title,
                bound,
                tables(section, title),
                ratio(own, other.title, Figure.MESSAGES_PER_SECOND));
    }

    private void stored() {
        for (Durability durability : Durability.values()) {
            Table table = StoredExperiment.table(durability);
            List<Table> tables =
                    tables(Table.Section.STORED, table.title()); // empty if it was not measured
            for (StoredWorker.Way way :
                    List.of(StoredWorker.Way.OFFLINE, StoredWorker.Way.CONNECTED)) {
                String contender = way.title(durability);
                atMost(
                        contender + ", p50, × " + table.baseline(),
                        1.5,
                        tables,
                        t -> results.ratio(t, contender, Figure.P50_MICROS));
            }
        }
    }

    private void backlog() {
        List<Table> storing = tables(Table.Section.BACKLOG, "Storing");
        atLeast(
                "backlog, stored msg/s",
                150_000,
                storing,
                figure(BacklogExperiment.HOLDFAST, Figure.MESSAGES_PER_SECOND));
        atMost(
                "backlog, heap grown since a tenth was stored, MiB",
                Soak.MOST_GROWTH_MIB,
                storing,
                difference(BacklogExperiment.HOLDFAST, Figure.HEAP_MIB, Figure.EARLY_HEAP_MIB));
        atMost(
                "backlog, first PUBLISH later than 1.5 × with an empty store, ms",
                300,
                tables(Table.Section.BACKLOG, "Starting"),
                table -> {
                    OptionalDouble full =
                            results.median(
                                    table, BacklogExperiment.FULL, Figure.FIRST_PUBLISH_MILLIS);
                    OptionalDouble empty =
                            results.median(
                                    table, BacklogExperiment.EMPTY, Figure.FIRST_PUBLISH_MILLIS);
                    return full.isEmpty() || empty.isEmpty()
                            ? OptionalDouble.empty()
                            : OptionalDouble.of(full.getAsDouble() - 1.5 * empty.getAsDouble());
                });
        List<Table> sending = tables(Table.Section.BACKLOG, "Sending");
        atLeast(
                "backlog, sent msg/s",
                100_000,
                sending,
                figure(BacklogExperiment.HOLDFAST, Figure.MESSAGES_PER_SECOND));
        atMost(
                "backlog, out of order",
                0,
                sending,
                figure(BacklogExperiment.HOLDFAST, Figure.OUT_OF_ORDER));
        atMost(
                "backlog, file afterwards, MiB",
                BacklogDrainer.SMALL_MIB,
                sending,
                figure(BacklogExperiment.HOLDFAST, Figure.FILE_AFTER_MIB));
    }

    private void idle() {
        List<Table> tables = tables(Table.Section.IDLE, "");
        for (String contender : List.of(IdleExperiment.TABLE.baseline(), IdleExperiment.RESUMED)) {
            atMost(
                    "heap of an idle client, KiB, " + contender,
                    6,
                    tables,
                    figure(contender, Figure.HEAP_PER_CLIENT_KIB));
            atMost(
                    "lasting threads, more than with 100 idle clients, " + contender,
                    0,
                    tables,
                    difference(contender, Figure.LASTING_THREADS, Figure.THREADS_OF_FEW));
        }
        atMost(
                "idle clients not resumed after a kill",
                0,
                tables,
                difference(IdleExperiment.RESUMED, Figure.CLIENTS, Figure.SESSIONS_PRESENT));
    }

    private void footprint() {
        List<Table> tables = tables(Table.Section.FOOTPRINT, "");
        atMost("all jars, MiB", 7, tables, figure(HOLDFAST_PROCESS_CRASH.title, Figure.JARS_MIB));
        for (Peer.Kind kind : List.of(HOLDFAST_MEMORY, HOLDFAST_PROCESS_CRASH)) {
            atMost(
                    "start to connected, " + kind.title,
                    1,
                    tables,
                    ratio(kind, HIVEMQ_TITLE, Figure.CONNECTED_MILLIS));
        }
    }

    private List<Table> tables(Table.Section section, String title) {
        return results.tables(section).stream().filter(t -> t.title().startsWith(title)).toList();
    }

    private Function<Table, OptionalDouble> ratio(Peer.Kind own, String other, Figure figure) {
        return table -> results.ratio(table, own.title, other, figure);
    }

    private Function<Table, OptionalDouble> figure(String contender, Figure figure) {
        return table -> results.median(table, contender, figure);
    }

    private Function<Table, OptionalDouble> difference(String contender, Figure of, Figure less) {
        return table -> {
            OptionalDouble whole = results.median(table, contender, of);
            OptionalDouble part = results.median(table, contender, less);
            return whole.isEmpty() || part.isEmpty()
                    ? OptionalDouble.empty()
                    : OptionalDouble.of(whole.getAsDouble() - part.getAsDouble());
        };
    }

    private void atLeast(
            String what, double bound, List<Table> tables, Function<Table, OptionalDouble> value) {
        add(what, true, bound, tables, value);
    }

    private void atMost(
            String what, double bound, List<Table> tables, Function<Table, OptionalDouble> value) {
        add(what, false, bound, tables, value);
    }

    private void add(
            String what,
            boolean least,
            double bound,
            List<Table> tables,
            Function<Table, OptionalDouble> value) {
        double worst = Double.NaN;
        String where = "";
        for (Table table : tables) {
            OptionalDouble here = value.apply(table);
            if (here.isPresent()) {
                double measured = here.getAsDouble();
                if (where.isEmpty() || (least ? measured < worst : measured > worst)) {
                    worst = measured;
                    where = table.title();
                }
            }
        }
        if (!where.isEmpty()) {
            String target = (least ? "≥ " : "≤ ") + Report.show(bound, bound % 1 == 0 ? 0 : 2);
            rows.add(new Row(what, target, worst, least ? worst >= bound : worst <= bound, where));
        }
    }
}
