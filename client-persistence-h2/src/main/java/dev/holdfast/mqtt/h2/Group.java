package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.Change;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Batches of all sessions that go to the file in one transaction. */
final class Group {
    /** Beyond this a group gains nothing, but takes memory. */
    private static final int MAXIMUM_CHANGES = 10_000;

    /** H2 keeps what is not committed in memory, and writes chunks in between when it is much. */
    private static final long MAXIMUM_BYTES = 1 << 20;

    private final Map<SessionRow, SessionChanges> sessions = new LinkedHashMap<>();
    private int changes;
    private long bytes;

    void add(SessionRow session, List<Change> batch) {
        SessionChanges reduced = sessions.computeIfAbsent(session, SessionChanges::new);
        for (Change change : batch) {
            reduced.add(change);
            if (change instanceof Change.Accepted c) {
                bytes += c.message().message().payloadSize();
            } else if (change instanceof Change.Received c) {
                bytes += c.message().message().payloadSize();
            }
        }
        changes += batch.size();
    }

    boolean isFull() {
        return changes >= MAXIMUM_CHANGES || bytes >= MAXIMUM_BYTES;
    }

    boolean isEmpty() {
        return changes == 0;
    }

    Collection<SessionChanges> sessions() {
        return sessions.values();
    }
}
