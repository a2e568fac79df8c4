package dev.holdfast.mqtt.benchmarks;

import dev.holdfast.mqtt.h2.Durability;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * A backlog is stored by a small JVM without a connection, which is killed; another connects and
 * sends it. Beside it one that starts with an empty store.
 */
record BacklogExperiment(Durability durability, int messages) implements Experiment {
    static final int PAYLOAD_BYTES = 256;
    private static final Duration LONGEST = Duration.ofMinutes(10);
    static final String HOLDFAST = "Holdfast";
    static final String FULL = "with the backlog";
    private static final double MIB = 1 << 20;
    static final String EMPTY = "with an empty store";

    /** Stored and sent; for the expected time. */
    private static final double MESSAGES_PER_SECOND = 40_000;

    /** The collector is the one that a JVM takes by itself on a machine with as little memory. */
    static final List<String> SMALL_JVM =
            List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError");

    Table storing() {
        return table(
                "Storing",
                List.of(),
                List.of(
                        Figure.MESSAGES_PER_SECOND,
                        Figure.CPU_MICROS,
                        Figure.ALLOCATED_BYTES,
                        Figure.EARLY_HEAP_MIB,
                        Figure.HEAP_MIB,
                        Figure.FILE_MIB));
    }

    Table restarting() {
        return table(
                "Starting with",
                List.of(Figure.FIRST_PUBLISH_MILLIS, Figure.CONNECTED_MILLIS),
                List.of());
    }

    Table draining() {
        return table(
                "Sending",
                List.of(),
                List.of(
                        Figure.MESSAGES_PER_SECOND,
                        Figure.CPU_MICROS,
                        Figure.OUT_OF_ORDER,
                        Figure.HEAP_MIB,
                        Figure.FILE_AFTER_MIB));
    }

    private Table table(String what, List<Figure> compared, List<Figure> others) {
        String title =
                String.format(
                        Locale.ROOT,
                        "%s %,d messages of %d B, %s, -Xmx64m",
                        what,
                        messages,
                        PAYLOAD_BYTES,
                        durability);
        return new Table(Table.Section.BACKLOG, title, EMPTY, compared, others);
    }

    @Override
    public String title() {
        return storing().fullTitle() + ", then sending them";
    }

    @Override
    public double expectedSeconds() {
        return 6 + messages / MESSAGES_PER_SECOND;
    }

    @Override
    public void run(Path folder, Samples samples) throws Exception {
        Path file = folder.resolve("backlog");
        Sample stored =
                Processes.sample(
                        BacklogStorer.class,
                        SMALL_JVM,
                        List.of(
                                durability.name(),
                                file.toString(),
                                String.valueOf(messages),
                                String.valueOf(PAYLOAD_BYTES)),
                        LONGEST);
        stored.with(Figure.FILE_MIB, Files.size(Path.of(file + ".mv.db")) / MIB);
        samples.add(storing(), HOLDFAST, stored);
        Sample empty = connect(folder.resolve("empty"), 0);
        samples.add(restarting(), EMPTY, empty);
        Sample drained = connect(file, messages);
        samples.add(restarting(), FULL, drained);
        samples.add(draining(), HOLDFAST, drained);
    }

    private Sample connect(Path file, long backlog) throws Exception {
        try (AckServerProcess server = new AckServerProcess(AckServer.NUMBERED)) {
            Sample sample =
                    Processes.sample(
                            BacklogDrainer.class,
                            SMALL_JVM,
                            List.of(
                                    durability.name(),
                                    file.toString(),
                                    String.valueOf(server.port()),
                                    String.valueOf(backlog)),
                            LONGEST);
            Counts counts = server.counts();
            if (counts.published() != backlog + 1) {
                throw new IllegalStateException(
                        "The server got " + counts.published() + " messages of " + (backlog + 1));
            }
            double sending = Math.max(1, counts.lastPublish() - counts.firstPublish());
            double first = counts.firstPublish() - sample.get(Figure.BEGUN_AT_NANOS);
            return sample.with(Figure.FIRST_PUBLISH_MILLIS, first / 1e6)
                    .with(Figure.MESSAGES_PER_SECOND, (double) backlog / sending * 1e9)
                    .with(Figure.OUT_OF_ORDER, counts.outOfOrder());
        }
    }
}
