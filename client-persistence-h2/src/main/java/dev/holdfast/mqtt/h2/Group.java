package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.Change;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Batches of all sessions that go to the file together. */
final class Group {
    /** Beyond this a group gains little, and those who wait for it wait long. */
    private static final int MAXIMUM_CHANGES = 131_072;

    /**
     * What is to be inserted is held in memory by H2, and once more as a chunk: a fair part of a
     * small heap. The more fits, the more messages are acknowledged within their group, and pass
     * by.
     */
    private static final long MAXIMUM_BYTES =
            Math.max(512 << 10, Math.min(32 << 20, Runtime.getRuntime().maxMemory() / 24));

    /**
     * What fits into the buffer that H2 writes chunks from. It keeps one of up to 4 MiB, and makes
     * a larger one anew for each chunk, in steps.
     */
    private static final long ONE_BUFFER = 2 << 20;

    private static final int LEAST_PASSED = 64;

    private final Map<SessionRow, SessionChanges> sessions = new LinkedHashMap<>();
    private int changes;
    private long bytes;

    void add(SessionRow session, List<Change> batch) {
        SessionChanges reduced = sessions.computeIfAbsent(session, SessionChanges::new);
        long before = reduced.bytes;
        for (Change change : batch) {
            reduced.add(change);
        }
        bytes += reduced.bytes - before;
        changes += batch.size();
    }

    /**
     * Whether waiting would make less of the next group of such a kind: many messages were accepted
     * and acknowledged before the file heard of them, and no exchange at QoS 2 was under way, whose
     * next step a rest would delay.
     */
    boolean gainsByWaiting() {
        int passed = 0;
        for (SessionChanges s : sessions.values()) {
            if (s.holdsPackets || !s.consumed.isEmpty()) {
                return false;
            }
            passed += s.passed;
        }
        return passed >= LEAST_PASSED;
    }

    boolean isFull() {
        return changes >= MAXIMUM_CHANGES
                || bytes >= MAXIMUM_BYTES
                || (bytes >= ONE_BUFFER && holdsPackets());
    }

    /** Whether packets at QoS 2 wait for the group; such messages hardly ever pass by. */
    private boolean holdsPackets() {
        for (SessionChanges s : sessions.values()) {
            if (s.holdsPackets) {
                return true;
            }
        }
        return false;
    }

    boolean isEmpty() {
        return changes == 0;
    }

    Collection<SessionChanges> sessions() {
        return sessions.values();
    }
}
