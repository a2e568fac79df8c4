package dev.holdfast.mqtt.benchmarks;

import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HIVEMQ;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HOLDFAST_MEMORY;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HOLDFAST_POWER_LOSS;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.HOLDFAST_PROCESS_CRASH;
import static dev.holdfast.mqtt.benchmarks.Peer.Kind.PAHO_FILE;

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
        List<Table> tables = tables(Table.Section.LATENCY, "");
        for (Figure figure : List.of(Figure.P50_MICROS, Figure.P99_MICROS)) {
            atMost(
                    "in memory, latency " + figure.title,
                    1,
                    tables,
                    ratio(HOLDFAST_MEMORY, HIVEMQ_TITLE, figure));
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
        for (StoredWorker.Way way : List.of(StoredWorker.Way.OFFLINE, StoredWorker.Way.CONNECTED)) {
            atMost(
                    "stored() p50, × bare commit, " + way,
                    1.5,
                    tables(Table.Section.STORED, ""),
                    table -> {
                        String contender =
                                results.contenders(table).stream()
                                        .filter(
                                                c ->
                                                        c.endsWith(
                                                                way == StoredWorker.Way.OFFLINE
                                                                        ? "not connected"
                                                                        : ", connected"))
                                        .findFirst()
                                        .orElse("");
                        return results.ratio(table, contender, Figure.P50_MICROS);
                    });
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
        atMost(
                "heap of an idle client, KiB",
                6,
                tables(Table.Section.IDLE, ""),
                figure(IdleExperiment.TABLE.baseline(), Figure.HEAP_PER_CLIENT_KIB));
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
