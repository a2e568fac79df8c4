package dev.holdfast.mqtt.samples;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A broker in a child process, {@link EmbeddedBroker} as a rule, for samples and tests. */
public final class BrokerProcess implements AutoCloseable {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    private final ChildProcess process;
    private final URI uri;

    private BrokerProcess(ChildProcess process, URI uri) {
        this.process = process;
        this.uri = uri;
    }

    /**
     * Starts a broker on a free port and waits until it serves.
     *
     * @param folder for its configuration and its log {@code broker.log}; made if missing
     * @return the running broker
     */
    public static BrokerProcess start(Path folder) {
        return start(0, folder);
    }

    /**
     * Starts a broker and waits until it serves.
     *
     * @param port where it listens, 0 for a free port
     * @param folder for its configuration and its log {@code broker.log}; made if missing
     * @return the running broker
     */
    public static BrokerProcess start(int port, Path folder) {
        return start(EmbeddedBroker.class, port, folder);
    }

    /**
     * Starts a broker and waits until it serves.
     *
     * @param program takes the port and the folder as its first arguments, prints {@code READY} and
     *     its address, and serves until its standard input is closed
     * @param port where it listens, 0 for a free port
     * @param folder for its configuration and its log {@code broker.log}; made if missing
     * @param more further arguments of the program
     * @return the running broker
     */
    public static BrokerProcess start(Class<?> program, int port, Path folder, String... more) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new SampleFailure("Could not make the broker's folder " + folder, e);
        }
        List<String> args = new ArrayList<>(List.of(Integer.toString(port), folder.toString()));
        args.addAll(List.of(more));
        ChildProcess process =
                ChildProcess.start(
                        "embedded broker",
                        program,
                        folder.resolve("broker.log"),
                        args.toArray(String[]::new));
        try {
            return new BrokerProcess(
                    process, URI.create(process.awaitLine("READY ", START_TIMEOUT)));
        } catch (SampleFailure e) {
            process.close();
            throw e;
        }
    }

    /**
     * Where the broker listens.
     *
     * @return {@code mqtt://127.0.0.1:PORT}
     */
    public URI uri() {
        return uri;
    }

    /** Kills the broker with SIGKILL; the sessions and messages of an embedded one are gone. */
    public void kill() {
        process.kill();
    }

    /** Stops the broker; the sessions and messages of an embedded one are gone. */
    @Override
    public void close() {
        process.stop();
    }
}
