package dev.holdfast.mqtt.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The recipes as a user runs them, on the embedded broker and on Mosquitto where it is installed.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class RecipesIT {
    private static final String ALL_IS_WELL = "RESULT lost=0 duplicated-qos2=0";

    @TempDir static Path folder;
    private static BrokerProcess embedded;
    private static @Nullable Process mosquitto;
    private static @Nullable URI mosquittoUri;

    @BeforeAll
    static void startBrokers() throws IOException {
        embedded = BrokerProcess.start(folder.resolve("broker"));
        Optional<Path> program =
                Stream.of("/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto")
                        .map(Path::of)
                        .filter(Files::isExecutable)
                        .findFirst();
        if (program.isPresent()) {
            URI uri = Server.closedPort();
            mosquitto =
                    new ProcessBuilder(
                                    program.get().toString(), "-p", Integer.toString(uri.getPort()))
                            .redirectErrorStream(true)
                            .redirectOutput(folder.resolve("mosquitto.log").toFile())
                            .start();
            mosquittoUri = uri;
            awaitPort(uri);
        }
    }

    private static void awaitPort(URI uri) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (true) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), 1_000);
                return;
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Await.passing(Duration.ofMillis(20));
            }
        }
    }

    @AfterAll
    static void stopBrokers() {
        embedded.close();
        if (mosquitto != null) {
            mosquitto.destroy();
        }
    }

    @Test
    void losesNothingOverKillsOfPublisherAndSubscriber() {
        List<String> lines =
                runs("crash-and-resume", "--messages", "1500", "--kills", "5", "--seed", "1");
        assertEquals(ALL_IS_WELL, lines.get(lines.size() - 1));
    }

    @Test
    void losesNothingOverKillsOnMosquitto() {
        List<String> lines =
                runs(
                        "crash-and-resume",
                        "--messages=1000",
                        "--kills=5",
                        "--seed=2",
                        "--server=" + requireMosquitto());
        assertEquals(ALL_IS_WELL, lines.get(lines.size() - 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "session-expiry",
                "clean-start-matrix",
                "session-present",
                "graceful-shutdown",
                "offline-queue"
            })
    void showsWhatItSaysOnTheEmbeddedBroker(String recipe) {
        runs(recipe, "--server", embedded.uri().toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "session-expiry",
                "clean-start-matrix",
                "session-present",
                "graceful-shutdown",
                "offline-queue"
            })
    void showsWhatItSaysOnMosquitto(String recipe) {
        runs(recipe, "--server", requireMosquitto());
    }

    @Test
    void printsNoStackTraceWhenThereIsNoBroker() {
        List<String> lines = run(1, "session-expiry", "--server", Server.closedPort().toString());
        assertTrue(
                lines.get(lines.size() - 1).startsWith("FAILED: No broker listens at"), "" + lines);
    }

    @Test
    void refusesAnUnknownRecipe() {
        run(2, "crash-and-burn");
    }

    private static String requireMosquitto() {
        assumeTrue(mosquittoUri != null, "Mosquitto is not installed");
        return String.valueOf(mosquittoUri);
    }

    private static List<String> runs(String... args) {
        return run(0, args);
    }

    /** Runs a recipe to its end and checks its exit status. */
    private static List<String> run(int expectedStatus, String... args) {
        Path log = folder.resolve(args[0] + ".log");
        try (ChildProcess recipe = ChildProcess.start(args[0], Main.class, log, args)) {
            List<String> lines = new ArrayList<>(recipe.readToEnd(Duration.ofMinutes(2)));
            int status = recipe.stop();
            assertEquals(
                    expectedStatus,
                    status,
                    () -> String.join("\n", lines) + "\n" + recipe.lastWords());
            return lines;
        }
    }
}
