package dev.holdfast.mqtt.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The files that a run writes: each sample as a line of JSON, the page, and its charts. What a
 * complete run has measured goes to the documentation as well, behind the head that is written by
 * hand.
 */
final class Pages {
    private static final String MARK = "<!-- What follows is written by benchmarks/run full. -->";
    private static final String CHARTS = "benchmarks";

    private final Path folder;
    private final @Nullable Path documentation;
    private final String arguments;

    /**
     * Files of an earlier run are replaced.
     *
     * @param arguments of the command that the run was started by
     */
    Pages(Path folder, @Nullable Path documentation, String arguments) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.documentation = documentation;
        this.arguments = arguments;
        Files.deleteIfExists(samplesFile());
    }

    Path page() {
        return (documentation == null ? folder : documentation).resolve("benchmarks.md");
    }

    private Path samplesFile() {
        return folder.resolve("samples.jsonl");
    }

    Writer samples() throws IOException {
        return Files.newBufferedWriter(
                samplesFile(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    void log(Writer log, int round, Table table, String contender, Sample sample) {
        try {
            log.write(
                    "{\"section\":\"%s\",\"table\":\"%s\",\"contender\":\"%s\",\"round\":%d,%s}%n"
                            .formatted(
                                    table.section(),
                                    table.title(),
                                    contender,
                                    round,
                                    sample.fields()));
        } catch (IOException e) {
            throw new UncheckedIOException("A sample cannot be written down", e);
        }
    }

    void write(Results results) throws IOException {
        String body = Report.page(results, arguments, CHARTS);
        write(folder, "", body, results);
        if (documentation != null) {
            Path page = documentation.resolve("benchmarks.md");
            String before = Files.exists(page) ? Files.readString(page) : "# Benchmarks\n\n" + MARK;
            int mark = before.indexOf(MARK);
            if (mark < 0) {
                throw new IOException(page + " lacks the line " + MARK);
            }
            write(documentation, before.substring(0, mark) + MARK + "\n\n", body, results);
        }
    }

    private static void write(Path folder, String head, String body, Results results)
            throws IOException {
        Files.writeString(folder.resolve("benchmarks.md"), head + body);
        Path charts = Files.createDirectories(folder.resolve(CHARTS));
        for (Table.Section section : Table.Section.values()) {
            if (section.drawn > 0 && !results.tables(section).isEmpty()) {
                Files.writeString(charts.resolve(section.chart()), Chart.draw(results, section));
            }
        }
    }
}
