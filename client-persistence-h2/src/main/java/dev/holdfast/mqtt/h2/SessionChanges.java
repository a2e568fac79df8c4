package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.IncomingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The changes of a group to one session, reduced to what remains of them for each key: messages
 * that come and go within the group leave nothing. Means what {@link
 * dev.holdfast.mqtt.store.SessionState#apply} means.
 */
final class SessionChanges {
    final SessionRow session;

    /** By sequence number, in the order of the first change. */
    final Map<Long, OutgoingChange> outgoing = new LinkedHashMap<>();

    /** By Packet Identifier. */
    final Map<Integer, IdentifierChange> identifiers = new LinkedHashMap<>();

    /** Received by this group and not consumed by it, by delivery id. */
    final Map<Long, IncomingMessage> received = new LinkedHashMap<>();

    /** Delivery ids of messages in the file. */
    final List<Long> consumed = new ArrayList<>();

    /** By Topic Filter; empty ones are gone. */
    final Map<String, Optional<SubscriptionRow>> subscriptions = new HashMap<>();

    /** Whether the row of the session itself changes. */
    boolean sessionChanged;

    /** Of messages that are to be inserted. */
    long bytes;

    /** How many outgoing messages were accepted and completed by the group. */
    int passed;

    /** How many in the file were completed. */
    int completed;

    /** How many of these at QoS 2, and a moment after they got there. */
    int completedSoon;

    /** Whether the last batch speaks of outgoing messages that are in the file. */
    boolean isInFile;

    /** When the batch that is being added was taken. */
    private long now;

    SessionChanges(SessionRow session) {
        this.session = session;
    }

    /** A received Packet Identifier: whether the file has it, and which delivery holds it now. */
    static final class IdentifierChange {
        final boolean stored;

        /** 0 if it is no longer held. */
        long deliveryId;

        IdentifierChange(boolean stored) {
            this.stored = stored;
        }
    }

    void add(List<Change> batch, long taken) {
        now = taken;
        isInFile = false;
        for (Change change : batch) {
            add(change);
        }
    }

    private void add(Change change) {
        if (change instanceof Change.Accepted c) {
            accepted(c);
        } else if (change instanceof Change.Sent c) {
            outgoing(c.sequence()).sent(c);
        } else if (change instanceof Change.Released c) {
            outgoing(c.sequence()).released(c);
        } else if (change instanceof Change.Requeued c) {
            outgoing(c.sequence()).requeued(c);
        } else if (change instanceof Change.Completed c) {
            completed(c);
        } else if (change instanceof Change.Received c) {
            received(c);
        } else if (change instanceof Change.Forgotten c) {
            forgotten(c);
        } else if (change instanceof Change.Consumed c) {
            consumed(c);
        } else if (change instanceof Change.Subscribed c) {
            put(SubscriptionRow.confirmed(c.subscription(), c.identifier()));
        } else if (change instanceof Change.Identified c) {
            put(new SubscriptionRow(c.topicFilter(), c.identifier(), null));
        } else if (change instanceof Change.Unsubscribed c) {
            subscriptions.put(c.topicFilter(), Optional.empty());
        } else if (change instanceof Change.NumbersReserved c) {
            require(c.below() > session.numbersReserved, change, "goes back");
            session.numbersReserved = c.below();
            sessionChanged = true;
        } else if (change instanceof Change.IdentifiersReserved c) {
            require(c.upTo() > session.identifiersReserved, change, "goes back");
            session.identifiersReserved = c.upTo();
            sessionChanged = true;
        } else if (change instanceof Change.Presence c) {
            session.presence = c.presence();
            sessionChanged = true;
        } else {
            throw new AssertionError("The H2 store does not know " + change);
        }
    }

    private void put(SubscriptionRow row) {
        subscriptions.put(row.topicFilter(), Optional.of(row));
        if (row.identifier() > session.highestSubscriptionIdentifier) {
            session.highestSubscriptionIdentifier = row.identifier();
            sessionChanged = true;
        }
    }

    private void accepted(Change.Accepted change) {
        OutgoingMessage message = change.message();
        require(message.state() == OutgoingMessage.State.QUEUED, change, "is not in state QUEUED");
        Object before = outgoing.put(message.sequence(), OutgoingChange.accepted(message, now));
        require(before == null, change, "has a number that is taken");
        bytes += message.size();
    }

    private OutgoingChange outgoing(long sequence) {
        OutgoingChange known =
                outgoing.computeIfAbsent(
                        sequence, s -> OutgoingChange.stored(session.flights.get(s), now));
        isInFile |= known.accepted() == null;
        return known;
    }

    private void completed(Change.Completed change) {
        OutgoingChange known = outgoing(change.sequence());
        OutgoingMessage message = known.accepted();
        known.completed(change);
        if (message != null) {
            // The file never hears of it.
            bytes -= message.size();
            outgoing.remove(change.sequence());
            passed++;
        } else {
            completed++;
            if (known.releaseOrder() != 0 && change.sequence() > session.claimedBefore) {
                completedSoon++;
            }
        }
    }

    private void received(Change.Received change) {
        IdentifierChange identifier =
                identifiers.computeIfAbsent(
                        change.packetIdentifier(), id -> new IdentifierChange(false));
        require(identifier.deliveryId == 0, change, "has a Packet Identifier that is held");
        identifier.deliveryId = change.message().deliveryId();
        Object before = received.put(change.message().deliveryId(), change.message());
        require(before == null, change, "has a number that is taken");
        bytes += change.message().message().payloadSize();
    }

    private void consumed(Change.Consumed change) {
        IncomingMessage message = received.remove(change.deliveryId());
        if (message == null) {
            consumed.add(change.deliveryId());
        } else {
            bytes -= message.message().payloadSize();
        }
    }

    private void forgotten(Change.Forgotten change) {
        IdentifierChange known = identifiers.get(change.packetIdentifier());
        if (known == null) {
            identifiers.put(change.packetIdentifier(), new IdentifierChange(true));
        } else {
            require(known.deliveryId != 0, change, "names a Packet Identifier that is not held");
            known.deliveryId = 0;
        }
    }

    /** From now on the file may have the messages that were accepted until then. */
    void claim(long then) {
        long highest = session.claimed;
        for (Map.Entry<Long, OutgoingChange> next : outgoing.entrySet()) {
            if (next.getValue().since() - then <= 0) {
                highest = Math.max(highest, next.getKey());
            }
        }
        session.claimed = highest;
    }

    /** Takes out the messages that are not claimed, and what became of them since. */
    SessionChanges takeUnclaimed() {
        SessionChanges left = new SessionChanges(session);
        long claimed = session.claimed;
        for (Iterator<Map.Entry<Long, OutgoingChange>> all = outgoing.entrySet().iterator();
                all.hasNext(); ) {
            Map.Entry<Long, OutgoingChange> next = all.next();
            OutgoingMessage message = next.getValue().accepted();
            if (message != null && next.getKey() > claimed) {
                all.remove();
                left.outgoing.put(next.getKey(), next.getValue());
                left.bytes += message.size();
            }
        }
        bytes -= left.bytes;
        return left;
    }

    boolean isEmpty() {
        return outgoing.isEmpty()
                && identifiers.isEmpty()
                && received.isEmpty()
                && consumed.isEmpty()
                && subscriptions.isEmpty()
                && !sessionChanged;
    }

    private static void require(boolean holds, Change change, String complaint) {
        if (!holds) {
            throw new IllegalStateException(change + " " + complaint);
        }
    }
}
