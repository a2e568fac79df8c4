package dev.holdfast.mqtt.store;

import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.store.OutgoingMessage.State;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * All of one session as it is on disk, and the one definition of what each {@link Change} means.
 * Stores are tested against it; the store in memory is it. Not safe for use by several threads at
 * once.
 */
public final class SessionState {
    /** How sure it is that the server has a session for this client. */
    public enum Presence {
        /** The server is not expected to have one. */
        NONE,
        /**
         * A CONNECT may have reached the server; if it has a session now, that one is new and
         * empty.
         */
        REQUESTED,
        /** The server has confirmed it. */
        HELD,
        /**
         * The server had confirmed it, and a CONNECT may have reached it since; if it has a session
         * now, it is that one, or one that is new and empty.
         */
        RESUMING,
        /**
         * This client asked to end it. If the server has a session, it is that one, which did not
         * hear of it; or one that is new and empty, made by a CONNECT that this client had given up
         * and that arrived late.
         */
        ENDED,
        /**
         * This client has dropped it and is about to say so; the server may still have it, and
         * until it confirms otherwise each CONNECT must have Clean Start 1.
         */
        DROPPED
    }

    private Presence presence = Presence.NONE;
    private long numbersReserved = 1;
    private int identifiersReserved;
    private final NavigableMap<Long, OutgoingMessage> outgoing = new TreeMap<>();
    private final Map<Integer, Long> receivedIdentifiers = new TreeMap<>();
    private final NavigableMap<Long, IncomingMessage> inbox = new TreeMap<>();
    private final Map<String, Subscription> subscriptions = new LinkedHashMap<>();
    private final Map<String, Integer> subscriptionIdentifiers = new LinkedHashMap<>();
    private int highestSubscriptionIdentifier;

    /** Starts empty. */
    public SessionState() {}

    /**
     * Applies one change.
     *
     * @param change must fit the state
     * @throws IllegalStateException if it does not: a bug in the client
     */
    public void apply(Change change) {
        if (change instanceof Change.Accepted c) {
            OutgoingMessage m = c.message();
            require(m.state() == State.QUEUED, change, "is not in state QUEUED");
            require(
                    outgoing.isEmpty() || outgoing.lastKey() < m.sequence(),
                    change,
                    "is out of order");
            outgoing.put(m.sequence(), m);
        } else if (change instanceof Change.Sent c) {
            OutgoingMessage m = outgoing(c.sequence(), change);
            require(m.state() == State.QUEUED, change, "was sent before");
            outgoing.put(c.sequence(), m.inFlight(c.packetIdentifier()));
        } else if (change instanceof Change.Released c) {
            OutgoingMessage m = outgoing(c.sequence(), change);
            require(m.state() == State.IN_FLIGHT, change, "is not in flight");
            outgoing.put(c.sequence(), m.released(c.releaseOrder()));
        } else if (change instanceof Change.Requeued c) {
            OutgoingMessage m = outgoing(c.sequence(), change);
            require(m.state() != State.QUEUED, change, "is queued already");
            outgoing.put(
                    c.sequence(), OutgoingMessage.queued(m.sequence(), m.message(), m.expiresAt()));
        } else if (change instanceof Change.Completed c) {
            outgoing(c.sequence(), change);
            outgoing.remove(c.sequence());
        } else if (change instanceof Change.Received c) {
            IncomingMessage m = c.message();
            require(inbox.isEmpty() || inbox.lastKey() < m.deliveryId(), change, "is out of order");
            Long before = receivedIdentifiers.putIfAbsent(c.packetIdentifier(), m.deliveryId());
            require(before == null, change, "has a Packet Identifier that is held");
            inbox.put(m.deliveryId(), m);
        } else if (change instanceof Change.Forgotten c) {
            Long before = receivedIdentifiers.remove(c.packetIdentifier());
            require(before != null, change, "names a Packet Identifier that is not held");
        } else if (change instanceof Change.Consumed c) {
            IncomingMessage before = inbox.remove(c.deliveryId());
            require(before != null, change, "names an unknown delivery");
        } else if (change instanceof Change.Subscribed c) {
            subscriptions.put(c.subscription().topicFilter(), c.subscription());
            identify(c.subscription().topicFilter(), c.identifier());
        } else if (change instanceof Change.Identified c) {
            subscriptions.remove(c.topicFilter());
            identify(c.topicFilter(), c.identifier());
        } else if (change instanceof Change.Unsubscribed c) {
            subscriptions.remove(c.topicFilter());
            subscriptionIdentifiers.remove(c.topicFilter());
        } else if (change instanceof Change.NumbersReserved c) {
            require(c.below() > numbersReserved, change, "goes back from " + numbersReserved);
            numbersReserved = c.below();
        } else if (change instanceof Change.IdentifiersReserved c) {
            require(
                    c.upTo() > identifiersReserved && c.upTo() <= 65_535,
                    change,
                    "does not follow " + identifiersReserved);
            identifiersReserved = c.upTo();
        } else if (change instanceof Change.Presence c) {
            presence = c.presence();
        } else {
            throw new AssertionError("SessionState.apply does not know " + change);
        }
    }

    private void identify(String topicFilter, int identifier) {
        if (identifier == 0) {
            subscriptionIdentifiers.remove(topicFilter);
        } else {
            subscriptionIdentifiers.put(topicFilter, identifier);
            highestSubscriptionIdentifier = Math.max(highestSubscriptionIdentifier, identifier);
        }
    }

    private OutgoingMessage outgoing(long sequence, Change change) {
        OutgoingMessage m = outgoing.get(sequence);
        if (m == null) {
            throw new IllegalStateException(change + " names an unknown message");
        }
        return m;
    }

    private static void require(boolean holds, Change change, String complaint) {
        if (!holds) {
            throw new IllegalStateException(change + " " + complaint);
        }
    }

    /**
     * What a client opening this session is told.
     *
     * @return a copy
     */
    public Recovered recovered() {
        List<OutgoingMessage> inFlight = new ArrayList<>();
        long queued = 0;
        long bytes = 0;
        for (OutgoingMessage m : outgoing.values()) {
            if (m.state() == State.QUEUED) {
                queued++;
                bytes += m.size();
            } else {
                inFlight.add(m);
            }
        }
        return new Recovered(
                presence,
                numbersReserved,
                inFlight,
                queued,
                bytes,
                receivedIdentifiers,
                List.copyOf(inbox.values()),
                List.copyOf(subscriptions.values()),
                subscriptionIdentifiers,
                highestSubscriptionIdentifier,
                identifiersReserved);
    }

    /**
     * Reads queued messages in their order; see {@link StoredSession#readQueued}.
     *
     * @param afterSequence where to start
     * @param maximumMessages how many at most
     * @param maximumBytes how much at most, one message in any case
     * @return the messages
     */
    public List<OutgoingMessage> queued(
            long afterSequence, int maximumMessages, long maximumBytes) {
        List<OutgoingMessage> page = new ArrayList<>();
        long bytes = 0;
        for (OutgoingMessage m : outgoing.tailMap(afterSequence, false).values()) {
            if (m.state() == State.QUEUED) {
                bytes += m.size();
                if (page.size() == maximumMessages || (!page.isEmpty() && bytes > maximumBytes)) {
                    break;
                }
                page.add(m);
            }
        }
        return page;
    }
}
