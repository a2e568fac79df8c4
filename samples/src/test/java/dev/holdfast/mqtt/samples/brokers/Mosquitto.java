package dev.holdfast.mqtt.samples.brokers;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
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
 * A Mosquitto for tests, which keeps its sessions over a restart. Without Docker and without an
 * installed one it fails, and says what to install.
 */
public final class Mosquitto {
    private static final String IMAGE = "eclipse-mosquitto:2.0.22";
    private static final int PORT = 1883;
    private static final long START_SECONDS = 20;

    private Mosquitto() {}

    /** Starts one with wide limits. */
    public static Broker start(Path folder) {
        return start(folder, Limits.WIDE);
    }

    /** Starts one, its configuration, data and log in a folder. */
    public static Broker start(Path folder, Limits limits) {
        if (DockerClientFactory.instance().isDockerAvailable()) {
            System.out.println("Mosquitto: container " + IMAGE);
            return new Container(limits);
        }
        String program = installed("mosquitto", "mosquitto");
        System.out.println("Mosquitto: no Docker here, so the installed " + program);
        return new Local(program, folder, limits);
    }

    /** The version that {@link #start} starts. */
    static String version() {
        if (DockerClientFactory.instance().isDockerAvailable()) {
            return IMAGE.substring(IMAGE.indexOf(':') + 1);
        }
        try {
            Process help =
                    new ProcessBuilder(installed("mosquitto", "mosquitto"), "-h")
                            .redirectErrorStream(true)
                            .start();
            try (BufferedReader lines = help.inputReader()) {
                return lines.readLine().replace("mosquitto version ", "").strip();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String configuration(int port, String address, String data, Limits limits) {
        return """
        listener %d %s
        max_qos %d
        allow_anonymous true
        max_queued_messages 1000000
        max_inflight_messages %d
        max_packet_size %d
        persistence true
        persistence_location %s/
        """
                .formatted(
                        port,
                        address,
                        limits.maximumQos().ordinal(),
                        limits.receiveMaximum(),
                        limits.maximumPacketSize(),
                        data);
    }

    /** Finds an installed program, which Debian may keep in a folder that is not on PATH. */
    public static String installed(String program, String debianPackage) {
        String path = System.getenv("PATH") + File.pathSeparator + "/usr/sbin";
        return Stream.of(path.split(File.pathSeparator))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(
                        () ->
                                new AssertionError(
                                        "This test needs the program %s (Debian: apt-get install %s)"
                                                .formatted(program, debianPackage)))
                .toString();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** In a container, at a port of the host that stays when the container is restarted. */
    private static final class Container implements Broker {
        private final GenericContainer<?> container;
        private final int port = freePort();

        Container(Limits limits) {
            container =
                    new GenericContainer<>(DockerImageName.parse(IMAGE))
                            .withExposedPorts(PORT)
                            .withCopyToContainer(
                                    Transferable.of(
                                            configuration(
                                                    PORT, "0.0.0.0", "/mosquitto/data", limits)),
                                    "/mosquitto/config/mosquitto.conf");
            container.setPortBindings(List.of(port + ":" + PORT));
            container.start();
        }

        @Override
        public URI uri() {
            return URI.create("mqtt://" + container.getHost() + ":" + port);
        }

        @Override
        public void restart() {
            container.getDockerClient().restartContainerCmd(container.getContainerId()).exec();
        }

        @Override
        public void close() {
            container.stop();
        }
    }

    /** The installed one. */
    private static final class Local implements Broker {
        private final List<String> command;
        private final Path log;
        private final int port = freePort();
        private Process process;

        Local(String program, Path folder, Limits limits) {
            Path file = folder.resolve("mosquitto.conf");
            command = List.of(program, "-c", file.toString());
            log = folder.resolve("mosquitto.log");
            try {
                Files.createDirectories(folder);
                Files.writeString(
                        file,
                        configuration(port, "127.0.0.1", folder.toString(), limits)
                                // Started by root it would else become a user that may not write
                                // there.
                                + "user root\n");
                process = run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private Process run() throws IOException {
            Process started =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                            .start();
            awaitListener(started);
            return started;
        }

        private void awaitListener(Process started) throws IOException {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
            while (System.nanoTime() < end && started.isAlive()) {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
                    return;
                } catch (IOException notYet) {
                    await(started, 20);
                }
            }
            started.destroyForcibly();
            throw new AssertionError("Mosquitto did not start: " + Files.readString(log));
        }

        private static boolean await(Process process, long millis) {
            try {
                return process.waitFor(millis, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("Interrupted while waiting for Mosquitto", e);
            }
        }

        @Override
        public URI uri() {
            return URI.create("mqtt://127.0.0.1:" + port);
        }

        @Override
        public void restart() {
            process.destroy(); // SIGTERM: it writes its sessions down first
            if (!await(process, TimeUnit.SECONDS.toMillis(START_SECONDS))) {
                throw new AssertionError("Mosquitto does not end");
            }
            try {
                process = run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            process.destroyForcibly();
            await(process, TimeUnit.SECONDS.toMillis(START_SECONDS));
        }
    }
}
