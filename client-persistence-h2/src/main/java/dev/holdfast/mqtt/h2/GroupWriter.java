package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.IncomingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Puts a reduced group into the tables. */
final class GroupWriter {
    private final Rows rows;
    private final H2Engine engine;
    private final Tree outgoing;
    private final Tree flights;
    private final Tree identifiers;
    private final Tree inbox;
    private final Batch mergeSubscription;
    private final Batch deleteSubscription;
    private final Tree sessions;

    GroupWriter(H2Engine engine, Rows rows) throws SQLException {
        this.rows = rows;
        this.engine = engine;
        outgoing = engine.tree("OUTGOING");
        flights = engine.tree("FLIGHT");
        identifiers = engine.tree("RECEIVED_IDENTIFIER");
        inbox = engine.tree("INBOX");
        mergeSubscription =
                new Batch(
                        engine,
                        "MERGE INTO SUBSCRIPTION(" + Rows.SUBSCRIPTION + ") VALUES(?, ?, ?, ?, ?)");
        deleteSubscription =
                new Batch(
                        engine, "DELETE FROM SUBSCRIPTION WHERE SESSION = ? AND TOPIC_FILTER = ?");
        sessions = engine.tree("SESSION");
    }

    /**
     * Changes all that a group changes, and commits. Whatever H2 holds in memory until it is
     * written should not be much, so a large group is written in parts. Each holds all that the
     * group changes in some sessions, and thus whole batches.
     */
    void write(Group group) throws SQLException {
        engine.together(() -> writeAndCommit(group));
    }

    private void writeAndCommit(Group group) throws SQLException {
        engine.settle();
        for (SessionChanges changes : group.sessions()) {
            writeOutgoing(changes);
            writeIdentifiers(changes);
            writeInbox(changes);
            writeSubscriptions(changes);
            if (changes.sessionChanged) {
                writeSession(changes.session);
            }
            if (engine.isMuchUnwritten()) {
                commit();
            }
        }
        commit();
    }

    private void commit() throws SQLException {
        engine.keepTogether();
        mergeSubscription.execute();
        deleteSubscription.execute();
        engine.commit();
    }

    private void writeOutgoing(SessionChanges changes) throws SQLException {
        SessionRow session = changes.session;
        long messages = session.queuedMessages;
        long bytes = session.queuedBytes;
        for (Map.Entry<Long, OutgoingChange> entry : changes.outgoing.entrySet()) {
            long sequence = entry.getKey();
            OutgoingChange change = entry.getValue();
            OutgoingMessage accepted = change.accepted();
            if (accepted != null) {
                insert(session, change, accepted);
            } else if (change.before == null) {
                leaveQueue(session, sequence, change);
            } else {
                changeFlight(session, sequence, change, change.before);
            }
        }
        if (messages != session.queuedMessages || bytes != session.queuedBytes) {
            changes.sessionChanged = true;
        }
    }

    private void insert(SessionRow session, OutgoingChange change, OutgoingMessage message) {
        long sequence = message.sequence();
        if (change.isQueued()) {
            long key = Keys.queued(session.number, sequence);
            outgoing.insert(key, rows.outgoing(key, message, 0));
            session.queuedMessages++;
            session.queuedBytes += message.size();
        } else {
            long key = Keys.sent(session.number, sequence);
            outgoing.insert(key, rows.outgoing(key, message, change.packetIdentifier()));
            boolean released = change.releaseOrder() != 0;
            putFlight(session, sequence, change, key, released);
            if (released) {
                insertFlight(session, sequence);
            }
        }
    }

    /** The message is queued in the file; does anything else become of it? */
    private void leaveQueue(SessionRow session, long sequence, OutgoingChange change) {
        if (change.isQueued()) {
            return;
        }
        long key = Keys.queued(session.number, sequence);
        session.queuedMessages--;
        if (change.isCompleted()) {
            session.queuedBytes -= Rows.size(outgoing.remove(key));
        } else {
            session.queuedBytes -= Rows.size(outgoing.get(key));
            putFlight(session, sequence, change, key, true);
            insertFlight(session, sequence);
        }
    }

