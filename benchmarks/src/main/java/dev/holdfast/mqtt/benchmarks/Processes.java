package dev.holdfast.mqtt.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** JVMs beside this one. */
final class Processes {
    private Processes() {}

    /** A process that runs a main class of ours, with what it writes as errors shown here. */
    static Process start(Class<?> main, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    /** The server, until it is closed. */
    static final class Server implements AutoCloseable {
        private final Process process;
        private final BufferedReader said;
        private final int port;

        Server() throws IOException {
            process = start(AckServer.class, List.of());
            said = process.inputReader(StandardCharsets.US_ASCII);
            port = Integer.parseInt(said.readLine());
        }

        int port() {
            return port;
        }

        /** The CPU time it has used. */
        long cpuNanos() throws IOException {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
            return Long.parseLong(said.readLine());
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
