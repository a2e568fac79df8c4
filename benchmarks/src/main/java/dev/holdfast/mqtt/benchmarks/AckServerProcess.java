package dev.holdfast.mqtt.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;

/** An {@link AckServer}. */
final class AckServerProcess implements Server {
    private final Process process;
    private final BufferedReader said;
    private final int port;

    AckServerProcess(String... arguments) throws IOException {
        process =
                Processes.java(AckServer.class, List.of("-Xmx1g"), List.of(arguments))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        said = Processes.reader(process);
        port = Integer.parseInt(Processes.line(said));
    }

    @Override
    public int port() {
        return port;
    }

    Counts counts() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
        return Counts.parse(Processes.line(said));
    }

    @Override
    public long cpuNanos() throws IOException {
        return counts().cpuNanos();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
