package dev.holdfast.mqtt.impl;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Plays a check with many seeds, each of which decides everything. How many is said by a system
 * property; {@code -Dfuzz.seed} names the first one, so that with a count of 1 a seed is replayed.
 * A seed that comes to no end is a failure, too.
 */
public final class Fuzz {
    /** Far above what any seed needs, on a slow machine too. */
    private static final Duration LONGEST = Duration.ofSeconds(40);

    private static final Duration BETWEEN_REPORTS = Duration.ofSeconds(10);

    private final String property;
    private final long first;
    private final long count;
    private final boolean soak;

    /** The seed that is being played, counted from the first. */
    private final AtomicLong current = new AtomicLong();

    private Fuzz(String property, int usual) {
        this.property = property;
        first = Long.getLong("fuzz.seed", 1);
        count = Long.getLong(property, usual);
        soak = count > usual;
    }

    /**
     * Plays seeds.
     *
     * @param property says how many
     * @param usual how many without the property
     * @throws AssertionError for the first seed that fails, with how to replay it
     */
    public static void run(String property, int usual, LongConsumer check) {
        new Fuzz(property, usual).run(check);
    }

    private void run(LongConsumer check) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread player = new Thread(() -> play(check, done), "fuzz");
        player.setDaemon(true);
        player.start();
        long start = System.nanoTime();
        while (!isDone(done, player)) {
            if (soak) {
                long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();
                System.out.printf(
                        "%s: %,d of %,d in %,d s%n", property, current.get(), count, seconds);
            }
        }
    }

    private void play(LongConsumer check, CompletableFuture<Void> done) {
        try {
            for (; current.get() < count; current.incrementAndGet()) {
                check.accept(first + current.get());
            }
            done.complete(null);
        } catch (Throwable t) {
            done.completeExceptionally(t);
        }
    }

    /** Waits a while; throws when a seed has failed, or has not ended for too long. */
    private boolean isDone(CompletableFuture<Void> done, Thread player) {
        long before = current.get();
        long longest = soak ? BETWEEN_REPORTS.toMillis() : LONGEST.toMillis();
        try {
            for (long waited = 0; waited < LONGEST.toMillis(); waited += longest) {
                if (waitsFor(done, longest)) {
                    return true;
                } else if (current.get() != before) {
                    return false;
                }
            }
        } catch (ExecutionException e) {
            throw new AssertionError(where() + ": " + e.getCause(), e.getCause());
        } catch (InterruptedException e) {
            throw new AssertionError("Interrupted at " + where(), e);
        }
        AssertionError endless = new AssertionError(where() + " comes to no end");
        endless.setStackTrace(player.getStackTrace());
        throw endless;
    }

    private static boolean waitsFor(CompletableFuture<Void> done, long millis)
            throws ExecutionException, InterruptedException {
        try {
            done.get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    private String where() {
        long seed = first + current.get();
        return "Seed " + seed + " (-Dfuzz.seed=" + seed + " -D" + property + "=1)";
    }
}
