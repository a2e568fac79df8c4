package dev.holdfast.mqtt.benchmarks;

import java.util.List;

/** The tables in which clients stand beside each other. */
final class PeerTables {
    private static final List<Figure> OTHERS =
            List.of(Figure.ALLOCATED_BYTES, Figure.HEAP_MIB, Figure.THREADS, Figure.SERVER_SHARE);

    private PeerTables() {}

    static Table of(Work work) {
        return switch (work.kind()) {
            case PUBLISH -> rates(Table.Section.PUBLISH, work);
            case RECEIVE -> rates(Table.Section.RECEIVE, work);
            case ROUND_TRIP -> rates(Table.Section.MOSQUITTO, work);
            case LATENCY ->
                    new Table(
                            Table.Section.LATENCY,
                            work.title(),
                            Peer.Kind.HIVEMQ.title,
                            List.of(Figure.P50_MICROS, Figure.P99_MICROS, Figure.P999_MICROS),
                            List.of(Figure.CPU_MICROS, Figure.SERVER_SHARE));
        };
    }

    static Table withMosquitto(Work work) {
        return rates(Table.Section.MOSQUITTO, work);
    }

    private static Table rates(Table.Section section, Work work) {
        return new Table(
                section,
                work.title(),
                Peer.Kind.HIVEMQ.title,
                List.of(Figure.MESSAGES_PER_SECOND, Figure.CPU_MICROS),
                OTHERS);
    }
}
