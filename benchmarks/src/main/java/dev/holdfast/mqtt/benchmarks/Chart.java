package dev.holdfast.mqtt.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Bars: the first ratio of each contender in each table of a section. */
final class Chart {
    private static final int LEFT = 300;
    private static final int UNIT = 280;
    private static final int MOST_UNITS = 3;
    private static final int ROOM_FOR_TEXT = 60;
    private static final int BAR = 12;
    private static final int GAP = 26;
    private static final int WIDTH = LEFT + MOST_UNITS * UNIT + ROOM_FOR_TEXT;

    private static final Map<String, String> COLOURS =
            Stream.of(Peer.Kind.values()).collect(Collectors.toMap(k -> k.title, k -> k.colour));

    private Chart() {}

    static String draw(Results results, Table.Section section) {
        List<Table> tables = results.tables(section);
        StringBuilder body = new StringBuilder();
        int y = legend(body) + GAP;
        for (Table table : tables) {
            body.append(text(0, y + BAR, table.title()));
            body.append(text(0, y + 2 * BAR + 2, table.compared().get(0).title));
            for (String contender : results.contenders(table)) {
                OptionalDouble ratio = results.ratio(table, contender, table.compared().get(0));
                if (ratio.isPresent()) {
                    y = bar(body, y, ratio.getAsDouble(), COLOURS.getOrDefault(contender, "#555"));
                }
            }
            y += GAP;
        }
        return """
                <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">
                <rect width="100%%" height="100%%" fill="white"/>
                <line x1="%d" x2="%d" y1="0" y2="%d" stroke="#e0a030" stroke-dasharray="3"/>
                %s</svg>
                """
                .formatted(WIDTH, y, LEFT + UNIT, LEFT + UNIT, y, body);
    }

    /** A bar that would not fit ends at the edge; its number says how long it is. */
    private static int bar(StringBuilder body, int y, double ratio, String colour) {
        double width = Math.min(ratio, MOST_UNITS) * UNIT;
        body.append(rectangle(LEFT, y, width, colour));
        String number = String.format(Locale.ROOT, ratio < 0.1 ? "%.4f" : "%.2f", ratio);
        body.append(text(LEFT + (int) width + 4, y + BAR - 2, number));
        return y + BAR;
    }

    private static int legend(StringBuilder body) {
        int y = 4;
        for (Peer.Kind kind : Peer.Kind.values()) {
            body.append(rectangle(0, y, BAR, kind.colour));
            body.append(text(BAR + 6, y + BAR - 2, kind.title));
            y += BAR + 4;
        }
        return y;
    }

    private static String rectangle(int x, int y, double width, String colour) {
        return String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>%n",
                x,
                y,
                width,
                BAR - 1,
                colour);
    }

    private static String text(int x, int y, String words) {
        return "<text x=\"%d\" y=\"%d\">%s</text>%n".formatted(x, y, words);
    }
}
