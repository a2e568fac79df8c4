package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.List;

/** Stores at once, and reads at once. */
final class TestStore implements StoredSession {
    final SessionState state = new SessionState();
    private final Recovered recovered = state.recovered();

    @Override
    public Recovered recovered() {
        return recovered;
    }

    @Override
    public void write(List<Change> changes, Outcome outcome) {
        changes.forEach(state::apply);
        outcome.stored();
    }

    @Override
    public void readQueued(long afterSequence, int maximumMessages, long maximumBytes, Page page) {
        page.read(state.queued(afterSequence, maximumMessages, maximumBytes));
    }

    @Override
    public void close() {}
}
