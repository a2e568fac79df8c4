package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.Subscription.RetainHandling;
import dev.holdfast.mqtt.store.IncomingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoreException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.h2.result.SearchRow;
import org.h2.value.Value;
import org.h2.value.ValueBigint;
import org.h2.value.ValueBoolean;
import org.h2.value.ValueInteger;
import org.h2.value.ValueNull;
import org.h2.value.ValueTinyint;
import org.h2.value.ValueVarbinary;
import org.h2.value.ValueVarchar;
import org.jspecify.annotations.Nullable;

/** Columns and their order: how rows are written, and read with their checksums checked. */
final class Rows {
    static final String OUTGOING =
            "ID, QOS, RETAIN, PACKET_IDENTIFIER, EXPIRES_AT, SIZE, TOPIC, PROPERTIES, PAYLOAD, CRC";
    static final String FLIGHT = "ID, PACKET_IDENTIFIER, RELEASE_ORDER, CRC";
    static final String RECEIVED_IDENTIFIER = "ID, DELIVERY_ID, CRC";
    static final String INBOX = "ID, QOS, RETAIN, TOPIC, PROPERTIES, PAYLOAD, CRC";
    static final String SUBSCRIPTION =
            "SESSION, TOPIC_FILTER, OPTIONS, SUBSCRIPTION_IDENTIFIER, CRC";

    /** Where SIZE stands in {@link #OUTGOING}. */
    private static final int SIZE = 5;

    /** Where LAST_OPENED stands in SESSION. */
    private static final int LAST_OPENED = 6;

    /** In place of the options: the server's answer is not known. */
    private static final int UNCONFIRMED = -1;

    private static final String WRONG_CHECKSUM = "has a wrong checksum";

    private final StoreFile file;
    private final RowChecksum checksum = new RowChecksum();

    Rows(StoreFile file) {
        this.file = file;
    }

    RowChecksum checksum() {
        return checksum;
    }

    /**
     * All columns of a row of SESSION.
     *
     * @param before what stands in the file; the Client Identifier and the time of opening stay
     */
    Value[] session(SessionRow session, SearchRow before) {
        return new Value[] {
            before.getValue(0),
            before.getValue(1),
            ValueVarchar.get(session.presence.name()),
            ValueBigint.get(session.numbersReserved),
            ValueBigint.get(session.queuedMessages),
            ValueBigint.get(session.queuedBytes),
            before.getValue(LAST_OPENED),
            ValueInteger.get(session.checksum(checksum)),
            ValueInteger.get(session.highestSubscriptionIdentifier),
            ValueInteger.get(session.identifiersReserved)
        };
    }

    /** The columns of {@link #OUTGOING}. */
    Value[] outgoing(long key, OutgoingMessage m, int packetIdentifier) {
        Message message = m.message();
        int qos = level(message.qos());
        byte @Nullable [] properties = PublishProperties.pack(message);
        byte[] payload = message.payloadBytes();
        long size = m.size();
        int crc =
                checksum.row(key)
                        .add(qos)
                        .add(message.retain())
                        .add(packetIdentifier)
                        .add(m.expiresAt())
                        .add(size)
                        .add(message.topic())
                        .add(properties)
                        .add(payload)
                        .value();
        return new Value[] {
            ValueBigint.get(key),
            ValueTinyint.get((byte) qos),
            ValueBoolean.get(message.retain()),
            ValueInteger.get(packetIdentifier),
            m.expiresAt() == OutgoingMessage.NEVER
                    ? ValueNull.INSTANCE
                    : ValueBigint.get(m.expiresAt()),
            ValueBigint.get(size),
            ValueVarchar.get(message.topic()),
            bytes(properties),
            bytes(payload),
            ValueInteger.get(crc)
        };
    }

    /** Reads the column SIZE of a row of OUTGOING. */
    static long size(SearchRow outgoing) {
        return outgoing.getValue(SIZE).getLong();
    }

    private static Value bytes(byte @Nullable [] bytes) {
        return bytes == null ? ValueNull.INSTANCE : ValueVarbinary.getNoCopy(bytes);
    }

    /**
     * Reads a row of OUTGOING.
     *
     * @param flight what FLIGHT says of it; null leaves it to the row
     */
    OutgoingMessage outgoing(ResultSet row, @Nullable Flight flight) throws SQLException {
        long expires = row.getLong(5);
        long expiresAt = row.wasNull() ? OutgoingMessage.NEVER : expires;
        return outgoing(
                row.getLong(1),
                row.getInt(2),
                row.getBoolean(3),
                row.getInt(4),
                expiresAt,
                row.getLong(6),
                row.getString(7),
                row.getBytes(8),
                row.getBytes(9),
                row.getInt(10),
                flight);
    }

