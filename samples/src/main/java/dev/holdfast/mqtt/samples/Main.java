package dev.holdfast.mqtt.samples;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Lists the recipes, or runs the one that is named: what {@code samples/run} starts. */
final class Main {
    private static final List<Recipe> RECIPES =
            List.of(
                    new Recipe(
                            "crash-and-resume",
                            "Publisher and subscriber are killed while messages flow; nothing is lost.",
                            List.of("server", "messages", "kills", "seed", "payload"),
                            CrashAndResume::run),
                    new Recipe(
                            "session-expiry",
                            "What is published while a subscriber is away: before and after the expiry.",
                            List.of("server"),
                            SessionExpiry::run),
                    new Recipe(
                            "clean-start-matrix",
                            "Clean or persistent session, by QoS: who receives what came meanwhile.",
                            List.of("server"),
                            CleanStartMatrix::run),
                    new Recipe(
                            "session-present",
                            "Three connects: SUBSCRIBE is sent only when Session Present is 0.",
                            List.of("server"),
                            SessionPresent::run),
                    new Recipe(
                            "graceful-shutdown",
                            "SIGTERM: end the session on purpose, or keep it for the next start.",
                            List.of("server"),
                            GracefulShutdown::run),
                    new Recipe(
                            "offline-queue",
                            "Publish with the broker down, restart the process: all arrives, in order.",
                            List.of("server"),
                            OfflineQueue::run),
                    new Recipe(
                            "backpressure",
                            "A slow consumer and a fast publisher: what is not asked for stays away.",
                            List.of("server"),
                            Backpressure::run),
                    new Recipe(
                            "enhanced-auth",
                            "SCRAM-SHA-256: a password that is never sent, and a broker that proves itself.",
                            List.of("server", "user", "password"),
                            EnhancedAuth::run),
                    new Recipe(
                            "request-response",
                            "Many requests at once, each with its own response, and one with none.",
                            List.of("server"),
                            RequestResponse::run),
                    new Recipe(
                            "shared-subscription",
                            "Several processes share the messages of one topic.",
                            List.of("server"),
                            SharedSubscription::run));

    private record Recipe(String name, String summary, List<String> options, Run run) {}

    private interface Run {
        int with(Options options) throws Exception;
    }

    private Main() {}

    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT);
        if (args.length == 0) {
            list();
            return;
        }
        System.exit(run(args[0], Arrays.asList(args).subList(1, args.length)));
    }

    private static void list() {
        System.out.println("usage: samples/run RECIPE [OPTIONS]");
        System.out.println();
        for (Recipe recipe : RECIPES) {
            System.out.printf("  %-20s %s%n", recipe.name, recipe.summary);
        }
        System.out.println();
        System.out.println("Each starts a broker of its own, or uses --server mqtt://HOST:PORT.");
        System.out.println(
                "crash-and-resume also takes --messages N --kills N --seed N --payload BYTES;");
        System.out.println(
                "enhanced-auth --user NAME --password WORD, for a broker that knows SCRAM-SHA-256.");
    }

    private static int run(String name, List<String> args) {
        for (Recipe recipe : RECIPES) {
            if (recipe.name.equals(name)) {
                return run(recipe, args);
            }
        }
        System.err.println("There is no recipe '" + name + "'; 'samples/run' alone lists them.");
        return 2;
    }

    private static int run(Recipe recipe, List<String> args) {
        try {
            return recipe.run.with(Options.parse(args, recipe.options));
        } catch (Options.Misuse e) {
            System.err.println(recipe.name + ": " + e.getMessage());
            return 2;
        } catch (SampleFailure e) {
            System.out.println();
            System.out.println("FAILED: " + e.getMessage());
            return 1;
        } catch (Exception e) {
            System.out.println();
            System.out.println("FAILED: " + e);
            return 1;
        }
    }
}
