package dev.holdfast.mqtt.benchmarks;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Measures what the {@link Plan} says, round by round; prints the results, and writes them after
 * each round.
 */
public final class Suite {
    /** With the time to build; leaves some for what is under way. */
    private static final Duration SHORT = Duration.ofSeconds(280);

    private static final Duration SHORTEST = Duration.ofMinutes(1);

    private static final Duration FULL = Duration.ofHours(24);

    private final List<Plan.Part> parts;
    private final long limitNanos;
    private final Pages pages;
    private final Results results = new Results();
    private final long started = System.nanoTime();
    private int begun;

    private Suite(List<Plan.Part> parts, Duration limit, Pages pages) {
        this.parts = parts;
        this.limitNanos = limit.toNanos();
        this.pages = pages;
    }

    /**
     * Arguments: {@code short} or {@code full}; how many seconds the build took; the folder for
     * results; the folder of the documentation; words, of which the title of what is to be measured
     * must contain each.
     */
    public static void main(String[] args) throws Exception {
        boolean full = args[0].equals("full");
        List<String> words = List.of(args).subList(4, args.length);
        Path documentation = full && words.isEmpty() ? Path.of(args[3]) : null;
        Pages pages =
                new Pages(
                        Path.of(args[2]),
                        documentation,
                        String.join(" ", args[0], String.join(" ", words)).strip());
        Optional<Path> mosquitto = MosquittoProcess.program();
        if (mosquitto.isEmpty()) {
            System.out.println("Mosquitto is not installed: what needs it is left out");
        }
        Suite suite;
        try (Server server = new AckServerProcess();
                Server broker =
                        mosquitto.isEmpty() ? null : new MosquittoProcess(mosquitto.get())) {
            List<Plan.Part> parts = full ? Plan.all(server, broker) : Plan.few(server, broker);
            suite = new Suite(matching(parts, words), full ? FULL : left(args[1]), pages);
            suite.run();
        }
        System.out.println();
        System.out.print(Report.text(suite.results));
        System.out.println("Written to " + pages.page());
        System.exit(suite.results.failures().isEmpty() ? 0 : 1);
    }

    private static Duration left(String buildSeconds) {
        Duration left = SHORT.minusSeconds(Long.parseLong(buildSeconds));
        return left.compareTo(SHORTEST) < 0 ? SHORTEST : left;
    }

    private static List<Plan.Part> matching(List<Plan.Part> parts, List<String> words) {
        List<Plan.Part> matching =
                parts.stream()
                        .filter(p -> words.stream().allMatch(w -> contains(p.experiment(), w)))
                        .toList();
        if (matching.isEmpty()) {
            throw new IllegalArgumentException("No title contains all of: " + words);
        }
        return matching;
    }

    private static boolean contains(Experiment experiment, String word) {
        return experiment.title().toLowerCase(Locale.ROOT).contains(word.toLowerCase(Locale.ROOT));
    }

    private void run() throws Exception {
        int rounds = parts.stream().mapToInt(Plan.Part::rounds).max().orElse(0);
        for (int round = 1; round <= rounds; round++) {
            for (Plan.Part part : parts) {
                if (round <= part.rounds()) {
                    if (System.nanoTime() - started > limitNanos) {
                        System.out.println("The time is up in round " + round);
                        pages.write(results);
                        return;
                    }
                    run(round, part.experiment());
                }
            }
            pages.write(results);
        }
    }

    private void run(int round, Experiment experiment) throws Exception {
        showProgress(round, experiment);
        begun++;
        Path folder = Files.createTempDirectory("holdfast-benchmark");
        try (Writer log = pages.samples()) {
            experiment.run(
                    folder,
                    (table, contender, sample) -> {
                        results.add(table, contender, sample);
                        pages.log(log, round, table, contender, sample);
                    });
        } catch (RuntimeException | IOException e) {
            // What else is measured in some hours should not be lost.
            String failure = "Round " + round + ", " + experiment.title() + ": " + e.getMessage();
            System.out.println("FAILED " + failure);
            results.failed(failure);
        } finally {
            delete(folder);
        }
    }

    private void showProgress(int round, Experiment experiment) {
        int all = parts.stream().mapToInt(Plan.Part::rounds).sum();
        String left = "";
        if (begun > 0) {
            long gone = System.nanoTime() - started;
            long nanos = Math.min(gone / begun * (all - begun), limitNanos - gone);
            left = ", " + Duration.ofNanos(nanos).toSeconds() + " s left";
        }
        System.out.printf(
                "%3d of %d%s: round %d, %s%n", begun + 1, all, left, round, experiment.title());
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