    private void changeFlight(
            SessionRow session, long sequence, OutgoingChange change, Flight before)
            throws SQLException {
        if (change.isCompleted() || change.isQueued()) {
            session.flights.remove(sequence);
            if (before.ownRow()) {
                flights.remove(before.key());
            }
            if (change.isCompleted()) {
                outgoing.remove(before.key());
            } else if (Keys.isQueued(before.key())) {
                session.queuedMessages++;
                session.queuedBytes += Rows.size(outgoing.get(before.key()));
            } else {
                moveToQueue(session, sequence, before.key());
            }
            return;
        }
        putFlight(session, sequence, change, before.key(), true);
        if (before.ownRow()) {
            updateFlight(session, sequence);
        } else {
            insertFlight(session, sequence);
        }
    }

    /** A message that was stored as sent is queued after all: its key changes. Seldom. */
    private void moveToQueue(SessionRow session, long sequence, long key) throws SQLException {
        OutgoingMessage stored = rows.outgoing(outgoing.remove(key), null);
        long queued = Keys.queued(session.number, sequence);
        outgoing.insert(queued, rows.outgoing(queued, stored, 0));
        session.queuedMessages++;
        session.queuedBytes += stored.size();
    }

    private static void putFlight(
            SessionRow session, long sequence, OutgoingChange change, long key, boolean ownRow) {
        session.keep(
                sequence,
                new Flight(key, change.packetIdentifier(), change.releaseOrder(), ownRow));
    }

    private static Flight flight(SessionRow session, long sequence) {
        @Nullable Flight flight = session.flights.get(sequence);
        if (flight == null) {
            throw new IllegalStateException("Message " + sequence + " is not in flight");
        }
        return flight;
    }

    private void insertFlight(SessionRow session, long sequence) {
        Flight flight = flight(session, sequence);
        flights.insert(flight.key(), rows.flight(flight));
    }

    private void updateFlight(SessionRow session, long sequence) {
        Flight flight = flight(session, sequence);
        flights.replace(flight.key(), rows.flight(flight));
    }

    private void writeIdentifiers(SessionChanges changes) {
        for (Map.Entry<Integer, SessionChanges.IdentifierChange> entry :
                changes.identifiers.entrySet()) {
            long key = Keys.identifier(changes.session.number, entry.getKey());
            SessionChanges.IdentifierChange change = entry.getValue();
            boolean held = change.deliveryId != 0;
            if (change.stored && !held) {
                identifiers.remove(key);
            } else if (change.stored) {
                identifiers.replace(key, rows.identifier(key, change.deliveryId));
            } else if (held) {
                identifiers.insert(key, rows.identifier(key, change.deliveryId));
            }
        }
    }

    private void writeInbox(SessionChanges changes) {
        int session = changes.session.number;
        for (IncomingMessage message : changes.received.values()) {
            long key = Keys.delivery(session, message.deliveryId());
            inbox.insert(key, rows.incoming(key, message));
        }
        for (long deliveryId : changes.consumed) {
            inbox.remove(Keys.delivery(session, deliveryId));
        }
    }

    private void writeSubscriptions(SessionChanges changes) throws SQLException {
        int session = changes.session.number;
        for (Map.Entry<String, Optional<SubscriptionRow>> entry :
                changes.subscriptions.entrySet()) {
            if (entry.getValue().isPresent()) {
                rows.subscription(mergeSubscription.next(), session, entry.getValue().get());
                mergeSubscription.add(1);
            } else {
                PreparedStatement delete = deleteSubscription.next();
                delete.setInt(1, session);
                delete.setString(2, entry.getKey());
                deleteSubscription.add(Batch.ANY);
            }
        }
    }

    private void writeSession(SessionRow session) {
        sessions.replace(session.number, rows.session(session, sessions.get(session.number)));
    }
}
