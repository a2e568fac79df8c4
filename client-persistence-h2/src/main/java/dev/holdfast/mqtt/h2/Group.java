package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.Change;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Batches of all sessions that go to the file together. Messages that were accepted a moment ago
 * may be taken out of it, and left for the next: see {@link #takeYoung}.
 */
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

    /** What takes so long to be written that many acknowledgements come meanwhile. */
    private static final long MUCH = 1 << 20;

    private static final int LEAST_PASSED = 64;

    private final Map<SessionRow, SessionChanges> sessions = new LinkedHashMap<>();
    private int changes;
    private long bytes;

    /** How many passed by in groups before; the longer ago, the less. */
    private int passedBefore;

    /**
     * Puts a batch behind the others.
     *
     * @param now when it was taken, by {@link System#nanoTime}; never earlier than the one before
     */
    void add(SessionRow session, List<Change> batch, long now) {
        SessionChanges reduced = sessions.computeIfAbsent(session, SessionChanges::new);
        long before = reduced.bytes;
        reduced.add(batch, now);
        bytes += reduced.bytes - before;
        changes += batch.size();
    }

    /**
     * Whether it pays to leave young messages for later: many were acknowledged before the file
     * heard of them, or would have been if it heard of less; and nothing waits for the file but
     * what the application may want to know of its messages.
     */
    boolean gainsByWaiting() {
        for (SessionChanges s : sessions.values()) {
            if (s.holdsPackets || s.isAwaited) {
                return false;
            }
        }
        return passed() >= LEAST_PASSED;
    }

    private int passed() {
        int passed = passedBefore;
        for (SessionChanges s : sessions.values()) {
            passed += s.passed + (bytes >= MUCH ? s.completed : 0);
        }
        return passed;
    }

    /**
     * Takes the messages out that were accepted after then, and what became of them since. The file
     * may hold all else without them: it is as if they had not been published yet.
     */
    Group takeYoung(long then) {
        Group left = new Group();
        left.passedBefore = passed() / 2;
        for (SessionChanges s : sessions.values()) {
            SessionChanges young = s.takeYoung(then);
            if (!young.isEmpty()) {
                left.sessions.put(s.session, young);
                left.changes += young.outgoing.size();
                left.bytes += young.bytes;
            }
        }
        bytes -= left.bytes;
        sessions.values().removeIf(SessionChanges::isEmpty);
        return left;
    }

    /** When the first of the young messages was taken, or {@code none} if there is none. */
    long oldest(long none) {
        long oldest = none;
        for (SessionChanges s : sessions.values()) {
            long first = s.outgoing.values().iterator().next().since();
            oldest = first - oldest < 0 ? first : oldest;
        }
        return oldest;
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
        return sessions.isEmpty();
    }

    Collection<SessionChanges> sessions() {
        return sessions.values();
    }
}
