package dev.holdfast.mqtt.benchmarks;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A JVM that measures one thing after the other, and says a {@link Sample} of each. */
final class Conversation implements AutoCloseable {
    private static final long LOOK_MILLIS = 5;
    private static final long END_SECONDS = 30;

    private final Class<?> main;
    private final File complaints;
    private final Process process;
    private final BufferedReader said;

    Conversation(Class<?> main, List<String> jvmArguments, List<String> arguments)
            throws IOException {
        this.main = main;
        complaints = File.createTempFile("holdfast-benchmark", ".err");
        process = Processes.java(main, jvmArguments, arguments).redirectError(complaints).start();
        said = Processes.reader(process);
    }

    /** Has it measure what the line says. */
    Sample ask(String line, Duration atMost) throws IOException, InterruptedException {
        if (process.isAlive()) {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            process.getOutputStream().flush();
        }
        return next(atMost);
    }

    /** Waits until it says something. */
    Sample next(Duration atMost) throws IOException, InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        while (System.nanoTime() < end) {
            if (said.ready()) {
                String line = said.readLine();
                if (line != null && line.startsWith("{")) {
                    return Sample.parse(line);
                }
            } else if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS) && !said.ready()) {
                throw Processes.failure(main, "ended with " + process.exitValue(), complaints);
            }
        }
        throw Processes.late(main, process, atMost, complaints);
    }

    /** Waits for its end, for which it may have a last reason to complain. */
    void end() throws IOException, InterruptedException {
        process.getOutputStream().close();
        if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
            throw Processes.late(main, process, Duration.ofSeconds(END_SECONDS), complaints);
        }
        if (process.exitValue() != 0) {
            throw Processes.failure(main, "ended with " + process.exitValue(), complaints);
        }
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        said.close();
        Files.delete(complaints.toPath());
    }
}
