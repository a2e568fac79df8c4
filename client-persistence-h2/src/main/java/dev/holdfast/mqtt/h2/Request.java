package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What the writer is asked to do. */
sealed interface Request {
    /** Open a session. */
    record Open(String clientIdentifier, CompletableFuture<Opened> answer) implements Request {}

    /** What opening a session came to. */
    record Opened(SessionRow session, Recovered recovered) {}

    /**
     * Store a batch.
     *
     * @param merges whether its session may have been told that the file will have none of the
     *     messages it speaks of without it
     */
    record Write(
            SessionRow session, List<Change> changes, boolean merges, StoredSession.Outcome outcome)
            implements Request {}

    /** Read queued messages. */
    record Read(
            SessionRow session,
            long afterSequence,
            int maximumMessages,
            long maximumBytes,
            StoredSession.Page page)
            implements Request {}

    /** Say when everything asked for before is done. */
    record Fence(CompletableFuture<Boolean> answer) implements Request {}

    /** Close the database and end the thread. */
    record Stop() implements Request {}
}
