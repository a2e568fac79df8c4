package dev.holdfast.mqtt.samples;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A program in a process of its own; one in Java has the class path of this one. Lines go both ways
 * over standard input and output; standard error goes to a file. A program that ends when its
 * standard input does never outlives its parent.
 */
public final class ChildProcess implements AutoCloseable {
    private static final Duration END_TIMEOUT = Duration.ofSeconds(30);

    private final String name;
    private final Path errors;
    private final Process process;
    private final BufferedWriter input;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>(10_000);
    private final Thread reader;

    private ChildProcess(String name, Path errors, Process process) {
        this.name = name;
        this.errors = errors;
        this.process = process;
        this.input = process.outputWriter();
        this.reader = new Thread(this::readLines, name + "-output");
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Starts a program.
     *
     * @param name names it in messages
     * @param program its main class
     * @param errors gets its standard error, after what is there already
     * @param args its arguments
     * @return the running program
     */
    public static ChildProcess start(String name, Class<?> program, Path errors, String... args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // Short-lived and small: start fast, and leave the processor to the others.
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m"));
        // Netty asks for the last option from JDK 23 on; older ones do not know it.
        command.addAll(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:+IgnoreUnrecognizedVMOptions",
                        "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
        command.addAll(List.of(args));
        return startProgram(name, errors, command);
    }

    /**
     * Starts a program that is not of Java.
     *
     * @param name names it in messages
     * @param errors gets its standard error, after what is there already
     * @param command the program and its arguments
     * @return the running program
     */
    public static ChildProcess startProgram(String name, Path errors, List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
                            .start();
            return new ChildProcess(name, errors, process);
        } catch (IOException e) {
            throw new SampleFailure("Could not start the " + name, e);
        }
    }

    private void readLines() {
        try (BufferedReader output = process.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.put(line);
            }
        } catch (IOException | InterruptedException e) {
            // The pipe broke because the process was killed: the lines so far are all there are.
        }
    }

    /**
     * Waits for a line, and drops those before it.
     *
     * @param prefix how it begins
     * @param timeout how long at most
     * @return the rest of the line
     * @throws SampleFailure if the program ends or the time passes first
     */
    public String awaitLine(String prefix, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            boolean last = !reader.isAlive();
            String line = pollLine(last ? Duration.ZERO : Duration.ofMillis(50));
            if (line != null && line.startsWith(prefix)) {
                return line.substring(prefix.length());
            }
            if (line == null && last) {
                throw new SampleFailure("The " + name + " ended unexpectedly. " + lastWords());
            }
            if (System.nanoTime() > deadline) {
                throw new SampleFailure(
                        "The %s did not say '%s' within %d s. %s"
                                .formatted(name, prefix.strip(), timeout.toSeconds(), lastWords()));
            }
        }
    }

    /**
     * Takes the next line.
     *
     * @param timeout how long to wait for one
     * @return the line; null if there was none
     */
    public @Nullable String pollLine(Duration timeout) {
        try {
            return lines.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SampleFailure("Interrupted while waiting for the " + name);
        }
    }

    /**
     * Waits for the end of the program.
     *
     * @param timeout how long at most
     * @return the lines it has written that were not taken yet, at most 10,000
     * @throws SampleFailure if the time passes first
     */
    public List<String> readToEnd(Duration timeout) {
        try {
            reader.join(timeout.toMillis());
            if (reader.isAlive()) {
                throw new SampleFailure(
                        "The %s did not end within %d s. %s"
                                .formatted(name, timeout.toSeconds(), lastWords()));
            }
            awaitEnd();
            List<String> rest = new ArrayList<>();
            lines.drainTo(rest);
            return rest;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SampleFailure("Interrupted while waiting for the end of the " + name);
        }
    }

    /**
     * Writes a line to the program. A program that has gone does not get it.
     *
     * @param line without its end
     */
    public void send(String line) {
        try {
            input.write(line);
            input.newLine();
            input.flush();
        } catch (IOException e) {
            // It was killed, or has ended: that shows at its other end.
        }
    }

    /**
     * Whether the program runs.
     *
     * @return false once it has ended
     */
    public boolean isAlive() {
        return process.isAlive();
    }

    /**
     * The process identifier.
     *
     * @return as the operating system gave it
     */
    public long pid() {
        return process.pid();
    }

    /** Kills the program with SIGKILL, and returns when it is gone. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /**
     * Asks the program to end with SIGTERM, and waits for it.
     *
     * @return its exit status
     */
    public int terminate() {
        process.destroy();
        return awaitEnd();
    }

    /**
     * Closes the program's standard input, and waits for its end.
     *
     * @return its exit status
     */
    public int stop() {
        try {
            input.close();
        } catch (IOException e) {
            // It has ended already.
        }
        return awaitEnd();
    }

    private int awaitEnd() {
        try {
            if (!process.waitFor(END_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new SampleFailure(
                        "The %s did not end within %d s and was killed. %s"
                                .formatted(name, END_TIMEOUT.toSeconds(), lastWords()));
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            throw new SampleFailure("Interrupted while waiting for the end of the " + name);
        }
    }

    /**
     * What the program last wrote to standard error, without the details of stack traces.
     *
     * @return a sentence
     */
    public String lastWords() {
        try (Stream<String> all = Files.lines(errors)) {
            List<String> words = all.filter(line -> !line.startsWith("\t")).toList();
            List<String> end = words.subList(Math.max(0, words.size() - 5), words.size());
            return end.isEmpty()
                    ? "It wrote nothing to " + errors
                    : "The end of " + errors + ":\n  " + String.join("\n  ", end);
        } catch (IOException e) {
            throw new UncheckedIOException("Could not read " + errors, e);
        }
    }

    /** Kills the program if it still runs. */
    @Override
    public void close() {
        process.destroyForcibly();
    }
}
