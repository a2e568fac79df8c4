package dev.holdfast.mqtt.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The results in words and tables: ratios to the baseline first, then figures. */
final class Report {
    private static final String MISSING = "–";

    private Report() {}

    static String text(Results results) {
        StringBuilder text = new StringBuilder();
        for (Table.Section section : Table.Section.values()) {
            for (Table table : results.tables(section)) {
                append(text, table.fullTitle(), rows(results, table));
            }
        }
        append(text, "Targets", targetRows(results));
        for (String failure : results.failures()) {
            text.append("FAILED ").append(failure).append('\n');
        }
        return text.toString();
    }

    private static void append(StringBuilder text, String title, List<List<String>> rows) {
        text.append(title).append('\n');
        int columns = rows.get(0).size();
        int[] widths =
                IntStream.range(0, columns)
                        .map(c -> rows.stream().mapToInt(r -> r.get(c).length()).max().orElse(0))
                        .toArray();
        for (List<String> row : rows) {
            for (int c = 0; c < columns; c++) {
                String padding = " ".repeat(widths[c] - row.get(c).length());
                text.append("  ");
                text.append(c == 0 ? row.get(c) + padding : padding + row.get(c));
            }
            text.append('\n');
        }
        text.append('\n');
    }

    /**
     * The page in Markdown.
     *
     * @param arguments of the command that measured
     * @param charts the folder of the charts, beside the page
     */
    static String page(Results results, String arguments, String charts) {
        StringBuilder page = new StringBuilder();
        page.append("Measured by `benchmarks/run ").append(arguments).append("`:\n\n");
        Machine.describe().forEach(fact -> page.append("* ").append(fact).append('\n'));
        page.append("\n## Targets\n\n").append(markdown(targetRows(results)));
        for (Table.Section section : Table.Section.values()) {
            List<Table> tables = results.tables(section);
            if (tables.isEmpty()) {
                continue;
            }
            page.append("\n## ").append(section.title).append('\n');
            if (section.drawn > 0) {
                page.append("\n![Ratios](%s/%s)\n".formatted(charts, section.chart()));
            }
            for (Table table : tables) {
                page.append("\n### ").append(table.title()).append("\n\n");
                page.append(markdown(rows(results, table)));
            }
        }
        if (!results.failures().isEmpty()) {
            page.append("\n## Failed\n\n");
            results.failures().forEach(f -> page.append("```\n").append(f).append("\n```\n"));
        }
        return page.toString();
    }

    private static String markdown(List<List<String>> rows) {
        String rule = "| --- |" + " --: |".repeat(rows.get(0).size() - 1);
        return line(rows.get(0))
                + rule
                + "\n"
                + rows.stream().skip(1).map(Report::line).collect(Collectors.joining());
    }

    private static String line(List<String> row) {
        return "| " + String.join(" | ", row) + " |\n";
    }

    private static List<List<String>> rows(Results results, Table table) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>();
        head.add("");
        table.compared().forEach(f -> head.add("× " + f.title));
        table.compared().forEach(f -> head.add(f.title));
        table.others().forEach(f -> head.add(f.title));
        head.add("samples");
        rows.add(head);
        for (String contender : results.contenders(table)) {
            List<String> row = new ArrayList<>();
            row.add(contender);
            table.compared().forEach(f -> row.add(show(results.ratio(table, contender, f), 2)));
            table.compared().forEach(f -> row.add(figure(results, table, contender, f)));
            table.others().forEach(f -> row.add(figure(results, table, contender, f)));
            row.add(String.valueOf(results.count(table, contender)));
            rows.add(row);
        }
        return rows;
    }

    private static String figure(Results results, Table table, String contender, Figure figure) {
        return show(results.median(table, contender, figure), figure.decimals);
    }

    private static String show(OptionalDouble number, int decimals) {
        return number.isEmpty() ? MISSING : show(number.getAsDouble(), decimals);
    }

    static String show(double number, int decimals) {
        return String.format(Locale.ROOT, "%,." + decimals + "f", number);
    }

    private static List<List<String>> targetRows(Results results) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("what", "target", "measured", "met", "where it is worst"));
        for (Targets.Row row : Targets.rows(results)) {
            rows.add(
                    List.of(
                            row.what(),
                            row.target(),
                            show(row.measured(), 2),
                            row.met() ? "yes" : "**no**",
                            row.where()));
        }
        return rows;
    }
}
