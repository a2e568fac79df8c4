package dev.holdfast.mqtt.benchmarks;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** JVMs beside this one. */
final class Processes {
    private static final int LINES_OF_A_FAILURE = 12;
    private static final long LONGEST_DUMP_SECONDS = 10;

    private Processes() {}

    /**
     * A process that runs a main class of ours.
     *
     * @param jvmArguments a class path among them goes before ours
     */
    static ProcessBuilder java(Class<?> main, List<String> jvmArguments, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(jvmArguments);
        command.add(main.getName());
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    /** Has a process measure something; returns what it printed. */
    static Sample sample(
            Class<?> main, List<String> jvmArguments, List<String> arguments, Duration atMost)
            throws IOException, InterruptedException {
        File said = File.createTempFile("holdfast-benchmark", ".out");
        File complaints = File.createTempFile("holdfast-benchmark", ".err");
        try {
            Process process =
                    java(main, jvmArguments, arguments)
                            .redirectOutput(said)
                            .redirectError(complaints)
                            .start();
            if (!process.waitFor(atMost.toSeconds(), TimeUnit.SECONDS)) {
                throw late(main, process, atMost, complaints);
            }
            if (process.exitValue() != 0) {
                throw failure(main, "ended with " + process.exitValue(), complaints);
            }
            List<String> lines = Files.readAllLines(said.toPath());
            if (lines.isEmpty()) {
                throw failure(main, "printed nothing", complaints);
            }
            return Sample.parse(lines.get(lines.size() - 1));
        } finally {
            Files.delete(said.toPath());
            Files.delete(complaints.toPath());
        }
    }

    /** Ends a process that hangs, which should say where. */
    static IllegalStateException late(
            Class<?> main, Process process, Duration atMost, File complaints)
            throws IOException, InterruptedException {
        Path threads = dumpThreads(process);
        process.destroyForcibly();
        String late = "did not finish within " + atMost.toSeconds() + " s; its threads: ";
        return failure(main, late + threads, complaints);
    }

    private static Path dumpThreads(Process process) throws IOException, InterruptedException {
        Path dump = Files.createTempFile("holdfast-benchmark-threads", ".txt");
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        new ProcessBuilder(jcmd, String.valueOf(process.pid()), "Thread.print")
                .redirectErrorStream(true)
                .redirectOutput(dump.toFile())
                .start()
                .waitFor(LONGEST_DUMP_SECONDS, TimeUnit.SECONDS);
        return dump;
    }

    static IllegalStateException failure(Class<?> main, String what, File complaints)
            throws IOException {
        List<String> lines = Files.readAllLines(complaints.toPath());
        int from = Math.max(0, lines.size() - LINES_OF_A_FAILURE);
        return new IllegalStateException(
                main.getSimpleName()
                        + " "
                        + what
                        + (lines.isEmpty() ? "" : ":\n    ")
                        + String.join("\n    ", lines.subList(from, lines.size())));
    }

    /** What {@link AckServer} prints next. */
    static String line(BufferedReader said) throws IOException {
        String line = said.readLine();
        if (line == null) {
            throw new IOException("The server has ended");
        }
        return line;
    }

    static BufferedReader reader(Process process) {
        return process.inputReader(StandardCharsets.US_ASCII);
    }
}
