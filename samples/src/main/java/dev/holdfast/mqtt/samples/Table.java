package dev.holdfast.mqtt.samples;

import java.util.ArrayList;
import java.util.List;

/** Prints rows in aligned columns: the first to the left, numbers to the right. */
final class Table {
    private final List<List<String>> rows = new ArrayList<>();

    Table(String... header) {
        rows.add(List.of(header));
    }

    /** Adds a row; it may end early, or go on with a remark behind the last column. */
    void row(Object... cells) {
        List<String> row = new ArrayList<>();
        for (Object cell : cells) {
            row.add(
                    cell instanceof Number number
                            ? "%,d".formatted(number.longValue())
                            : cell.toString());
        }
        rows.add(row);
    }

    void print() {
        rows.forEach(row -> System.out.println(line(row)));
    }

    private String line(List<String> row) {
        StringBuilder line = new StringBuilder(" ");
        for (int i = 0; i < row.size(); i++) {
            boolean toTheRight = i < rows.get(0).size() && isNumeric(i);
            String format = toTheRight ? "  %" + width(i) + "s" : "  %-" + width(i) + "s";
            line.append(format.formatted(row.get(i)));
        }
        return line.toString().stripTrailing();
    }

    private int width(int column) {
        return rows.stream()
                .filter(row -> column < row.size())
                .mapToInt(row -> Math.max(1, row.get(column).length()))
                .max()
                .orElse(1);
    }

    private boolean isNumeric(int column) {
        return rows.stream()
                .skip(1)
                .filter(row -> column < row.size())
                .allMatch(row -> row.get(column).matches("[0-9,.-]+"));
    }
}
