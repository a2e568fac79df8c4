package dev.holdfast.mqtt.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Bars: the first ratios of each contender in each table of a section. */
final class Chart {
    private static final int MARGIN = 10;
    private static final int LEFT = 290;
    private static final int UNIT = 200;
    private static final int MOST_UNITS = 3;
    private static final int ROOM_FOR_TEXT = 60;
    private static final int LINE = 16;
    private static final int BAR = 12;
    private static final int GAP = 14;
    private static final int WIDTH = LEFT + MOST_UNITS * UNIT + ROOM_FOR_TEXT;

    private static final Map<String, String> COLOURS =
            Stream.of(Peer.Kind.values()).collect(Collectors.toMap(k -> k.title, k -> k.colour));

    private final StringBuilder body = new StringBuilder();
    private final Results results;
    private int y = MARGIN;

    private Chart(Results results) {
        this.results = results;
    }

    static String draw(Results results, Table.Section section) {
        Chart chart = new Chart(results);
        List<Table> tables = results.tables(section);
        chart.head(section, tables.get(0));
        chart.legend(tables);
        int top = chart.y + GAP;
        for (Table table : tables) {
            for (Figure figure : table.compared().subList(0, section.drawn)) {
                chart.bars(table, figure);
            }
        }
        chart.y += GAP;
        return """
                <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">
                <rect width="100%%" height="100%%" fill="white"/>
                <line x1="%d" x2="%d" y1="%d" y2="%d" stroke="#666" stroke-dasharray="3"/>
                %s</svg>
                """
                .formatted(WIDTH, chart.y, LEFT + UNIT, LEFT + UNIT, top, chart.y, chart.body);
    }

    /** What is compared with what. */
    private void head(Table.Section section, Table any) {
        Figure first = any.compared().get(0);
        String figures =
                any.compared().subList(0, section.drawn).stream()
                        .map(f -> f.title)
                        .collect(Collectors.joining(" and "));
        line(MARGIN, "bold", section.title + ": " + figures + ", × " + any.baseline());
        line(
                MARGIN,
                "normal",
                (first.moreIsBetter() ? "Longer is better" : "Shorter is better")
                        + "; the dashed line is 1; a bar of more than "
                        + MOST_UNITS
                        + " ends at the edge, and its number says how long it is.");
    }

    /** Those that are in the chart. */
    private void legend(List<Table> tables) {
        y += LINE / 2;
        for (Peer.Kind kind : Peer.Kind.values()) {
            if (tables.stream().anyMatch(t -> results.contenders(t).contains(kind.title))) {
                rectangle(MARGIN, BAR, kind.colour);
                line(MARGIN + BAR + 6, "normal", kind.title);
            }
        }
    }

    private void bars(Table table, Figure figure) {
        List<String> contenders =
                results.contenders(table).stream()
                        .filter(c -> results.ratio(table, c, figure).isPresent())
                        .toList();
        if (contenders.isEmpty()) {
            return;
        }
        y += GAP;
        int end = y + Math.max(contenders.size() * BAR, LINE);
        String what = table.section().drawn == 1 ? "" : ", " + figure.title;
        text(MARGIN, y + BAR - 2, "normal", table.title() + what);
        for (String contender : contenders) {
            OptionalDouble ratio = results.ratio(table, contender, figure);
            bar(ratio.orElseThrow(), COLOURS.getOrDefault(contender, "#555"));
        }
        y = Math.max(y, end);
    }

    private void bar(double ratio, String colour) {
        double width = Math.min(ratio, MOST_UNITS) * UNIT;
        rectangle(LEFT, width, colour);
        String number = String.format(Locale.ROOT, ratio < 0.1 ? "%.4f" : "%.2f", ratio);
        text(LEFT + (int) width + 4, y + BAR - 2, "normal", number);
        y += BAR;
    }

    private void rectangle(int x, double width, String colour) {
        body.append(
                String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
                        x,
                        y,
                        width,
                        BAR - 1,
                        colour));
    }

    private void line(int x, String weight, String words) {
        text(x, y + BAR - 2, weight, words);
        y += LINE;
    }

    private void text(int x, int baseline, String weight, String words) {
        body.append(
                "<text x=\"%d\" y=\"%d\" font-weight=\"%s\">%s</text>%n"
                        .formatted(x, baseline, weight, words));
    }
}
