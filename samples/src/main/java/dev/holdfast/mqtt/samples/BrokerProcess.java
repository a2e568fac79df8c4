package dev.holdfast.mqtt.samples;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** An {@link EmbeddedBroker} in a child process, for samples and tests. */
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
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new SampleFailure("Could not make the broker's folder " + folder, e);
        }
        ChildProcess process =
                ChildProcess.start(
                        "embedded broker",
                        EmbeddedBroker.class,
                        folder.resolve("broker.log"),
                        Integer.toString(port),
                        folder.toString());
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

    /** Kills the broker with SIGKILL; its sessions and messages are gone. */
    public void kill() {
        process.kill();
    }

    /** Stops the broker; its sessions and messages are gone. */
    @Override
    public void close() {
        process.stop();
    }
}
