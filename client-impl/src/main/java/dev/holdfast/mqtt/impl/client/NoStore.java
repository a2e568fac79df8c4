package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.List;

/**
 * In place of a store, for a client that was given none: its session is in the memory of the core
 * alone.
 */
final class NoStore implements StoredSession {
    @Override
    public Recovered recovered() {
        return new SessionState().recovered();
    }

    @Override
    public void write(List<Change> changes, Outcome outcome) {
        throw new IllegalStateException("A session in memory has nothing to store: " + changes);
    }

    @Override
    public void readQueued(long afterSequence, int maximumMessages, long maximumBytes, Page page) {
        page.read(List.of());
    }

    @Override
    public void close() {}
}
