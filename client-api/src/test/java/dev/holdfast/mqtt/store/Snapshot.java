package dev.holdfast.mqtt.store;

import dev.holdfast.mqtt.Subscription;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * All that a session holds, to be compared.
 *
 * @param recovered with the subscriptions in the order of their Topic Filters
 * @param queued all queued messages
 */
public record Snapshot(Recovered recovered, List<OutgoingMessage> queued) {
    private static final int PAGE = 500;

    /** Sorts what has no order. */
    public Snapshot {
        List<Subscription> sorted = new ArrayList<>(recovered.subscriptions());
        sorted.sort(Comparator.comparing(Subscription::topicFilter));
        recovered =
                new Recovered(
                        recovered.presence(),
                        recovered.numbersReserved(),
                        recovered.inFlight(),
                        recovered.queuedMessages(),
                        recovered.queuedBytes(),
                        recovered.receivedIdentifiers(),
                        recovered.inbox(),
                        sorted,
                        recovered.subscriptionIdentifiers(),
                        recovered.highestSubscriptionIdentifier(),
                        recovered.identifiersReserved());
    }

    /**
     * Of a session just opened.
     *
     * @param session nothing was written to it since
     * @return what it recovered and has queued
     */
    public static Snapshot of(StoredSession session) {
        List<OutgoingMessage> queued = new ArrayList<>();
        long after = 0;
        while (true) {
            List<OutgoingMessage> page = Outcomes.read(session, after, PAGE, 1 << 20);
            if (page.isEmpty()) {
                return new Snapshot(session.recovered(), queued);
            }
            queued.addAll(page);
            after = page.get(page.size() - 1).sequence();
        }
    }

    /**
     * Of the fold.
     *
     * @param state any
     * @return what a session that holds it must show
     */
    public static Snapshot of(SessionState state) {
        return new Snapshot(state.recovered(), state.queued(0, Integer.MAX_VALUE, Long.MAX_VALUE));
    }

    /**
     * Finds out how many of the batches that a seed makes a session holds.
     *
     * @param session just opened
     * @param seed of its {@link RandomSession}
     * @param atLeast so many were reported as stored
     * @param atMost so many were handed over
     * @return a number within these; or -1 if it holds some more, but for messages they accepted
     * @throws AssertionError if the session holds anything else
     */
    public static int batchesIn(StoredSession session, long seed, int atLeast, int atMost) {
        Snapshot found = of(session);
        RandomSession made = new RandomSession(seed);
        for (int i = 0; i < atLeast; i++) {
            made.nextBatch();
        }
        for (int batches = atLeast; batches <= atMost; batches++) {
            if (of(made.state()).equals(found)) {
                return batches;
            }
            made.nextBatch();
        }
        if (found.isWithoutYoung(seed, atLeast, atMost)) {
            return -1;
        }
        throw new AssertionError(
                "The session of seed "
                        + seed
                        + " holds neither "
                        + atLeast
                        + " batches nor more, up to "
                        + atMost
                        + ": "
                        + found);
    }

    /**
     * Whether this is some batches whole, and of some more all but the messages that they accepted.
     *
     * @param seed of their {@link RandomSession}
     * @param atLeast how many are whole at least
     * @param atMost how many there are at most
     * @return whether it is
     */
    public boolean isWithoutYoung(long seed, int atLeast, int atMost) {
        for (int whole = atLeast; whole < atMost; whole++) {
            RandomSession made = new RandomSession(seed);
            SessionState state = new SessionState();
            Set<Long> accepted = new HashSet<>();
            for (int i = 0; i < atMost; i++) {
                for (Change change : made.nextBatch()) {
                    if (i < whole || !Merging.isLeftOut(change, accepted)) {
                        state.apply(change);
                    }
                }
                if (i >= whole && of(state).equals(this)) {
                    return true;
                }
            }
        }
        return false;
    }
}
