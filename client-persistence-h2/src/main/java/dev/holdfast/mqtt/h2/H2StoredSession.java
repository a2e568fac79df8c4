package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An open session: hands everything to the writer of its store. */
final class H2StoredSession implements StoredSession {
    private final H2SessionStore store;
    private final Writer writer;
    private final SessionRow session;

    /** Null from the first batch on: it may be large, and the core has it. */
    private @Nullable Recovered recovered;

    private volatile boolean closed;

    H2StoredSession(H2SessionStore store, Writer writer, SessionRow session, Recovered recovered) {
        this.store = store;
        this.writer = writer;
        this.session = session;
        this.recovered = recovered;
    }

    @Override
    public Recovered recovered() {
        if (recovered == null) {
            throw new IllegalStateException(
                    "What the session of '"
                            + session.clientIdentifier
                            + "' held is to be asked for before its first batch");
        }
        return recovered;
    }

    @Override
    public void write(List<Change> changes, Outcome outcome) {
        requireOpen();
        if (changes.isEmpty()) {
            throw new IllegalArgumentException("A batch needs at least one change");
        }
        recovered = null;
        long first = firstEarlierMessage(changes);
        boolean merges = isUnclaimed(first) && session.reads.get() == 0;
        writer.submit(new Request.Write(session, changes, merges, outcome));
        // Looked at again now that it is in the queue: who claims them later, finds it there.
        if (merges && isUnclaimed(first)) {
            outcome.merged();
        } else if (outcome.awaited() == Awaited.MERGED) {
            writer.hurry();
        }
    }

    private boolean isUnclaimed(long message) {
        return message > session.claimed && message != Long.MAX_VALUE;
    }

    /** The lowest sequence number of a message of which the batch says what became of it. */
    private static long firstEarlierMessage(List<Change> batch) {
        long first = Long.MAX_VALUE;
        long accepted = Long.MAX_VALUE; // by this batch; numbers rise
        for (Change change : batch) {
            if (change instanceof Change.Accepted c) {
                accepted = Math.min(accepted, c.message().sequence());
            } else if (change instanceof Change.Sent c) {
                first = c.sequence() < accepted ? Math.min(first, c.sequence()) : first;
            } else if (change instanceof Change.Released c) {
                first = Math.min(first, c.sequence());
            } else if (change instanceof Change.Completed c) {
                first = Math.min(first, c.sequence());
            } else if (change instanceof Change.Requeued c) {
                first = Math.min(first, c.sequence());
            }
        }
        return first;
    }

    @Override
    public void readQueued(long afterSequence, int maximumMessages, long maximumBytes, Page page) {
        requireOpen();
        if (maximumMessages < 1) {
            throw new IllegalArgumentException(
                    "A page needs at least one message, not " + maximumMessages);
        }
        session.reads.incrementAndGet();
        writer.submit(
                new Request.Read(session, afterSequence, maximumMessages, maximumBytes, page));
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(
                    "The session of '" + session.clientIdentifier + "' is closed");
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        store.requireNoCallback(writer, "closed");
        closed = true;
        writer.awaitAllBefore();
        store.closed(session.clientIdentifier);
    }
}
