package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.IncomingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Turns a reduced group into SQL. */
final class GroupWriter {
    private final Rows rows;
    private final Batch insertOutgoing;
    private final Batch deleteOutgoing;
    private final Batch insertFlight;
    private final Batch updateFlight;
    private final Batch deleteFlight;
    private final Batch insertIdentifier;
    private final Batch updateIdentifier;
    private final Batch deleteIdentifier;
    private final Batch insertInbox;
    private final Batch deleteInbox;
    private final Batch mergeSubscription;
    private final Batch deleteSubscription;
    private final Batch updateSession;
    private final PreparedStatement sizes;
    private final PreparedStatement outgoingByKey;

    private final KeyRuns doneOutgoing = new KeyRuns();
    private final KeyRuns doneFlights = new KeyRuns();
    private final KeyRuns doneIdentifiers = new KeyRuns();
    private final KeyRuns doneInbox = new KeyRuns();
    private final KeyRuns leavingQueue = new KeyRuns();
    private final KeyRuns joiningQueue = new KeyRuns();

    GroupWriter(H2Engine engine, Rows rows) throws SQLException {
        this.rows = rows;
        insertOutgoing = insert(engine, "OUTGOING", Rows.OUTGOING);
        deleteOutgoing = deleteRange(engine, "OUTGOING");
        insertFlight = insert(engine, "FLIGHT", Rows.FLIGHT);
        updateFlight =
                new Batch(
                        engine,
                        "UPDATE FLIGHT SET PACKET_IDENTIFIER = ?, RELEASE_ORDER = ?, CRC = ?"
                                + " WHERE ID = ?");
        deleteFlight = deleteRange(engine, "FLIGHT");
        insertIdentifier = insert(engine, "RECEIVED_IDENTIFIER", Rows.RECEIVED_IDENTIFIER);
        updateIdentifier =
                new Batch(
                        engine,
                        "UPDATE RECEIVED_IDENTIFIER SET DELIVERY_ID = ?, CRC = ? WHERE ID = ?");
        deleteIdentifier = deleteRange(engine, "RECEIVED_IDENTIFIER");
        insertInbox = insert(engine, "INBOX", Rows.INBOX);
        deleteInbox = deleteRange(engine, "INBOX");
        mergeSubscription =
                new Batch(
                        engine,
                        "MERGE INTO SUBSCRIPTION(" + Rows.SUBSCRIPTION + ") VALUES(?, ?, ?, ?, ?)");
        deleteSubscription =
                new Batch(
                        engine, "DELETE FROM SUBSCRIPTION WHERE SESSION = ? AND TOPIC_FILTER = ?");
        updateSession =
                new Batch(
                        engine,
                        "UPDATE SESSION SET PRESENCE = ?, NUMBERS_RESERVED = ?,"
                                + " QUEUED_MESSAGES = ?, QUEUED_BYTES = ?,"
                                + " HIGHEST_SUBSCRIPTION_IDENTIFIER = ?, CRC = ?"
                                + " WHERE NUMBER = ?");
        sizes =
                engine.connection()
                        .prepareStatement(
                                "SELECT COUNT(*), SUM(SIZE) FROM OUTGOING"
                                        + " WHERE ID BETWEEN ? AND ?");
        outgoingByKey =
                engine.connection()
                        .prepareStatement(
                                "SELECT " + Rows.OUTGOING + " FROM OUTGOING WHERE ID = ?");
    }

    private static Batch insert(H2Engine engine, String table, String columns) throws SQLException {
        String parameters = columns.replaceAll("\\w+", "?");
        return new Batch(
                engine, "INSERT INTO " + table + "(" + columns + ") VALUES(" + parameters + ")");
    }

    private static Batch deleteRange(H2Engine engine, String table) throws SQLException {
        return new Batch(engine, "DELETE FROM " + table + " WHERE ID BETWEEN ? AND ?");
    }

    /** Executes all of a group; the caller commits. */
    void write(Group group) throws SQLException {
        for (SessionChanges changes : group.sessions()) {
            writeOutgoing(changes);
            writeIdentifiers(changes);
            writeInbox(changes);
            writeSubscriptions(changes);
            if (changes.sessionChanged) {
                writeSession(changes.session);
            }
        }
        deleteRuns(doneOutgoing, deleteOutgoing);
        deleteRuns(doneFlights, deleteFlight);
        deleteRuns(doneIdentifiers, deleteIdentifier);
        deleteRuns(doneInbox, deleteInbox);
        insertOutgoing.execute();
        insertFlight.execute();
        updateFlight.execute();
        insertIdentifier.execute();
        updateIdentifier.execute();
        insertInbox.execute();
        mergeSubscription.execute();
        deleteSubscription.execute();
        updateSession.execute();
    }

    private void writeOutgoing(SessionChanges changes) throws SQLException {
        SessionRow session = changes.session;
        long messages = session.queuedMessages;
        long bytes = session.queuedBytes;
        for (Map.Entry<Long, OutgoingChange> entry : changes.outgoing.entrySet()) {
            long sequence = entry.getKey();
            OutgoingChange change = entry.getValue();
            OutgoingMessage accepted = change.accepted();
            if (change.hasPassed()) {
                continue;
            }
            if (accepted != null) {
                insert(session, change, accepted);
            } else if (change.before == null) {
                leaveQueue(session, sequence, change);
            } else {
                changeFlight(session, sequence, change, change.before);
            }
        }
        countQueue(session, leavingQueue, -1);
        countQueue(session, joiningQueue, 1);
        if (messages != session.queuedMessages || bytes != session.queuedBytes) {
            changes.sessionChanged = true;
        }
    }

