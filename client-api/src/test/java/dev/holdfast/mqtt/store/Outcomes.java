package dev.holdfast.mqtt.store;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Takes the outcomes of one session's batches, and fails if one comes twice or out of order. */
public final class Outcomes {
    private static final int PATIENCE_SECONDS = 30;

    private int asked;
    private int told;
    private int stored;
    private @Nullable StoreException failure;
    private @Nullable AssertionError broken;

    /** Nothing is awaited so far. */
    public Outcomes() {}

    /**
     * The outcome of the next batch.
     *
     * @return to hand to {@link StoredSession#write}
     */
    public synchronized StoredSession.Outcome next() {
        int index = asked++;
        return new StoredSession.Outcome() {
            @Override
            public void stored() {
                tell(index, null);
            }

            @Override
            public void failed(StoreException cause) {
                tell(index, cause);
            }
        };
    }

    private synchronized void tell(int index, @Nullable StoreException cause) {
        if (index != told) {
            broken = new AssertionError("Outcome " + index + " came, and not " + told);
        }
        if (cause == null && failure != null) {
            broken = new AssertionError("Batch " + index + " was stored after a failed one");
        }
        told++;
        if (cause == null) {
            stored++;
        } else {
            failure = cause;
        }
        notifyAll();
    }

    /** Waits until all batches have an outcome. */
    public synchronized void await() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (told < asked && broken == null) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError(told + " of " + asked + " outcomes came in time");
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                throw new AssertionError("Interrupted", e);
            }
        }
        if (broken != null) {
            throw broken;
        }
    }

    /** Waits until all batches have an outcome, and requires that none failed. */
    public synchronized void awaitStored() {
        await();
        if (failure != null) {
            throw new AssertionError("A batch failed", failure);
        }
    }

    /**
     * Waits for a failure.
     *
     * @return what the failed batches were told
     */
    public synchronized StoreException awaitFailure() {
        await();
        if (failure == null) {
            throw new AssertionError("All " + stored + " batches were stored");
        }
        return failure;
    }

    /**
     * How many batches were stored so far.
     *
     * @return before the first failure
     */
    public synchronized int stored() {
        return stored;
    }

    /**
     * Reads a page and waits for it.
     *
     * @param session to read from
     * @param afterSequence as {@link StoredSession#readQueued} takes it
     * @param maximumMessages likewise
     * @param maximumBytes likewise
     * @return the page
     */
    public static List<OutgoingMessage> read(
            StoredSession session, long afterSequence, int maximumMessages, long maximumBytes) {
        CompletableFuture<List<OutgoingMessage>> page = new CompletableFuture<>();
        session.readQueued(
                afterSequence,
                maximumMessages,
                maximumBytes,
                new StoredSession.Page() {
                    @Override
                    public void read(List<OutgoingMessage> messages) {
                        if (!page.complete(messages)) {
                            throw new AssertionError("A second page came");
                        }
                    }

                    @Override
                    public void failed(StoreException cause) {
                        page.completeExceptionally(cause);
                    }
                });
        try {
            return page.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StoreException cause) {
                throw cause;
            }
            throw new AssertionError(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError("No page came", e);
        }
    }
}
