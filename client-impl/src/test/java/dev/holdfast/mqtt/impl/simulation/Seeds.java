package dev.holdfast.mqtt.impl.simulation;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Runs many seeds on all processors, in their order, and says how far it is. */
final class Seeds {
    private static final int MOST_FAILURES = 20;
    private static final long NANOS_BETWEEN_SIGNS_OF_LIFE = Duration.ofSeconds(10).toNanos();

    private final long first;
    private final long count;
    private final PrintStream out;
    private final AtomicLong begun = new AtomicLong();
    private final long start = System.nanoTime();

    // Guarded by this.
    private final List<AssertionError> failures = new ArrayList<>();
    private long done;
    private long published;
    private long forwarded;
    private long nextSignOfLife = start + NANOS_BETWEEN_SIGNS_OF_LIFE;

    /**
     * @param out takes the signs of life and each failure as soon as it is known
     */
    Seeds(long first, long count, PrintStream out) {
        this.first = first;
        this.count = count;
        this.out = out;
    }

    /**
     * Runs them all, or up to the twentieth that fails.
     *
     * @throws AssertionError of the first that failed
     */
    void run() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
            Thread thread = new Thread(this::runSome, "simulation-" + i);
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        say();
        if (!failures.isEmpty()) {
            throw failures.get(0);
        }
    }

    long published() {
        return published;
    }

    long forwarded() {
        return forwarded;
    }

    private void runSome() {
        for (long n = begun.getAndIncrement(); n < count && !isEnough(); ) {
            long seed = first + n;
            try {
                succeeded(Simulation.run(seed));
            } catch (Throwable failure) {
                failed(seed, failure);
            }
            n = begun.getAndIncrement();
        }
    }

    private synchronized boolean isEnough() {
        return failures.size() >= MOST_FAILURES;
    }

    private synchronized void succeeded(Simulation.Result result) {
        published += result.published();
        forwarded += result.forwarded();
        oneMore();
    }

    private synchronized void failed(long seed, Throwable failure) {
        failures.add(
                failure instanceof AssertionError known
                        ? known
                        : new AssertionError("Seed " + seed + ": " + failure, failure));
        String what = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
        out.println(what + "\n  all of it: " + replayCommand(seed));
        oneMore();
    }

    private void oneMore() {
        done++;
        if (System.nanoTime() - nextSignOfLife >= 0) {
            nextSignOfLife += NANOS_BETWEEN_SIGNS_OF_LIFE;
            say();
        }
    }

    private void say() {
        double seconds = Math.max(0.001, (System.nanoTime() - start) / 1e9);
        long left = Math.round((count - done) * seconds / Math.max(1, done));
        out.printf(
                "Simulation: %,d of %,d seeds, %.0f/s, %d:%02d:%02d left, %d failed%n",
                done,
                count,
                done / seconds,
                left / 3_600,
                left / 60 % 60,
                left % 60,
                failures.size());
    }

    static String replayCommand(long seed) {
        return "mvn -Psimulation -pl client-impl -am test -Dsimulation.seed=" + seed;
    }
}