    private void insert(SessionRow session, OutgoingChange change, OutgoingMessage message)
            throws SQLException {
        long sequence = message.sequence();
        if (change.isQueued()) {
            long key = Keys.queued(session.number, sequence);
            rows.outgoing(insertOutgoing.next(), key, message, 0);
            session.queuedMessages++;
            session.queuedBytes += message.size();
        } else {
            long key = Keys.sent(session.number, sequence);
            rows.outgoing(insertOutgoing.next(), key, message, change.packetIdentifier());
            boolean released = change.releaseOrder() != 0;
            putFlight(session, sequence, change, key, released);
            if (released) {
                insertFlight(session, sequence);
            }
        }
        insertOutgoing.add(1);
    }

    /** The message is queued in the file; does anything else become of it? */
    private void leaveQueue(SessionRow session, long sequence, OutgoingChange change)
            throws SQLException {
        if (change.isQueued()) {
            return;
        }
        long key = Keys.queued(session.number, sequence);
        leavingQueue.add(key);
        if (change.isCompleted()) {
            doneOutgoing.add(key);
        } else {
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
                doneFlights.add(before.key());
            }
            if (change.isCompleted()) {
                doneOutgoing.add(before.key());
            } else if (Keys.isQueued(before.key())) {
                joiningQueue.add(before.key());
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
        outgoingByKey.setLong(1, key);
        try (ResultSet row = outgoingByKey.executeQuery()) {
            if (!row.next()) {
                throw new IllegalStateException(
                        "OUTGOING has no row " + key + " for message " + sequence);
            }
            OutgoingMessage stored = rows.outgoing(row, null);
            rows.outgoing(insertOutgoing.next(), Keys.queued(session.number, sequence), stored, 0);
            insertOutgoing.add(1);
            insertOutgoing.execute(); // one at a time: there may be many, and large ones
            doneOutgoing.add(key);
            session.queuedMessages++;
            session.queuedBytes += stored.size();
        }
    }

    private static void putFlight(
            SessionRow session, long sequence, OutgoingChange change, long key, boolean ownRow) {
        session.flights.put(
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

    private void insertFlight(SessionRow session, long sequence) throws SQLException {
        rows.flight(insertFlight.next(), flight(session, sequence));
        insertFlight.add(1);
    }

    private void updateFlight(SessionRow session, long sequence) throws SQLException {
        Flight flight = flight(session, sequence);
        PreparedStatement update = updateFlight.next();
        update.setInt(1, flight.packetIdentifier());
        update.setLong(2, flight.releaseOrder());
        update.setInt(3, rows.flightChecksum(flight));
        update.setLong(4, flight.key());
        updateFlight.add(1);
    }

    private void countQueue(SessionRow session, KeyRuns keys, int sign) throws SQLException {
        keys.drain(
                (first, last, length) -> {
                    sizes.setLong(1, first);
                    sizes.setLong(2, last);
                    try (ResultSet row = sizes.executeQuery()) {
                        row.next();
                        if (row.getLong(1) != length) {
                            throw new IllegalStateException(
                                    "OUTGOING has "
                                            + row.getLong(1)
                                            + " rows and not "
                                            + length
                                            + " from "
                                            + first
                                            + " to "
                                            + last
                                            + ": the client and the file disagree on what is"
                                            + " stored");
                        }
                        session.queuedMessages += (long) sign * length;
                        session.queuedBytes += sign * row.getLong(2);
                    }
                });
    }

    private void writeIdentifiers(SessionChanges changes) throws SQLException {
        for (Map.Entry<Integer, SessionChanges.IdentifierChange> entry :
                changes.identifiers.entrySet()) {
            long key = Keys.identifier(changes.session.number, entry.getKey());
            SessionChanges.IdentifierChange change = entry.getValue();
            boolean held = change.deliveryId != 0;
            if (change.stored && !held) {
                doneIdentifiers.add(key);
            } else if (change.stored) {
                PreparedStatement update = updateIdentifier.next();
                update.setLong(1, change.deliveryId);
                update.setInt(2, rows.identifierChecksum(key, change.deliveryId));
                update.setLong(3, key);
                updateIdentifier.add(1);
            } else if (held) {
                PreparedStatement insert = insertIdentifier.next();
                insert.setLong(1, key);
                insert.setLong(2, change.deliveryId);
                insert.setInt(3, rows.identifierChecksum(key, change.deliveryId));
                insertIdentifier.add(1);
            }
        }
    }

    private void writeInbox(SessionChanges changes) throws SQLException {
        int session = changes.session.number;
        for (IncomingMessage message : changes.received.values()) {
            rows.incoming(
                    insertInbox.next(), Keys.delivery(session, message.deliveryId()), message);
            insertInbox.add(1);
        }
        for (long deliveryId : changes.consumed) {
            doneInbox.add(Keys.delivery(session, deliveryId));
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

    private void writeSession(SessionRow session) throws SQLException {
        PreparedStatement update = updateSession.next();
        update.setString(1, session.presence.name());
        update.setLong(2, session.numbersReserved);
        update.setLong(3, session.queuedMessages);
        update.setLong(4, session.queuedBytes);
        update.setInt(5, session.highestSubscriptionIdentifier);
        update.setInt(6, session.checksum(rows.checksum()));
        update.setInt(7, session.number);
        updateSession.add(1);
    }

    private static void deleteRuns(KeyRuns keys, Batch delete) throws SQLException {
        keys.drain(
                (first, last, length) -> {
                    delete.next().setLong(1, first);
                    delete.next().setLong(2, last);
                    delete.add(length);
                });
        delete.execute();
    }
}