    /** The same for a row that was not read by SQL. */
    OutgoingMessage outgoing(SearchRow row, @Nullable Flight flight) {
        Value expires = row.getValue(4);
        return outgoing(
                row.getValue(0).getLong(),
                row.getValue(1).getInt(),
                row.getValue(2).getBoolean(),
                row.getValue(3).getInt(),
                expires.getValueType() == Value.NULL ? OutgoingMessage.NEVER : expires.getLong(),
                size(row),
                row.getValue(6).getString(),
                row.getValue(7).getBytes(),
                row.getValue(8).getBytesNoCopy(),
                row.getValue(9).getInt(),
                flight);
    }

    private OutgoingMessage outgoing(
            long key,
            int qos,
            boolean retain,
            int packetIdentifier,
            long expiresAt,
            long size,
            String topic,
            byte @Nullable [] properties,
            byte[] payload,
            int crc,
            @Nullable Flight flight) {
        int expected =
                checksum.row(key)
                        .add(qos)
                        .add(retain)
                        .add(packetIdentifier)
                        .add(expiresAt)
                        .add(size)
                        .add(topic)
                        .add(properties)
                        .add(payload)
                        .value();
        requireChecksum("OUTGOING", key, expected, crc);
        OutgoingMessage queued =
                OutgoingMessage.queued(
                        Keys.number(key),
                        message("OUTGOING", key, topic, qos, retain, properties, null, payload),
                        expiresAt);
        if (flight != null) {
            OutgoingMessage sent = queued.inFlight(flight.packetIdentifier());
            return flight.releaseOrder() == 0 ? sent : sent.released(flight.releaseOrder());
        }
        return packetIdentifier == 0 ? queued : queued.inFlight(packetIdentifier);
    }

    /** The columns of {@link #INBOX}. */
    Value[] incoming(long key, IncomingMessage m) {
        Message message = m.message();
        int qos = level(message.qos());
        byte @Nullable [] properties = PublishProperties.pack(message, m.subscriptionIdentifiers());
        byte[] payload = message.payloadBytes();
        int crc =
                checksum.row(key)
                        .add(qos)
                        .add(message.retain())
                        .add(message.topic())
                        .add(properties)
                        .add(payload)
                        .value();
        return new Value[] {
            ValueBigint.get(key),
            ValueTinyint.get((byte) qos),
            ValueBoolean.get(message.retain()),
            ValueVarchar.get(message.topic()),
            bytes(properties),
            bytes(payload),
            ValueInteger.get(crc)
        };
    }

    IncomingMessage incoming(ResultSet row) throws SQLException {
        long key = row.getLong(1);
        int qos = row.getInt(2);
        boolean retain = row.getBoolean(3);
        String topic = row.getString(4);
        byte @Nullable [] properties = row.getBytes(5);
        byte[] payload = row.getBytes(6);
        int crc =
                checksum.row(key)
                        .add(qos)
                        .add(retain)
                        .add(topic)
                        .add(properties)
                        .add(payload)
                        .value();
        requireChecksum("INBOX", key, crc, row.getInt(7));
        List<Integer> identifiers = new ArrayList<>();
        Message message =
                message("INBOX", key, topic, qos, retain, properties, identifiers, payload);
        return new IncomingMessage(Keys.number(key), message, identifiers);
    }

    private Message message(
            String table,
            long key,
            String topic,
            int qos,
            boolean retain,
            byte @Nullable [] properties,
            @Nullable List<Integer> identifiers,
            byte[] payload) {
        try {
            Message.Builder message =
                    Message.to(topic).qos(qos(qos)).retain(retain).payload(payload);
            PublishProperties.unpack(properties, message, identifiers);
            return message.build();
        } catch (IllegalArgumentException e) {
            throw damaged(table, key, "holds no message (" + e + ")");
        }
    }

    /** The columns of {@link #FLIGHT}. */
    Value[] flight(Flight flight) {
        return new Value[] {
            ValueBigint.get(flight.key()),
            ValueInteger.get(flight.packetIdentifier()),
            ValueBigint.get(flight.releaseOrder()),
            ValueInteger.get(checksum(flight))
        };
    }

    private int checksum(Flight flight) {
        return checksum.row(flight.key())
                .add(flight.packetIdentifier())
                .add(flight.releaseOrder())
                .value();
    }

    Flight flight(ResultSet row) throws SQLException {
        Flight flight = new Flight(row.getLong(1), row.getInt(2), row.getLong(3), true);
        requireChecksum("FLIGHT", flight.key(), checksum(flight), row.getInt(4));
        return flight;
    }

