package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import dev.holdfast.mqtt.store.StoredSession.Awaited;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that uses the database of an open store. It takes what waits, of all sessions, in
 * the order in which it came: batches that follow each other become one group. Of that, messages at
 * QoS 1 are left for a later group while they are young and acknowledgements come in numbers, so
 * that most of them never get to the file. What is reported as stored is in it all the same.
 *
 * <p>The queue has no bound of its own. Each client bounds what it has in the store and on the way
 * to it (see {@link dev.holdfast.mqtt.StoreLimits}), and a queue that refuses or blocks would break
 * the contract of {@link StoredSession#write}.
 *
 * <p>After the first failure nothing is written any more, because what was in the failed group may
 * or may not be in the file: all later requests fail the same way.
 */
final class Writer {
    private static final Logger LOG = LoggerFactory.getLogger(Writer.class);

    /** How long nobody must want anything before time is spent on what can wait. */
    private static final long IDLE_MILLIS = 20;

    private final StoreFile file;
    private final H2SessionStore.Opening opening;
    private final BlockingQueue<Request> queue = new LinkedBlockingQueue<>();
    private final CompletableFuture<Boolean> started = new CompletableFuture<>();
    private final Thread thread;

    private final Rest rest = new Rest();

    /** Taken from the queue, and not answered yet. */
    private final Deque<Request> taken = new ArrayDeque<>();

    /** What is to be stored next, and messages left by earlier groups. */
    private Group group = new Group(0);

    /** In the group, and not answered yet. */
    private final Deque<Written> written = new ArrayDeque<>();

    private static final class Written {
        final StoredSession.Outcome outcome;

        /** When it was taken from the queue, a little later than the one before. */
        final long since;

        /** Whether it is still to be told that it is merged. */
        boolean untold;

        Written(StoredSession.Outcome outcome, long since) {
            this.outcome = outcome;
            this.since = since;
        }
    }

    /** For when there is no memory left to say more. */
    private final StoreException lastResort;

    /** When the last batch was taken. */
    private long now;

    private boolean stopped;
    private @Nullable StoreException failure;
    private volatile @Nullable DamagedStoreException damage;

    private Writer(StoreFile file, H2SessionStore.Opening opening) {
        this.file = file;
        this.opening = opening;
        lastResort =
                new StoreException(
                        "Store "
                                + file
                                + " failed, and there was no memory to say why. Close all clients"
                                + " of the store and open them again, with more memory",
                        null);
        thread = new Thread(this::run, "holdfast-store " + file);
        thread.setDaemon(true);
    }

    /**
     * Opens the database in a thread of its own.
     *
     * @throws StoreException if it cannot be opened; no thread is left then
     */
    static Writer start(StoreFile file, H2SessionStore.Opening opening) {
        Writer writer = new Writer(file, opening);
        writer.thread.start();
        try {
            await(writer.started);
        } catch (StoreException e) {
            writer.awaitEnd();
            throw e;
        }
        return writer;
    }

    void submit(Request request) {
        queue.add(request);
        if (!(request instanceof Request.Write write)
                || write.outcome().awaited() == Awaited.STORED) {
            hurry();
        }
    }

    /** Somebody waits for what was asked for. */
    void hurry() {
        rest.end(thread);
    }

    /**
     * Opens a session.
     *
     * @throws StoreException if that fails
     */
    Request.Opened open(String clientIdentifier) {
        CompletableFuture<Request.Opened> answer = new CompletableFuture<>();
        submit(new Request.Open(clientIdentifier, answer));
        return await(answer);
    }

    /** Waits until everything asked for so far is done or has failed. */
    void awaitAllBefore() {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        submit(new Request.Fence(answer));
        await(answer);
    }

    /** Closes the database and waits for the thread to end. */
    void stop() {
        submit(new Request.Stop());
        awaitEnd();
    }

    /** The damage that was found while the store was open. */
    @Nullable DamagedStoreException damage() {
        return damage;
    }

    /** Whether the caller is a callback, which must not wait for the thread that runs it. */
    boolean isCurrentThread() {
        return Thread.currentThread() == thread;
    }

    /** Waits without being interrupted: a store half open or half closed helps nobody. */
    private static <T> T await(CompletableFuture<T> answer) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return answer.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof StoreException cause) {
                        throw cause;
                    }
                    throw new IllegalStateException("The writer failed unexpectedly", e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void awaitEnd() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // From here on: the thread itself.

    private void run() {
        Database database;
        try {
            database = opening.open(file);
        } catch (Throwable e) {
            started.completeExceptionally(Errors.opening(file, e));
            return;
        }
        file.noteOwner();
        started.complete(true);
        while (!stopped) {
            try {
                if (taken.isEmpty()) {
                    rest.take();
                    if (written.isEmpty()) {
                        taken.add(next(database));
                    }
                    queue.drainTo(taken);
                }
                serve(database);
            } catch (Throwable e) { // such as want of memory: whoever waits must not wait for ever
                fail(database, e);
            }
        }
        close(database);
    }

    private Request next(Database database) {
        while (true) {
            try {
                if (failure != null || !database.hasIdleWork()) {
                    return queue.take();
                }
                Request request = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
                if (request != null) {
                    return request;
                }
                database.doIdleWork();
            } catch (InterruptedException e) {
                LOG.debug("The writer of {} is not to be interrupted, and goes on", file);
            } catch (Throwable e) {
                fail(database, e);
            }
        }
    }

    private void serve(Database database) {
        if (failure != null) {
            answerAll(); // of a group that was not even tried, because something was thrown
        }
        now = System.nanoTime();
        for (Request request; (request = taken.peek()) != null; ) {
            if (request instanceof Request.Write write) {
                taken.remove();
                add(database, write);
                if (group.isFull()) {
                    commit(database, now);
                }
                continue;
            }
            if (request instanceof Request.Open open) {
                // Nothing of it can be in the group: it was closed after its last batch was stored.
                open(database, open);
                taken.remove();
                continue;
            }
            commitAll(database);
            if (request instanceof Request.Read read) {
                read(database, read);
                read.session().reads.decrementAndGet();
            } else if (request instanceof Request.Fence fence) {
                fence.answer().complete(true);
            } else if (request instanceof Request.Stop) {
                stopped = true;
            }
            taken.remove();
        }
        if (group.gainsByWaiting()) {
            boolean awaited = group.isAwaited();
            commit(database, group.awaited(now - Group.YOUNG_NANOS));
            if (!awaited && !group.isAwaited()) {
                rest.earn();
            }
        } else {
            commit(database, now);
        }
    }

    private void add(Database database, Request.Write write) {
        now++; // so that no two batches came at one time
        Written next = new Written(write.outcome(), now);
        written.add(next);
        if (failure != null) {
            return;
        }
        try {
            Awaited awaited = write.outcome().awaited();
            next.untold = awaited == Awaited.MERGED;
            group.add(write.session(), write.changes(), awaited, now);
        } catch (Throwable e) {
            fail(database, e);
        }
    }

    /** Stores all that was added so far. */
    private void commitAll(Database database) {
        long then = now;
        do {
            commit(database, then);
        } while (group.oldest(then + 1) - then <= 0);
    }

    /**
     * Stores the group, but for messages that were accepted after then, or are too many for one
     * chunk: they begin the next.
     */
    private void commit(Database database, long latest) {
        long then = group.claim(latest, now);
        addMerging(database);
        Group left = group.takeUnclaimed(then, now);
        Group complete = group;
        group = left;
        store(database, complete);
        answerBefore(left.oldest(now + 1));
        tellMerged();
        compact(database);
    }

    /** Of all that is not answered yet, the file has everything but messages that were left. */
    private void tellMerged() {
        for (Written next : written) {
            if (next.untold) {
                next.untold = false;
                call(next.outcome::merged);
            }
        }
    }

    /**
     * Takes from the queue what may have been merged: put there before the claim, it speaks of
     * messages that are about to be written. With it comes what its sessions asked for before.
     */
    private void addMerging(Database database) {
        queue.drainTo(taken);
        Map<SessionRow, Integer> merging = new HashMap<>(0);
        for (Request request : taken) {
            if (request instanceof Request.Write write && write.merges()) {
                merging.merge(write.session(), 1, Integer::sum);
            }
        }
        for (Iterator<Request> all = taken.iterator(); all.hasNext() && !merging.isEmpty(); ) {
            if (all.next() instanceof Request.Write write && merging.containsKey(write.session())) {
                all.remove();
                add(database, write);
                if (write.merges()) {
                    merging.computeIfPresent(write.session(), (s, n) -> n == 1 ? null : n - 1);
                }
            }
        }
    }

    private void store(Database database, Group complete) {
        if (failure == null && !complete.isEmpty()) {
            try {
                database.store(complete);
            } catch (Throwable e) {
                fail(database, e);
            }
        }
    }

    private void compact(Database database) {
        if (failure == null) {
            try {
                database.compactWhenDue();
            } catch (Throwable e) {
                fail(database, e);
            }
        }
    }

    private void answerAll() {
        if (failure != null) {
            group = new Group(now);
        }
        while (!written.isEmpty()) {
            answer(written.remove().outcome);
        }
    }

    /** Answers the batches that came before then; after a failure all of them. */
    private void answerBefore(long then) {
        if (failure != null) {
            answerAll();
        }
        for (Written first; (first = written.peek()) != null && first.since - then < 0; ) {
            answer(written.remove().outcome);
        }
    }

    private void answer(StoredSession.Outcome outcome) {
        StoreException cause = failure;
        if (cause == null) {
            call(outcome::stored);
        } else {
            call(() -> outcome.failed(cause));
        }
    }

    private void read(Database database, Request.Read read) {
        List<OutgoingMessage> messages;
        try {
            if (failure != null) {
                throw failure;
            }
            messages =
                    database.readQueued(
                            read.session(),
                            read.afterSequence(),
                            read.maximumMessages(),
                            read.maximumBytes());
        } catch (Throwable e) { // also for want of memory
            StoreException cause = reading(e);
            call(() -> read.page().failed(cause));
            return;
        }
        call(() -> read.page().read(messages));
    }

    private void open(Database database, Request.Open open) {
        try {
            if (failure != null) {
                throw failure;
            }
            SessionRow session = database.openSession(open.clientIdentifier());
            open.answer().complete(new Request.Opened(session, database.recover(session)));
        } catch (Throwable e) {
            open.answer().completeExceptionally(reading(e));
        }
    }

    private StoreException reading(Throwable cause) {
        return noted(Errors.reading(file, cause));
    }

    private StoreException noted(StoreException e) {
        if (e instanceof DamagedStoreException found) {
            damage = found;
        }
        return e;
    }

    /** A callback that throws is a bug of its owner and must not touch other sessions. */
    private void call(Runnable callback) {
        try {
            callback.run();
        } catch (RuntimeException | Error e) {
            LOG.error("A callback of store {} threw; the store goes on", file, e);
        }
    }

    private void fail(Database database, Throwable cause) {
        StoreException first = failure;
        failure = first == null ? lastResort : first;
        try {
            if (first == null) {
                failure = noted(Errors.writing(file, cause));
            }
            file.removeOwner();
            database.abandon();
        } catch (Throwable e) {
            LOG.warn("Letting go of store {} failed; its process has to end first", file, e);
        }
    }

    private void close(Database database) {
        if (failure != null) {
            return; // let go of already
        }
        file.removeOwner();
        try {
            database.close();
        } catch (SQLException | RuntimeException e) {
            LOG.warn("Store {} did not close cleanly; all that was stored is in it", file, e);
        }
    }
}
