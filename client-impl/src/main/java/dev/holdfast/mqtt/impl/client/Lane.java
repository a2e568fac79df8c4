package dev.holdfast.mqtt.impl.client;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the application's code on an executor, one task at a time, in the order in which they were
 * added. No task is lost: what the executor refuses runs on another, and what that refuses as well,
 * because the last client was closed, runs here and now.
 */
final class Lane {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.callbacks");

    /** How many tasks run before other users of the executor get their turn. */
    private static final int TASKS_PER_TURN = 1_024;

    private final Executor executor;
    private final Executor fallback;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean awake = new AtomicBoolean();

    /** Whether the log has been told that the executor refuses. */
    private volatile boolean refused;

    /**
     * Starts empty.
     *
     * @param fallback takes what the executor refuses, until there is no client any more
     */
    Lane(Executor executor, Executor fallback) {
        this.executor = executor;
        this.fallback = fallback;
    }

    void add(Runnable task) {
        tasks.add(task);
        wakeUp();
    }

    private void wakeUp() {
        if (!awake.get() && awake.compareAndSet(false, true) && !schedule()) {
            run();
        }
    }

    private boolean schedule() {
        return isTakenBy(executor) || isTakenBy(fallback);
    }

    private boolean isTakenBy(Executor candidate) {
        try {
            candidate.execute(this::run);
            return true;
        } catch (RuntimeException refusal) {
            if (candidate == executor && executor != fallback && !refused) {
                refused = true;
                LOG.warn(
                        "The executor of the client refuses its callbacks, which run on Holdfast's"
                                + " own threads instead: close the client before its executor",
                        refusal);
            }
            return false;
        }
    }

    private void run() {
        boolean interrupted = Thread.interrupted();
        try {
            runAll();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void runAll() {
        for (runSome(); !tasks.isEmpty(); runSome()) {
            if (schedule()) {
                return;
            }
        }
        awake.set(false);
        if (!tasks.isEmpty()) {
            wakeUp();
        }
    }

    private void runSome() {
        for (int i = 0; i < TASKS_PER_TURN; i++) {
            Runnable task = tasks.poll();
            if (task == null) {
                return;
            }
            try {
                task.run();
            } catch (Throwable t) {
                // An Error is caught as well: one callback must not take the others with it.
                LOG.error("A callback of the application failed", t);
            }
            // An interrupt that one callback leaves behind must not meet the next.
            Thread.interrupted();
        }
    }
}
