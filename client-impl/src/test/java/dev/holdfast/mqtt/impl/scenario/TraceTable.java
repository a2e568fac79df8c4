package dev.holdfast.mqtt.impl.scenario;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The trace: what passes between the client and the application to its left, the disk and the wire
 * to its right, one column each. An arrow to the right goes away from the application.
 */
final class TraceTable {
    enum Column {
        APPLICATION(40),
        DISK(38),
        WIRE(48);

        final int width;

        Column(int width) {
            this.width = width;
        }
    }

    private static final int WIDTH = Arrays.stream(Column.values()).mapToInt(c -> c.width).sum();

    private final List<String> lines = new ArrayList<>();

    TraceTable() {
        StringBuilder head = new StringBuilder();
        for (Column column : Column.values()) {
            head.append(padded(column.name().toLowerCase(java.util.Locale.ROOT), column.width));
        }
        lines.add(head.toString().stripTrailing());
    }

    /** A line across all columns: something that happens to the client as a whole. */
    void rule(String what) {
        String start = "── " + what + " ";
        lines.add(start + "─".repeat(Math.max(0, WIDTH - start.length())));
    }

    /** A cell; what is too long goes on in the next line, behind the arrow. */
    void cell(Column column, String text) {
        int indent = 0;
        for (Column before : Column.values()) {
            if (before == column) {
                break;
            }
            indent += before.width;
        }
        String margin = " ".repeat(indent);
        String rest = text;
        int hanging = text.length() - text.stripLeading().length() + 2;
        while (rest.length() >= column.width) {
            int cut = rest.lastIndexOf(' ', column.width - 2);
            if (cut <= hanging) {
                break;
            }
            lines.add(margin + rest.substring(0, cut));
            rest = " ".repeat(hanging) + rest.substring(cut + 1);
        }
        lines.add(margin + rest);
    }

    List<String> lines() {
        return List.copyOf(lines);
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(width - text.length());
    }
}
