package dev.holdfast.mqtt.impl.scripted;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState;
import dev.holdfast.mqtt.store.SessionState.Presence;
import dev.holdfast.mqtt.store.SessionStore;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A store of one session in memory, with what a test puts into it. It outlives its clients, and may
 * be told to take its time, or to fail.
 */
public final class TestStore implements SessionStore {
    private final SessionState state = new SessionState();
    private boolean held;
    private @Nullable StoreException failure;
    private final List<Runnable> heldBack = new ArrayList<>();
    private int mostRead;

    // ---- what an earlier run left
    // ------------------------------------------------------------------

    /** The server is known to have a session. */
    public void holdsSession() {
        put(new Change.NumbersReserved(1_000));
        put(new Change.Presence(Presence.HELD));
    }

    /** A message waits to be sent; it says its number. */
    public void holdsQueued(long sequence, QoS qos) {
        Message message = Message.to("t").payload("" + sequence).qos(qos).build();
        put(new Change.Accepted(OutgoingMessage.queued(sequence, message, OutgoingMessage.NEVER)));
    }

    /** A message waits to be sent that expires at this time, in milliseconds since 1970. */
    public void holdsQueuedUntil(long sequence, long expiresAt) {
        Message message = Message.to("t").expiry(Duration.ofSeconds(1)).build();
        put(new Change.Accepted(OutgoingMessage.queued(sequence, message, expiresAt)));
    }

    /** A message was sent, without an answer. */
    public void holdsInFlight(long sequence, QoS qos, int packetIdentifier) {
        holdsQueued(sequence, qos);
        put(new Change.Sent(sequence, packetIdentifier));
    }

    public synchronized void put(Change change) {
        state.apply(change);
    }

    // ---- what a disk may do
    // ------------------------------------------------------------------------

    /** From now on nothing is reported as stored. */
    public synchronized void hold() {
        held = true;
    }

    /** What was held is reported, and what follows is reported at once. */
    public synchronized void release() {
        held = false;
        heldBack.forEach(Runnable::run);
        heldBack.clear();
    }

    /** From now on nothing is stored any more. */
    public synchronized void fail(String why) {
        failure = new StoreException(why, null);
    }

    public synchronized Recovered content() {
        return state.recovered();
    }

    /** How many queued messages were asked for at once, at most. */
    public synchronized int mostRead() {
        return mostRead;
    }

    @Override
    public StoredSession open(String clientIdentifier) {
        return new Stored(content());
    }

    private final class Stored implements StoredSession {
        private final Recovered recovered;

        Stored(Recovered recovered) {
            this.recovered = recovered;
        }

        @Override
        public Recovered recovered() {
            return recovered;
        }

        @Override
        public void write(List<Change> changes, Outcome outcome) {
            synchronized (TestStore.this) {
                StoreException cause = failure;
                if (cause != null) {
                    outcome.failed(cause);
                    return;
                }
                changes.forEach(state::apply);
                if (held) {
                    heldBack.add(outcome::stored);
                } else {
                    outcome.stored();
                }
            }
        }

        @Override
        public void readQueued(long after, int maximumMessages, long maximumBytes, Page page) {
            synchronized (TestStore.this) {
                mostRead = Math.max(mostRead, maximumMessages);
                page.read(state.queued(after, maximumMessages, maximumBytes));
            }
        }

        @Override
        public void close() {
            release();
        }
    }
}
