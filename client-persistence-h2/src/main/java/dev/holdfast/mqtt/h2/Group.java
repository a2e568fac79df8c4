package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.StoredSession.Awaited;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Batches of all sessions that go to the file together. Messages that were accepted a moment ago
 * may be taken out of it, and left for the next: see {@link #takeUnclaimed}.
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

    /** What has passed by counts half after that. */
    private static final double HALF_FORGOTTEN_NANOS = 5e6;

    /**
     * For how long a message is young. The longer, the more of them are acknowledged before, and
     * the longer does {@code stored()} take for those that are not.
     */
    static final long YOUNG_NANOS = 40_000_000;

    private final Map<SessionRow, SessionChanges> sessions = new LinkedHashMap<>();
    private int changes;
    private long bytes;

    /** Whether something waits for it that should not wait long. */
    private boolean isAwaited;

    /** When the last batch was taken that is awaited as a whole; 0 if none is. */
    private long awaitedSince;

    /** When the bytes of messages accepted since the one before were as many as fit. */
    private final ArrayDeque<Long> marks = new ArrayDeque<>(0);

    private long bytesSinceMark;

    /** How many passed by in groups before; the longer ago, the less. */
    private int passedBefore;

    private final long begun;

    /** As {@link System#nanoTime} says. */
    Group(long now) {
        begun = now;
    }

    /**
     * Puts a batch behind the others.
     *
     * @param awaited what is waited for
     * @param now when it was taken, by {@link System#nanoTime}; never earlier than the one before
     */
    void add(SessionRow session, List<Change> batch, Awaited awaited, long now) {
        SessionChanges reduced = sessions.computeIfAbsent(session, SessionChanges::new);
        long before = reduced.bytes;
        reduced.add(batch, now);
        bytes += reduced.bytes - before;
        changes += batch.size();
        if (awaited == Awaited.STORED) {
            isAwaited = true;
            awaitedSince = now;
        } else if (awaited == Awaited.MERGED) {
            isAwaited |= reduced.isInFile;
        }
        bytesSinceMark += Math.max(0, reduced.bytes - before);
        if (bytesSinceMark >= MAXIMUM_BYTES) {
            marks.add(now);
            bytesSinceMark = 0;
        }
    }

    boolean isAwaited() {
        return isAwaited;
    }

    /**
     * Up to when messages go to the file although they are young: outcomes are told in the order of
     * the batches, so nothing earlier may be left where something later is awaited.
     */
    long awaited(long orElse) {
        return awaitedSince != 0 && awaitedSince - orElse > 0 ? awaitedSince : orElse;
    }

    /**
     * Whether it pays to leave young messages for later: many were acknowledged before the file
     * heard of them, or would have been if it heard of less.
     */
    boolean gainsByWaiting() {
        return passed() >= LEAST_PASSED;
    }

    private int passed() {
        int passed = passedBefore;
        for (SessionChanges s : sessions.values()) {
            passed += s.passed + (bytes >= MUCH ? s.completed : s.completedSoon);
        }
        return passed;
    }

    /**
     * Claims the messages that were accepted until then, or as many of them as fit into a chunk.
     *
     * @return until when
     */
    long claim(long latest, long now) {
        Long mark = marks.peek();
        long then = mark != null && mark - latest < 0 ? mark : latest;
        for (SessionChanges s : sessions.values()) {
            SessionRow session = s.session;
            if (now - session.claimedBeforeSince > YOUNG_NANOS) {
                session.claimedBefore = session.claimed;
                session.claimedBeforeSince = now;
            }
            s.claim(then);
        }
        return then;
    }

    /**
     * Takes the messages out that are not claimed, and what became of them since. The file may hold
     * all else without them: it is as if they had not been published yet.
     */
    Group takeUnclaimed(long then, long now) {
        Group left = new Group(now);
        left.passedBefore = (int) (passed() * Math.pow(0.5, (now - begun) / HALF_FORGOTTEN_NANOS));
        for (SessionChanges s : sessions.values()) {
            SessionChanges unclaimed = s.takeUnclaimed();
            if (!unclaimed.isEmpty()) {
                left.sessions.put(s.session, unclaimed);
                left.changes += unclaimed.outgoing.size();
                left.bytes += unclaimed.bytes;
            }
        }
        bytes -= left.bytes;
        sessions.values().removeIf(SessionChanges::isEmpty);
        if (!left.isEmpty()) {
            marks.removeIf(mark -> mark - then <= 0);
            left.marks.addAll(marks);
            left.bytesSinceMark = bytesSinceMark;
            if (awaitedSince != 0 && awaitedSince - then > 0) {
                left.isAwaited = true;
                left.awaitedSince = awaitedSince;
            }
        }
        return left;
    }

    /** When the first of the messages was taken that were left, or {@code none} if none were. */
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
                || (bytes >= ONE_BUFFER && isAwaited && !gainsByWaiting());
    }

    boolean isEmpty() {
        return sessions.isEmpty();
    }

    Collection<SessionChanges> sessions() {
        return sessions.values();
    }
}