    /** The columns of {@link #RECEIVED_IDENTIFIER}. */
    Value[] identifier(long key, long deliveryId) {
        return new Value[] {
            ValueBigint.get(key),
            ValueBigint.get(deliveryId),
            ValueInteger.get(identifierChecksum(key, deliveryId))
        };
    }

    private int identifierChecksum(long key, long deliveryId) {
        return checksum.row(key).add(deliveryId).value();
    }

    /** Reads the delivery id of a row of RECEIVED_IDENTIFIER. */
    long deliveryId(ResultSet row) throws SQLException {
        long key = row.getLong(1);
        long deliveryId = row.getLong(2);
        requireChecksum(
                "RECEIVED_IDENTIFIER", key, identifierChecksum(key, deliveryId), row.getInt(3));
        return deliveryId;
    }

    void subscription(PreparedStatement insert, int session, SubscriptionRow row)
            throws SQLException {
        Subscription s = row.confirmed();
        int options = s == null ? UNCONFIRMED : options(s);
        insert.setInt(1, session);
        insert.setString(2, row.topicFilter());
        insert.setInt(3, options);
        insert.setInt(4, row.identifier());
        insert.setInt(
                5,
                checksum.row(session)
                        .add(row.topicFilter())
                        .add(options)
                        .add(row.identifier())
                        .value());
    }

    /** Those of the SUBSCRIBE packet (MQTT 5, section 3.8.3.1). */
    private static int options(Subscription s) {
        return level(s.maximumQos())
                | (s.noLocal() ? 0x04 : 0)
                | (s.retainAsPublished() ? 0x08 : 0)
                | handling(s.retainHandling()) << 4;
    }

    SubscriptionRow subscription(ResultSet row) throws SQLException {
        int session = row.getInt(1);
        String topicFilter = row.getString(2);
        int options = row.getInt(3);
        int identifier = row.getInt(4);
        int crc = checksum.row(session).add(topicFilter).add(options).add(identifier).value();
        String where =
                "SESSION = "
                        + session
                        + " AND TOPIC_FILTER = '"
                        + topicFilter.replace("'", "''")
                        + "'";
        if (crc != row.getInt(5)) {
            throw Errors.damaged(
                    file,
                    "SUBSCRIPTION",
                    where,
                    WRONG_CHECKSUM,
                    "DELETE FROM SUBSCRIPTION WHERE " + where);
        }
        if (options == UNCONFIRMED) {
            return new SubscriptionRow(topicFilter, identifier, null);
        }
        try {
            Subscription confirmed =
                    new Subscription(
                            topicFilter,
                            qos(options & 0x03),
                            (options & 0x04) != 0,
                            (options & 0x08) != 0,
                            handling(options >> 4 & 0x03));
            return SubscriptionRow.confirmed(confirmed, identifier);
        } catch (IllegalArgumentException e) {
            throw Errors.damaged(
                    file,
                    "SUBSCRIPTION",
                    where,
                    "holds no subscription (" + e + ")",
                    "DELETE FROM SUBSCRIPTION WHERE " + where);
        }
    }

    private static int level(QoS qos) {
        return switch (qos) {
            case AT_MOST_ONCE -> 0;
            case AT_LEAST_ONCE -> 1;
            case EXACTLY_ONCE -> 2;
        };
    }

    private static QoS qos(int level) {
        return switch (level) {
            case 0 -> QoS.AT_MOST_ONCE;
            case 1 -> QoS.AT_LEAST_ONCE;
            case 2 -> QoS.EXACTLY_ONCE;
            default -> throw new IllegalArgumentException("QoS " + level + " does not exist");
        };
    }

    private static int handling(RetainHandling handling) {
        return switch (handling) {
            case SEND -> 0;
            case SEND_IF_NEW -> 1;
            case DO_NOT_SEND -> 2;
        };
    }

    private static RetainHandling handling(int code) {
        return switch (code) {
            case 0 -> RetainHandling.SEND;
            case 1 -> RetainHandling.SEND_IF_NEW;
            case 2 -> RetainHandling.DO_NOT_SEND;
            default ->
                    throw new IllegalArgumentException(
                            "Retain Handling " + code + " does not exist");
        };
    }

    private void requireChecksum(String table, long key, int expected, int found) {
        if (expected != found) {
            throw damaged(table, key, WRONG_CHECKSUM);
        }
    }

    /** A row of a table whose key packs the session's number. */
    StoreException damaged(String table, long key, String complaint) {
        String where = "ID = " + key;
        String mend = "DELETE FROM " + table + " WHERE " + where;
        if (table.equals("OUTGOING") || table.equals("FLIGHT")) {
            mend += "; " + SessionReader.recount(Keys.session(key));
        }
        return Errors.damaged(file, table, where, complaint, mend);
    }
}
