package dev.holdfast.mqtt.benchmarks;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Many connected clients with one store in one JVM, which is killed; another resumes them all. */
record IdleExperiment(int clients) implements Experiment {
    private static final Duration LONGEST = Duration.ofMinutes(5);

    /** Files of the JVM itself, and of the store. */
    private static final int OTHER_FILES = 200;

    /** Connected and resumed; for the expected time. */
    private static final double CLIENTS_PER_SECOND = 1_000;

    static final Table TABLE =
            new Table(
                    Table.Section.IDLE,
                    "Connected clients, one JVM, one store",
                    "new sessions",
                    List.of(Figure.CLIENTS_PER_SECOND),
                    List.of(
                            Figure.CLIENTS,
                            Figure.HEAP_PER_CLIENT_KIB,
                            Figure.THREADS_OF_FEW,
                            Figure.LASTING_THREADS,
                            Figure.THREADS,
                            Figure.SESSIONS_PRESENT));

    static final String RESUMED = "resumed after a kill";

    @Override
    public String title() {
        return TABLE.fullTitle() + ": " + clients;
    }

    @Override
    public double expectedSeconds() {
        return 4 + clients / CLIENTS_PER_SECOND;
    }

    @Override
    public void run(Path folder, Samples samples) throws Exception {
        int possible = possible();
        try (AckServerProcess server = new AckServerProcess()) {
            for (String contender : List.of(TABLE.baseline(), RESUMED)) {
                Counts before = server.counts();
                Sample sample =
                        Processes.sample(
                                IdleWorker.class,
                                List.of("-Xmx1g"),
                                List.of(
                                        String.valueOf(server.port()),
                                        folder.resolve("idle").toString(),
                                        String.valueOf(possible)),
                                LONGEST);
                Counts after = server.counts();
                if (after.connected() - before.connected() != possible) {
                    throw new IllegalStateException(
                            possible + " clients should have connected: " + before + ", " + after);
                }
                samples.add(
                        TABLE,
                        contender,
                        sample.with(Figure.SESSIONS_PRESENT, after.resumed() - before.resumed()));
            }
        }
    }

    /** Each client takes a file descriptor. */
    private int possible() {
        var system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long most = system.getMaxFileDescriptorCount() - OTHER_FILES;
        if (most < clients) {
            System.out.printf(
                    "Only %d idle clients instead of %d: the limit of open files is %d (ulimit -n)%n",
                    most, clients, system.getMaxFileDescriptorCount());
        }
        return (int) Math.min(most, clients);
    }
}
