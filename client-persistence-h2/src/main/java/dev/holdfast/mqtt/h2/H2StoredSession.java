package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.List;

/** An open session: hands everything to the writer of its store. */
final class H2StoredSession implements StoredSession {
    private final H2SessionStore store;
    private final Writer writer;
    private final SessionRow session;
    private final Recovered recovered;
    private volatile boolean closed;

    H2StoredSession(H2SessionStore store, Writer writer, SessionRow session, Recovered recovered) {
        this.store = store;
        this.writer = writer;
        this.session = session;
        this.recovered = recovered;
    }

    @Override
    public Recovered recovered() {
        return recovered;
    }

    @Override
    public void write(List<Change> changes, Outcome outcome) {
        requireOpen();
        if (changes.isEmpty()) {
            throw new IllegalArgumentException("A batch needs at least one change");
        }
        writer.submit(new Request.Write(session, changes, outcome));
    }

    @Override
    public void readQueued(long afterSequence, int maximumMessages, long maximumBytes, Page page) {
        requireOpen();
        if (maximumMessages < 1) {
            throw new IllegalArgumentException(
                    "A page needs at least one message, not " + maximumMessages);
        }
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
