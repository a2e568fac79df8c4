package dev.holdfast.mqtt.samples.brokers;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/**
 * A Mosquitto for tests. Without Docker and without an installed one it fails, and says what to
 * install.
 */
public final class Mosquitto implements AutoCloseable {
    private static final String IMAGE = "eclipse-mosquitto:2.0.22";
    private static final int PORT = 1883;
    private static final long START_SECONDS = 20;

    private final URI uri;
    private final AutoCloseable broker;

    private Mosquitto(URI uri, AutoCloseable broker) {
        this.uri = uri;
        this.broker = broker;
    }

    /** Starts one, its configuration and log in a folder. */
    public static Mosquitto start(Path folder) throws IOException, InterruptedException {
        if (DockerClientFactory.instance().isDockerAvailable()) {
            System.out.println("Mosquitto: container " + IMAGE);
            return inContainer();
        }
        String program = installed();
        System.out.println("Mosquitto: no Docker here, so the installed " + program);
        return asProcess(program, folder);
    }

    public URI uri() {
        return uri;
    }

    @Override
    public void close() {
        try {
            broker.close();
        } catch (Exception e) {
            throw new IllegalStateException("Mosquitto could not be stopped", e);
        }
    }

    private static String configuration(int port, String address) {
        return """
        listener %d %s
        allow_anonymous true
        max_queued_messages 0
        """
                .formatted(port, address);
    }

    @SuppressWarnings("resource") // closed by close()
    private static Mosquitto inContainer() {
        GenericContainer<?> container =
                new GenericContainer<>(DockerImageName.parse(IMAGE))
                        .withExposedPorts(PORT)
                        .withCopyToContainer(
                                Transferable.of(configuration(PORT, "0.0.0.0")),
                                "/mosquitto/config/mosquitto.conf");
        container.start();
        return new Mosquitto(
                URI.create("mqtt://" + container.getHost() + ":" + container.getMappedPort(PORT)),
                container);
    }

    private static String installed() {
        String path = System.getenv("PATH") + File.pathSeparator + "/usr/sbin";
        return Stream.of(path.split(File.pathSeparator))
                .map(folder -> Path.of(folder, "mosquitto"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(
                        () ->
                                new AssertionError(
                                        "These tests need Docker or an installed Mosquitto"
                                                + " (Debian: apt-get install mosquitto)"))
                .toString();
    }

    private static Mosquitto asProcess(String program, Path folder)
            throws IOException, InterruptedException {
        int port = freePort();
        Path file = folder.resolve("mosquitto.conf");
        Files.writeString(file, configuration(port, "127.0.0.1"));
        Path log = folder.resolve("mosquitto.log");
        Process process =
                new ProcessBuilder(List.of(program, "-c", file.toString()))
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        awaitListener(process, port, log);
        return new Mosquitto(
                URI.create("mqtt://127.0.0.1:" + port), () -> process.destroyForcibly().waitFor());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void awaitListener(Process process, int port, Path log)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (System.nanoTime() < end && process.isAlive()) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
                return;
            } catch (IOException notYet) {
                process.waitFor(20, TimeUnit.MILLISECONDS);
            }
        }
        process.destroyForcibly();
        throw new AssertionError("Mosquitto did not start: " + Files.readString(log));
    }
}
