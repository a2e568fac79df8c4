package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.store.IncomingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState;
import dev.holdfast.mqtt.store.StoreException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds sessions in the file, and reads what they hold. */
final class SessionReader {
    /** In QUEUED_MESSAGES: somebody mended the file by hand; the counts are not to be trusted. */
    private static final long RECOUNT = -1;

    private final StoreFile file;
    private final Rows rows;
    private final PreparedStatement findSession;
    private final PreparedStatement nextNumber;
    private final PreparedStatement insertSession;
    private final PreparedStatement touchSession;
    private final PreparedStatement flights;
    private final Tree outgoing;
    private final PreparedStatement identifiers;
    private final PreparedStatement inbox;
    private final PreparedStatement subscriptions;
    private final PreparedStatement queueTotals;
    private final PreparedStatement mendSession;

    SessionReader(H2Engine engine, StoreFile file, Rows rows) throws SQLException {
        this.file = file;
        this.rows = rows;
        findSession =
                prepare(
                        engine,
                        "SELECT NUMBER, PRESENCE, NUMBERS_RESERVED, QUEUED_MESSAGES, QUEUED_BYTES,"
                                + " HIGHEST_SUBSCRIPTION_IDENTIFIER, IDENTIFIERS_RESERVED, CRC"
                                + " FROM SESSION WHERE CLIENT_IDENTIFIER = ?");
        nextNumber = prepare(engine, "SELECT COALESCE(MAX(NUMBER), 0) + 1 FROM SESSION");
        insertSession =
                prepare(
                        engine,
                        "INSERT INTO SESSION(NUMBER, CLIENT_IDENTIFIER, PRESENCE,"
                                + " NUMBERS_RESERVED, QUEUED_MESSAGES, QUEUED_BYTES, LAST_OPENED,"
                                + " CRC) VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
        touchSession = prepare(engine, "UPDATE SESSION SET LAST_OPENED = ? WHERE NUMBER = ?");
        flights = prepareRange(engine, Rows.FLIGHT, "FLIGHT");
        outgoing = engine.tree("OUTGOING");
        identifiers = prepareRange(engine, Rows.RECEIVED_IDENTIFIER, "RECEIVED_IDENTIFIER");
        inbox = prepareRange(engine, Rows.INBOX, "INBOX");
        queueTotals =
                prepare(
                        engine,
                        "SELECT COUNT(*), COALESCE(SUM(SIZE), 0) FROM OUTGOING"
                                + " WHERE ID BETWEEN ? AND ? AND NOT EXISTS"
                                + " (SELECT 1 FROM FLIGHT F WHERE F.ID = OUTGOING.ID)");
        mendSession =
                prepare(
                        engine,
                        "UPDATE SESSION SET QUEUED_MESSAGES = ?, QUEUED_BYTES = ?, CRC = ?"
                                + " WHERE NUMBER = ?");
        subscriptions =
                prepare(
                        engine,
                        "SELECT " + Rows.SUBSCRIPTION + " FROM SUBSCRIPTION WHERE SESSION = ?");
    }

    private static PreparedStatement prepare(H2Engine engine, String sql) throws SQLException {
        return engine.connection().prepareStatement(sql);
    }

    private static PreparedStatement prepareRange(H2Engine engine, String columns, String table)
            throws SQLException {
        return prepare(
                engine,
                "SELECT " + columns + " FROM " + table + " WHERE ID BETWEEN ? AND ? ORDER BY ID");
    }

    private static ResultSet range(PreparedStatement query, long first, long last)
            throws SQLException {
        query.setLong(1, first);
        query.setLong(2, last);
        return query.executeQuery();
    }

    /** Finds the row of a session, or makes one. The caller commits, sooner or later. */
    SessionRow open(String clientIdentifier) throws SQLException {
        Timestamp now = new Timestamp(System.currentTimeMillis());
        findSession.setString(1, clientIdentifier);
        try (ResultSet row = findSession.executeQuery()) {
            if (row.next()) {
                SessionRow session = session(row, clientIdentifier);
                touchSession.setTimestamp(1, now);
                touchSession.setInt(2, session.number);
                touchSession.executeUpdate();
                return session;
            }
        }
        return create(clientIdentifier, now);
    }

    private SessionRow session(ResultSet row, String clientIdentifier) throws SQLException {
        SessionRow session = new SessionRow(row.getInt(1), clientIdentifier);
        try {
            session.presence = SessionState.Presence.valueOf(row.getString(2));
        } catch (IllegalArgumentException e) {
            throw damaged(
                    session,
                    "has an unknown presence (" + e + ")",
                    "UPDATE SESSION SET PRESENCE = 'HELD' WHERE NUMBER = "
                            + session.number
                            + "; "
                            + recount(session.number));
        }
        session.numbersReserved = row.getLong(3);
        session.claimed = session.numbersReserved - 1;
        session.claimedBefore = session.claimed;
        session.queuedMessages = row.getLong(4);
        session.queuedBytes = row.getLong(5);
        session.highestSubscriptionIdentifier = row.getInt(6);
        session.identifiersReserved = row.getInt(7);
        if (session.queuedMessages == RECOUNT) {
            countQueue(session);
        } else if (session.checksum(rows.checksum()) != row.getInt(8)) {
            throw damaged(session, "has a wrong checksum", recount(session.number));
        }
        return session;
    }

    private StoreException damaged(SessionRow session, String complaint, String mend) {
        return Errors.damaged(file, "SESSION", "NUMBER = " + session.number, complaint, mend);
    }

    /** SQL that makes the store count the queue anew, and take the rest of the row as it is. */
    static String recount(int session) {
        return "UPDATE SESSION SET QUEUED_MESSAGES = " + RECOUNT + " WHERE NUMBER = " + session;
    }

    private void countQueue(SessionRow session) throws SQLException {
        try (ResultSet row =
                range(
                        queueTotals,
                        Keys.queued(session.number, 0),
                        Keys.queued(session.number, Keys.MAXIMUM_SEQUENCE))) {
            row.next();
            session.queuedMessages = row.getLong(1);
            session.queuedBytes = row.getLong(2);
        }
        mendSession.setLong(1, session.queuedMessages);
        mendSession.setLong(2, session.queuedBytes);
        mendSession.setInt(3, session.checksum(rows.checksum()));
        mendSession.setInt(4, session.number);
        mendSession.executeUpdate();
    }

    private SessionRow create(String clientIdentifier, Timestamp now) throws SQLException {
        int number;
        try (ResultSet row = nextNumber.executeQuery()) {
            row.next();
            number = row.getInt(1);
        }
        if (number > Keys.MAXIMUM_SESSION) {
            throw new IllegalStateException(
                    "The store has "
                            + Keys.MAXIMUM_SESSION
                            + " sessions and holds no more; use a further store");
        }
        SessionRow session = new SessionRow(number, clientIdentifier);
        insertSession.setInt(1, number);
        insertSession.setString(2, clientIdentifier);
        insertSession.setString(3, session.presence.name());
        insertSession.setLong(4, session.numbersReserved);
        insertSession.setLong(5, session.queuedMessages);
        insertSession.setLong(6, session.queuedBytes);
        insertSession.setTimestamp(7, now);
        insertSession.setInt(8, session.checksum(rows.checksum()));
        insertSession.executeUpdate();
        return session;
    }

    /** Reads all of a session but its queue, and remembers its flights in the session's row. */
    Recovered recover(SessionRow session) throws SQLException {
        List<OutgoingMessage> inFlight = recoverFlights(session);
        Map<Integer, Long> held = new HashMap<>();
        long firstIdentifier = Keys.identifier(session.number, 0);
        try (ResultSet row = range(identifiers, firstIdentifier, firstIdentifier | 0xFFFF)) {
            while (row.next()) {
                held.put(Keys.packetIdentifier(row.getLong(1)), rows.deliveryId(row));
            }
        }
        List<IncomingMessage> waiting = new ArrayList<>();
        try (ResultSet row =
                range(
                        inbox,
                        Keys.delivery(session.number, 0),
                        Keys.delivery(session.number, Keys.MAXIMUM_SEQUENCE))) {
            while (row.next()) {
                waiting.add(rows.incoming(row));
            }
        }
        List<Subscription> confirmed = new ArrayList<>();
        Map<String, Integer> subscriptionIdentifiers = new HashMap<>();
        subscriptions.setInt(1, session.number);
        try (ResultSet row = subscriptions.executeQuery()) {
            while (row.next()) {
                SubscriptionRow subscription = rows.subscription(row);
                if (subscription.confirmed() != null) {
                    confirmed.add(subscription.confirmed());
                }
                if (subscription.identifier() != 0) {
                    subscriptionIdentifiers.put(
                            subscription.topicFilter(), subscription.identifier());
                }
            }
        }
        return new Recovered(
                session.presence,
                session.numbersReserved,
                inFlight,
                session.queuedMessages,
                session.queuedBytes,
                held,
                waiting,
                confirmed,
                subscriptionIdentifiers,
                session.highestSubscriptionIdentifier,
                session.identifiersReserved);
    }

    private List<OutgoingMessage> recoverFlights(SessionRow session) throws SQLException {
        Map<Long, Flight> byKey = new HashMap<>();
        try (ResultSet row =
                range(
                        flights,
                        Keys.sent(session.number, 0),
                        Keys.queued(session.number, Keys.MAXIMUM_SEQUENCE))) {
            while (row.next()) {
                Flight flight = rows.flight(row);
                byKey.put(flight.key(), flight);
            }
        }
        List<OutgoingMessage> inFlight = new ArrayList<>();
        readFlights(
                session,
                byKey,
                inFlight,
                Keys.sent(session.number, 0),
                Keys.sent(session.number, Keys.MAXIMUM_SEQUENCE));
        for (long key : byKey.keySet().stream().filter(Keys::isQueued).sorted().toList()) {
            readFlights(session, byKey, inFlight, key, key);
        }
        for (long key : byKey.keySet()) {
            if (!session.flights.containsKey(Keys.number(key))) {
                throw rows.damaged("FLIGHT", key, "has no message in OUTGOING");
            }
        }
        inFlight.sort(Comparator.comparingLong(OutgoingMessage::sequence));
        return inFlight;
    }

    private void readFlights(
            SessionRow session,
            Map<Long, Flight> byKey,
            List<OutgoingMessage> inFlight,
            long first,
            long last) {
        for (var row = outgoing.range(first, last); row.hasNext(); ) {
            long key = row.next();
            @Nullable Flight flight = byKey.get(key);
            OutgoingMessage message = rows.outgoing(Tree.row(row), flight);
            inFlight.add(message);
            if (flight == null) {
                flight = new Flight(key, message.packetIdentifier(), 0, false);
            }
            session.keep(message.sequence(), flight);
        }
    }

    /** Reads messages that are queued and not in flight. */
    List<OutgoingMessage> readQueued(
            SessionRow session, long afterSequence, int maximumMessages, long maximumBytes) {
        List<OutgoingMessage> page = new ArrayList<>();
        long bytes = 0;
        long after = Math.min(Math.max(afterSequence, 0), Keys.MAXIMUM_SEQUENCE);
        var row =
                outgoing.range(
                        Keys.queued(session.number, after) + 1,
                        Keys.queued(session.number, Keys.MAXIMUM_SEQUENCE));
        while (page.size() < maximumMessages && row.hasNext()) {
            if (session.flights.containsKey(Keys.number(row.next()))) {
                continue;
            }
            long size = Rows.size(Tree.row(row));
            if (!page.isEmpty() && bytes + size > maximumBytes) {
                break;
            }
            bytes += size;
            page.add(rows.outgoing(Tree.row(row), null));
        }
        return page;
    }
}
