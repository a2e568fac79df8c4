package dev.holdfast.mqtt.impl.conformance;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What the standard asks of a client, as {@code conformance/statements.txt} has it. */
record Statements(List<Chapter> chapters) {
    private static final String FILE = "/conformance/statements.txt";
    private static final String UNTESTED = "untested: ";

    /** Statements under one heading, in the file's order. */
    record Chapter(String title, List<Row> rows) {}

    /**
     * One statement.
     *
     * @param remark the reason why no test shows it, after "untested: "; or a note, or nothing
     */
    record Row(String id, String packet, String bound, String requirement, String remark) {
        boolean untested() {
            return remark.startsWith(UNTESTED);
        }

        /** The remark in the words of the document. */
        String note() {
            return untested() ? remark.substring(UNTESTED.length()) : remark;
        }
    }

    List<Row> rows() {
        return chapters.stream().flatMap(chapter -> chapter.rows().stream()).toList();
    }

    static Statements load() {
        InputStream in = Objects.requireNonNull(Statements.class.getResourceAsStream(FILE), FILE);
        try (var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            return parse(reader.lines().toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Statements parse(List<String> lines) {
        List<Chapter> chapters = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith("## ")) {
                chapters.add(new Chapter(line.substring(3), new ArrayList<>()));
            } else if (!line.isBlank() && !line.startsWith("# ")) {
                chapters.get(chapters.size() - 1).rows().add(row(line));
            }
        }
        return new Statements(chapters);
    }

    private static Row row(String line) {
        String[] cells = line.split("\\|", -1);
        if (cells.length < 4 || cells.length > 5) {
            throw new IllegalArgumentException(
                    "A line needs four cells and may have a remark as its fifth: " + line);
        }
        return new Row(
                cells[0].strip(),
                cells[1].strip(),
                cells[2].strip(),
                cells[3].strip(),
                cells.length == 5 ? cells[4].strip() : "");
    }
}
