package dev.holdfast.mqtt.benchmarks;

import dev.holdfast.mqtt.h2.Durability;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** How long one message takes until it is stored, beside what the database alone takes. */
record StoredExperiment(StoredWorker.Way way, Durability durability, int port, Pace pace)
        implements Experiment {
    private static final Duration LONGEST = Duration.ofMinutes(1);

    static Table table(Durability durability) {
        return new Table(
                Table.Section.STORED,
                "One message of 256 B, " + durability,
                StoredWorker.Way.BARE_COMMIT.title(durability),
                List.of(Figure.P50_MICROS, Figure.P99_MICROS, Figure.P999_MICROS),
                List.of());
    }

    @Override
    public String title() {
        return table(durability).fullTitle() + ": " + way.title(durability);
    }

    @Override
    public double expectedSeconds() {
        return pace.expectedSeconds();
    }

    @Override
    public void run(Path folder, Samples samples) throws Exception {
        Sample sample =
                Processes.sample(
                        StoredWorker.class,
                        List.of("-Xmx512m"),
                        List.of(
                                way.name(),
                                durability.name(),
                                String.valueOf(port),
                                folder.toString(),
                                String.valueOf(pace.firstWarmUpSeconds()),
                                String.valueOf(pace.seconds())),
                        LONGEST);
        samples.add(table(durability), way.title(durability), sample);
    }
}
