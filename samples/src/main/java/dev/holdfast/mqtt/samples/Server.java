package dev.holdfast.mqtt.samples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The broker that a recipe uses: the one of {@code --server}, or one started for it. */
final class Server implements AutoCloseable {
    private final URI uri;
    private final Path folder;
    private final @Nullable BrokerProcess embedded;
    private boolean keepsFolder;

    private Server(URI uri, Path folder, @Nullable BrokerProcess embedded) {
        this.uri = uri;
        this.folder = folder;
        this.embedded = embedded;
    }

    /** Starts a broker if the options name none. */
    static Server of(Options options) {
        return of(options, 0);
    }

    /** Starts a broker on a given port, 0 for a free one, if the options name none. */
    static Server of(Options options, int port) {
        return of(options, EmbeddedBroker.class, port);
    }

    /** Starts this program as a broker if the options name none. */
    static Server of(Options options, Class<?> program) {
        return of(options, program, 0);
    }

    private static Server of(Options options, Class<?> program, int port) {
        Optional<URI> given = options.server();
        if (given.isPresent()) {
            requireListener(given.get());
            return new Server(given.get(), temporaryFolder(), null);
        }
        Path folder = temporaryFolder();
        System.out.println("Starting the embedded broker ...");
        BrokerProcess broker = BrokerProcess.start(program, port, folder.resolve("broker"));
        return new Server(broker.uri(), folder, broker);
    }

    private static void requireListener(URI uri) {
        int port = uri.getPort() < 0 ? 1883 : uri.getPort();
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(uri.getHost(), port), 3_000);
        } catch (IOException e) {
            throw new SampleFailure(
                    "No broker listens at %s: %s. Start it, or leave out --server."
                            .formatted(uri, e.getMessage()));
        }
    }

    /** A new folder for stores and logs. */
    static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("holdfast-sample-");
        } catch (IOException e) {
            throw new SampleFailure("Could not make a folder for temporary files", e);
        }
    }

    URI uri() {
        return uri;
    }

    /** A folder for the stores and logs of this run. */
    Path folder() {
        return folder;
    }

    /** Whether the folder stays there for a look. */
    void keepFolder(boolean keep) {
        keepsFolder = keep;
    }

    /** A name that no earlier run has used, for client identifiers and topics. */
    static String unique(String name) {
        return name + "-" + Long.toHexString(System.nanoTime() & 0xfff_ffffL);
    }

    /** An address where nobody listens. */
    static URI closedPort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return URI.create("mqtt://127.0.0.1:" + socket.getLocalPort());
        } catch (IOException e) {
            throw new SampleFailure("Could not find a free port", e);
        }
    }

    @Override
    public void close() {
        if (embedded != null) {
            embedded.close();
        }
        if (!keepsFolder) {
            delete(folder);
        }
    }

    /** Deletes a folder with all it holds. */
    static void delete(Path folder) {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Could not delete " + folder, e);
        }
    }
}
