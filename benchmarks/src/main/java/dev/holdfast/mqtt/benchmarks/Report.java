package dev.holdfast.mqtt.benchmarks;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The results in words and tables; a ratio is to HiveMQ's figure of the same run. */
final class Report {
    private Report() {}

    static String text(Results results) {
        StringBuilder text = new StringBuilder();
        for (Work work : results.works()) {
            text.append(work.title()).append('\n');
            for (List<String> row : rows(results, work)) {
                text.append(
                        String.format(
                                Locale.ROOT,
                                "  %-46s %12s %8s %14s %8s %14s %14s%n",
                                row.toArray()));
            }
            text.append('\n');
        }
        return text.toString();
    }

    static String page(Results results, int rounds) {
        StringBuilder page = new StringBuilder("# Benchmarks\n\n");
        page.append("Written by `benchmarks/run full` on ")
                .append(LocalDate.now(ZoneOffset.UTC))
                .append(", Java ")
                .append(Runtime.version())
                .append(", ")
                .append(Runtime.getRuntime().availableProcessors())
                .append(" processors, ")
                .append(System.getProperty("os.name"))
                .append(' ')
                .append(System.getProperty("os.version"))
                .append(
                        """
                        .

                        All clients do the same work in turn, each in a fresh process that is warmed up first, against one process
                        that does nothing but acknowledge, or send what is asked for. The figures are medians of\
                        """)
                .append(' ')
                .append(rounds)
                .append(
                        """
                         rounds. The machine moves
                        them from run to run: what counts is the ratio to HiveMQ's figure in the same run. The last column is the
                        server's share of all CPU time.

                        ![Rates as multiples of HiveMQ's](benchmarks.svg)
                        """);
        for (Work work : results.works()) {
            page.append("\n## ").append(work.title()).append("\n\n");
            List<List<String>> rows = rows(results, work);
            page.append("| ").append(String.join(" | ", rows.get(0))).append(" |\n");
            page.append("| --- | --: | --: | --: | --: | --: | --: |\n");
            rows.subList(1, rows.size())
                    .forEach(r -> page.append("| ").append(String.join(" | ", r)).append(" |\n"));
        }
        return page.toString();
    }

    private static List<List<String>> rows(Results results, Work work) {
        boolean latency = work.kind() == Work.Kind.LATENCY;
        List<List<String>> rows = new ArrayList<>();
        rows.add(
                latency
                        ? List.of(
                                "client",
                                "p50 µs",
                                "ratio",
                                "p99 µs",
                                "ratio",
                                "p99.9 µs",
                                "server")
                        : List.of(
                                "client",
                                "msg/s",
                                "ratio",
                                "CPU µs/msg",
                                "ratio",
                                "B/msg",
                                "server"));
        ToDoubleFunction<Sample> first = latency ? Sample::p50Micros : Sample::rate;
        ToDoubleFunction<Sample> second = latency ? Sample::p99Micros : Sample::cpuMicros;
        ToDoubleFunction<Sample> third = latency ? Sample::p999Micros : Sample::allocatedBytes;
        for (Peer.Kind kind : Peer.Kind.values()) {
            rows.add(
                    List.of(
                            kind.title,
                            whole(results.median(work, kind, first)),
                            ratio(results.ratio(work, kind, first)),
                            String.format(Locale.ROOT, "%.1f", results.median(work, kind, second)),
                            ratio(results.ratio(work, kind, second)),
                            whole(results.median(work, kind, third)),
                            whole(100 * results.median(work, kind, Sample::serverShare)) + " %"));
        }
        return rows;
    }

    private static String whole(double figure) {
        return String.format(Locale.ROOT, "%,.0f", figure);
    }

    private static String ratio(double figure) {
        return String.format(Locale.ROOT, "%.2f", figure);
    }
}
