package dev.holdfast.mqtt.impl.client;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the application's code on an executor, one task at a time, in the order in which they were
 * added.
 */
final class Lane {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.callbacks");

    /** How many tasks run before other users of the executor get their turn. */
    private static final int TASKS_PER_TURN = 1_024;

    private final Executor executor;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean awake = new AtomicBoolean();

    Lane(Executor executor) {
        this.executor = executor;
    }

    void add(Runnable task) {
        tasks.add(task);
        wakeUp();
    }

    private void wakeUp() {
        if (!awake.get() && awake.compareAndSet(false, true) && !schedule()) {
            awake.set(false);
            LOG.warn("The executor of the client takes no more tasks; callbacks are lost");
        }
    }

    private boolean schedule() {
        try {
            executor.execute(this::run);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    private void run() {
        for (runSome(); !tasks.isEmpty(); runSome()) {
            if (schedule()) {
                return;
            }
            // The executor has come to its end: the rest is run here and now.
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
        }
    }
}
