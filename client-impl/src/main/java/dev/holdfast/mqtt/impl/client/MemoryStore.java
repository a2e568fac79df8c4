package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState;
import dev.holdfast.mqtt.store.SessionStore;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The store of a client that was given none: the fold itself, kept as long as this object. */
final class MemoryStore implements SessionStore {
    private final Map<String, SessionState> states = new HashMap<>();
    private final Set<String> open = new HashSet<>();

    @Override
    public synchronized StoredSession open(String clientIdentifier) {
        if (!open.add(clientIdentifier)) {
            throw new StoreException(
                    "The session of '"
                            + clientIdentifier
                            + "' is in use by another client of this process: close that one first",
                    null);
        }
        SessionState state = states.computeIfAbsent(clientIdentifier, id -> new SessionState());
        return new InMemory(clientIdentifier, state);
    }

    private synchronized void closed(String clientIdentifier) {
        open.remove(clientIdentifier);
    }

    /** Stores at once, so each outcome comes from within the call. */
    private final class InMemory implements StoredSession {
        private final String clientIdentifier;
        private final SessionState state;
        private final Recovered recovered;
        private boolean closed;

        InMemory(String clientIdentifier, SessionState state) {
            this.clientIdentifier = clientIdentifier;
            this.state = state;
            this.recovered = state.recovered();
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
            changes.forEach(state::apply);
            outcome.stored();
        }

        @Override
        public void readQueued(
                long afterSequence, int maximumMessages, long maximumBytes, Page page) {
            requireOpen();
            page.read(state.queued(afterSequence, maximumMessages, maximumBytes));
        }

        private void requireOpen() {
            if (closed) {
                throw new IllegalStateException(
                        "The session of '" + clientIdentifier + "' is closed");
            }
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                closed(clientIdentifier);
            }
        }
    }
}
