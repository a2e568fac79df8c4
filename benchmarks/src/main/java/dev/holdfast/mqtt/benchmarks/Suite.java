package dev.holdfast.mqtt.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Has all clients do the same work in turn, each in a fresh process, against one server process;
 * prints the results, and writes them if asked to.
 */
public final class Suite {
    private static final long LONGEST_SAMPLE_SECONDS = 120;

    private final List<Work> works;
    private final int rounds;
    private final double warmUpSeconds;
    private final double seconds;
    private final Results results = new Results();
    private final long started = System.nanoTime();
    private int done;

    private Suite(List<Work> works, int rounds, double warmUpSeconds, double seconds) {
        this.works = works;
        this.rounds = rounds;
        this.warmUpSeconds = warmUpSeconds;
        this.seconds = seconds;
    }

    /**
     * Arguments: {@code short}, about five minutes; or {@code full} and the folder to write to,
     * some hours.
     */
    public static void main(String[] args) throws Exception {
        boolean full = args[0].equals("full");
        Suite suite = full ? new Suite(all(), 5, 5, 3) : new Suite(few(), 1, 3, 2);
        suite.run();
        System.out.println();
        System.out.print(Report.text(suite.results));
        if (full) {
            Path page = Path.of(args[1], "benchmarks.md");
            Files.writeString(page, Report.page(suite.results, suite.rounds));
            Files.writeString(Path.of(args[1], "benchmarks.svg"), Chart.draw(suite.results));
            System.out.println("Written to " + page);
        }
    }

    private static List<Work> few() {
        List<Work> works = new ArrayList<>();
        for (int qos = 0; qos <= 2; qos++) {
            works.add(new Work(Work.Kind.PUBLISH, qos, 256, 4_096));
            works.add(new Work(Work.Kind.RECEIVE, qos, 256, 4_096));
        }
        works.add(new Work(Work.Kind.LATENCY, 1, 256, 1));
        return works;
    }

    private static List<Work> all() {
        List<Work> works = new ArrayList<>();
        for (Work.Kind kind : List.of(Work.Kind.PUBLISH, Work.Kind.RECEIVE)) {
            for (int payload : new int[] {256, 4_096}) {
                works.add(new Work(kind, 0, payload, 4_096));
                for (int window : new int[] {20, 100, 4_096}) {
                    works.add(new Work(kind, 1, payload, window));
                    works.add(new Work(kind, 2, payload, window));
                }
            }
        }
        for (int qos = 0; qos <= 2; qos++) {
            works.add(new Work(Work.Kind.LATENCY, qos, 256, 1));
        }
        return works;
    }

    private void run() throws Exception {
        Path folder = Files.createTempDirectory("holdfast-benchmarks");
        try (Processes.Server server = new Processes.Server()) {
            for (int round = 1; round <= rounds; round++) {
                for (Work work : works) {
                    for (Peer.Kind kind : Peer.Kind.values()) {
                        showProgress(round, work, kind);
                        Path files = folder.resolve(round + "-" + done);
                        results.add(work, kind, sample(kind, work, server, files));
                        done++;
                    }
                }
            }
        } finally {
            delete(folder);
        }
    }

    private void showProgress(int round, Work work, Peer.Kind kind) {
        int all = rounds * works.size() * Peer.Kind.values().length;
        String left = "";
        if (done > 0) {
            long nanos = (System.nanoTime() - started) / done * (all - done);
            left = ", " + Duration.ofNanos(nanos).toSeconds() + " s left";
        }
        System.out.printf(
                "%3d of %d%s: round %d, %s: %s%n",
                done + 1, all, left, round, work.title(), kind.title);
    }

    private Sample sample(Peer.Kind kind, Work work, Processes.Server server, Path files)
            throws Exception {
        long serverBefore = server.cpuNanos();
        Process worker =
                Processes.start(
                        Worker.class,
                        List.of(
                                kind.name(),
                                work.toArgument(),
                                String.valueOf(server.port()),
                                files.toString(),
                                String.valueOf(warmUpSeconds),
                                String.valueOf(seconds)));
        if (!worker.waitFor(LONGEST_SAMPLE_SECONDS, TimeUnit.SECONDS)) {
            worker.destroyForcibly();
            throw new IllegalStateException(
                    kind.title + " did not finish within " + LONGEST_SAMPLE_SECONDS + " s");
        }
        String line;
        try (BufferedReader said = worker.inputReader(StandardCharsets.US_ASCII)) {
            line = said.readLine();
        }
        if (worker.exitValue() != 0 || line == null) {
            throw new IllegalStateException(kind.title + " failed at: " + work.title());
        }
        return Sample.parse(line, (double) (server.cpuNanos() - serverBefore));
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
