package dev.holdfast.mqtt.benchmarks;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
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

    private static final Duration FULL = Duration.ofHours(3);

    private final List<Plan.Part> parts;
    private final long limitNanos;
    private final Pages pages;
    private final Results results = new Results();
    private final long started = System.nanoTime();
    private final Progress progress;

    private Suite(List<Plan.Part> parts, Duration limit, Pages pages) {
        this.parts = parts;
        this.limitNanos = limit.toNanos();
        this.pages = pages;
        this.progress = new Progress(parts);
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
            List<Plan.Part> parts =
                    full ? Plan.all(server, broker, words) : Plan.few(server, broker, words);
            if (parts.isEmpty()) {
                throw new IllegalArgumentException("No title contains all of: " + words);
            }
            suite = new Suite(parts, full ? FULL : left(args[1]), pages);
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

    private void run() throws Exception {
        System.out.println(progress.expected(limitNanos));
        int rounds = parts.stream().mapToInt(Plan.Part::rounds).max().orElse(0);
        for (int round = 1; round <= rounds; round++) {
            for (Plan.Part part : parts) {
                if (round <= part.rounds()) {
                    if (gone() + progress.nanosOf(part) > limitNanos) {
                        System.out.println("No more fits into the time, in round " + round);
                        pages.write(results);
                        return;
                    }
                    run(round, part.experiment());
                }
            }
            pages.write(results);
        }
    }

    private long gone() {
        return System.nanoTime() - started;
    }

    private void run(int round, Experiment experiment) throws Exception {
        System.out.println(
                progress.next(limitNanos - gone())
                        + ": round "
                        + round
                        + ", "
                        + experiment.title());
        long begin = System.nanoTime();
        Path folder = Files.createTempDirectory("holdfast-benchmark");
        try (Writer log = pages.samples()) {
            experiment.run(folder, new Taken(round, log));
        } catch (RuntimeException | IOException e) {
            // What else is measured in some hours should not be lost.
            String failure = "Round " + round + ", " + experiment.title() + ": " + e.getMessage();
            System.out.println("FAILED " + failure);
            results.failed(failure);
        } finally {
            delete(folder);
            progress.done(experiment, System.nanoTime() - begin);
        }
    }

    /** Takes the samples of a round. */
    private final class Taken implements Experiment.Samples {
        private final int round;
        private final Writer log;

        Taken(int round, Writer log) {
            this.round = round;
            this.log = log;
        }

        @Override
        public void add(Table table, String contender, Sample sample) {
            results.add(round, table, contender, sample);
            pages.log(log, round, table, contender, sample);
        }

        @Override
        public void next(String what) {
            System.out.println("    " + what);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
