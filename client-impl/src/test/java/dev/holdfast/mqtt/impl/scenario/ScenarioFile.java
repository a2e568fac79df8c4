package dev.holdfast.mqtt.impl.scenario;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A scenario: a title and what it shows, in prose; the script; and the trace that the script leads
 * to. In the script, empty lines and lines that begin with # are for the reader.
 */
final class ScenarioFile {
    private static final String SCRIPT = "--- script";
    private static final String TRACE = "--- trace";

    private final Path path;
    private final List<String> lines;
    private final int script;
    private final int trace;

    private ScenarioFile(Path path) {
        this.path = path;
        try {
            lines = Files.readAllLines(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        script = lines.indexOf(SCRIPT);
        trace = lines.contains(TRACE) ? lines.indexOf(TRACE) : lines.size();
        if (script < 2 || trace < script) {
            throw new IllegalArgumentException(
                    path.getFileName()
                            + ": a scenario has a title, an explanation, a line '"
                            + SCRIPT
                            + "' with the script behind it, and a line '"
                            + TRACE
                            + "' with the trace, which -Dscenarios.write=true fills in");
        }
    }

    static ScenarioFile read(Path path) {
        return new ScenarioFile(path);
    }

    /** All scenarios of a folder, by name. */
    static List<Path> in(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".txt")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Runs the script and compares what happens with the trace in the file.
     *
     * @throws AssertionError if they differ, with the difference
     */
    void check(ScenarioRun.Core core) {
        List<String> now = run(core);
        List<String> expected = lines.subList(Math.min(trace + 1, lines.size()), lines.size());
        if (!now.equals(expected)) {
            throw new AssertionError(
                    path.getFileName()
                            + ": another trace than the file's (- as in the file, + as it is now)."
                            + " If the new one is right, -Dscenarios.write=true writes it.\n"
                            + Difference.between(expected, now, trace + 2));
        }
    }

    /** Runs the script and writes what happens into the file. */
    void write(ScenarioRun.Core core) {
        List<String> whole = new ArrayList<>(lines.subList(0, trace));
        whole.add(TRACE);
        whole.addAll(run(core));
        try {
            Files.write(path, whole);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> run(ScenarioRun.Core core) {
        List<Command> commands = new ArrayList<>();
        try {
            for (int i = script + 1; i < trace; i++) {
                String line = lines.get(i).strip();
                if (!line.isEmpty() && !line.startsWith("#")) {
                    commands.add(Command.parse(i + 1, line));
                }
            }
            return new ScenarioRun(core).run(commands);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(path.getFileName() + ", " + e.getMessage(), e);
        }
    }
}
