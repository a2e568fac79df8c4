package dev.holdfast.mqtt.benchmarks;

import java.util.Locale;

/** Bars: the rate of each client at each work as a multiple of HiveMQ's. */
final class Chart {
    private static final int LEFT = 300;
    private static final int UNIT = 280;
    private static final int BAR = 12;
    private static final int GAP = 26;
    private static final int WIDTH = LEFT + 3 * UNIT;

    private Chart() {}

    static String draw(Results results) {
        StringBuilder body = new StringBuilder();
        int y = legend(body) + GAP;
        for (Work work : results.works()) {
            if (work.kind() == Work.Kind.LATENCY) {
                continue;
            }
            body.append(text(0, y + BAR, work.title()));
            for (Peer.Kind kind : Peer.Kind.values()) {
                double ratio = results.ratio(work, kind, Sample::rate);
                body.append(rectangle(LEFT, y, ratio * UNIT, kind.colour));
                int end = LEFT + (int) Math.min(ratio * UNIT, WIDTH - LEFT - 40.0);
                body.append(text(end + 4, y + BAR - 2, String.format(Locale.ROOT, "%.2f", ratio)));
                y += BAR;
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
