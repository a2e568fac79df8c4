package dev.holdfast.mqtt.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.samples.brokers.Broker;
import dev.holdfast.mqtt.samples.brokers.Mosquitto;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The recipes as a user runs them, on the embedded broker and on Mosquitto. Crash and resume kills
 * publisher and subscriber a dozen times between them; {@link KillsIT} kills far more often.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class RecipesIT {
    private static final String ALL_IS_WELL = "RESULT lost=0 duplicated-qos2=0";

    @TempDir static Path folder;
    private static BrokerProcess embedded;
    private static Broker mosquitto;

    @BeforeAll
    static void startBrokers() throws Exception {
        embedded = BrokerProcess.start(folder.resolve("broker"));
        mosquitto = Mosquitto.start(folder);
    }

    @AfterAll
    static void stopBrokers() {
        embedded.close();
        mosquitto.close();
    }

    @Test
    void losesNothingOverKillsOfPublisherAndSubscriber() {
        List<String> lines =
                runs("crash-and-resume", "--messages", "1500", "--kills", "7", "--seed", "1");
        assertEquals(ALL_IS_WELL, lines.get(lines.size() - 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "session-expiry",
                "clean-start-matrix",
                "session-present",
                "graceful-shutdown",
                "offline-queue",
                "backpressure",
                "request-response",
                "shared-subscription"
            })
    void showsWhatItSaysOnTheEmbeddedBroker(String recipe) {
        runs(recipe, "--server", embedded.uri().toString());
    }

    /** Mosquitto may exceed Receive Maximum, see docs/brokers.md. */
    @Test
    void showsBackpressureOnMosquittoOrSaysWhyItCannot() {
        Outcome outcome = outcome("backpressure", "--server", mosquitto.uri().toString());
        String last = outcome.lines().get(outcome.lines().size() - 1);
        assertTrue(
                outcome.status() == 0
                        || last.contains("the broker sent more than the 100 messages that"),
                last);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "session-expiry",
                "clean-start-matrix",
                "session-present",
                "graceful-shutdown",
                "offline-queue",
                "request-response",
                "shared-subscription"
            })
    void showsWhatItSaysOnMosquitto(String recipe) {
        runs(recipe, "--server", mosquitto.uri().toString());
    }

    /** On a broker of its own, since none of the others knows SCRAM. */
    @Test
    void authenticatesBothSides() {
        List<String> lines = runs("enhanced-auth");
        assertTrue(
                lines.stream().anyMatch(l -> l.contains("refused the connection: Not authorized")),
                "" + lines);
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

    private static List<String> runs(String... args) {
        return run(0, args);
    }

    /** Runs a recipe to its end and checks its exit status. */
    private static List<String> run(int expectedStatus, String... args) {
        Outcome outcome = outcome(args);
        assertEquals(
                expectedStatus,
                outcome.status(),
                () -> String.join("\n", outcome.lines()) + "\n" + outcome.lastWords());
        return outcome.lines();
    }

    private record Outcome(int status, List<String> lines, String lastWords) {}

    private static Outcome outcome(String... args) {
        Path log = folder.resolve(args[0] + ".log");
        try (ChildProcess recipe = ChildProcess.start(args[0], Main.class, log, args)) {
            List<String> lines = new ArrayList<>(recipe.readToEnd(Duration.ofMinutes(2)));
            int status = recipe.stop();
            return new Outcome(status, lines, recipe.lastWords());
        }
    }
}
