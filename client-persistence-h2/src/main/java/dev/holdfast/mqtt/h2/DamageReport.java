package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.store.IncomingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.h2.engine.Constants;

/**
 * Reads what can be read of a damaged file, and says it in words: whose messages there are, where
 * they were bound for, how large they are; neither payloads nor properties. Each table is read from
 * both ends, as far as it goes. Bounded in time, in memory, and in the length of the report.
 */
final class DamageReport {
    private static final long NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int LINES = 20_000;

    /** Rows of one query, which H2 holds in memory. */
    private static final int ROWS = 16;

    private static final int LONGEST_NAME = 200;

    private final StoreFile aside;
    private final Writer text;
    private final Rows rows;
    private final Map<Integer, String> clients = new HashMap<>();
    private final Map<String, Integer> counts = new TreeMap<>();
    private final long start = System.nanoTime();
    private int lines;

    private DamageReport(StoreFile aside, Writer text) {
        this.aside = aside;
        this.text = text;
        rows = new Rows(aside);
    }

    /** Adds what is found. Only a report that cannot be written is an error here. */
    static void write(StoreFile aside, Writer text) throws IOException {
        try {
            new DamageReport(aside, text).write();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private void write() throws IOException {
        text.write("\nWhat could be read of it:\n\n");
        if (Files.size(aside.path()) > 0) {
            readAll();
        }
        if (lines > LINES) {
            text.write("... and " + (lines - LINES) + " further lines\n");
        }
        String found =
                counts.entrySet().stream()
                        .map(count -> count.getKey() + ": " + count.getValue())
                        .collect(Collectors.joining(", "));
        text.write("\nRows that could be read: " + (found.isEmpty() ? "none" : found) + "\n\n");
        text.write("Tools of H2 may find more, payloads included. In the folder of the file:\n");
        text.write("java -cp h2-" + Constants.VERSION + ".jar org.h2.tools.Recover -db ");
        text.write(aside.base().getFileName() + "\n");
    }

    private void readAll() {
        try (Connection connection = H2Engine.openToRead(aside.base())) {
            read(connection, "SESSION", "NUMBER", SESSION, this::session);
            read(connection, "OUTGOING", "ID", Rows.OUTGOING, this::outgoing);
            read(connection, "FLIGHT", "ID", Rows.FLIGHT, this::flight);
            read(connection, "INBOX", "ID", Rows.INBOX, this::incoming);
            read(connection, "RECEIVED_IDENTIFIER", "ID", Rows.RECEIVED_IDENTIFIER, this::received);
            read(connection, "SUBSCRIPTION", "SESSION", Rows.SUBSCRIPTION, this::subscription);
        } catch (UncheckedIOException e) {
            throw e;
        } catch (SQLException | RuntimeException | OutOfMemoryError | StackOverflowError e) {
            line("The rest cannot be read: " + Errors.reason(e));
        }
    }

    /** Says what is in a row, or throws {@link StoreException} if that is not what was written. */
    private interface Description {
        String of(ResultSet row) throws SQLException;
    }

    /** Reads a table upwards, and from its other end if something in between cannot be read. */
    private void read(
            Connection connection, String table, String key, String columns, Description row) {
        Span span = new Span();
        for (boolean up : new boolean[] {true, false}) {
            String sql =
                    "SELECT %s FROM %s WHERE %s BETWEEN ? AND ? ORDER BY %s %s LIMIT ?"
                            .formatted(columns, table, key, key, up ? "" : "DESC");
            try (PreparedStatement query = connection.prepareStatement(sql)) {
                readOneWay(query, table, span, up, row);
                return;
            } catch (SQLException e) {
                line("Of table " + table + ", a part cannot be read: " + Errors.reason(e));
            }
        }
    }

    /** Keys that were not read yet. */
    private static final class Span {
        private long low = Long.MIN_VALUE;
        private long high = Long.MAX_VALUE;
    }

    private void readOneWay(
            PreparedStatement query, String table, Span span, boolean up, Description description)
            throws SQLException {
        int limit = ROWS;
        while (span.low <= span.high) {
            if (System.nanoTime() - start > NANOS) {
                line("Of table " + table + ", the rest was not read for want of time");
                return;
            }
            query.setLong(1, span.low);
            query.setLong(2, span.high);
            query.setInt(3, limit);
            int found = 0;
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    found++;
                    describe(row, table, description);
                    if (up) {
                        span.low = row.getLong(1) + 1;
                    } else {
                        span.high = row.getLong(1) - 1;
                    }
                }
            } catch (SQLException e) {
                if (limit == 1) {
                    throw e;
                }
                limit = 1; // as near to what cannot be read as possible
                continue;
            }
            if (found < limit) {
                return;
            }
        }
    }

    private void describe(ResultSet row, String table, Description description)
            throws SQLException {
        String words;
        try {
            words = description.of(row);
            counts.merge(table, 1, Integer::sum);
        } catch (DamagedStoreException e) {
            words = "damaged: " + e.damage();
        }
        line(words);
    }

    private static final String SESSION =
            "NUMBER, CLIENT_IDENTIFIER, PRESENCE, NUMBERS_RESERVED, QUEUED_MESSAGES, QUEUED_BYTES,"
                    + " LAST_OPENED";

    private String session(ResultSet row) throws SQLException {
        String client = quoted(row.getString(2));
        if (lines < LINES) {
            clients.put(row.getInt(1), client);
        }
        return "session of %s: %s, last opened %s, %d queued messages of %d bytes"
                .formatted(
                        client, row.getString(3), row.getString(7), row.getLong(5), row.getLong(6));
    }

    private String client(int session) {
        return clients.getOrDefault(session, "session number " + session);
    }

    private String outgoing(ResultSet row) throws SQLException {
        OutgoingMessage m = rows.outgoing(row, null);
        return "%s, outgoing message %d: %s, %s"
                .formatted(
                        client(Keys.session(row.getLong(1))),
                        m.sequence(),
                        m.packetIdentifier() == 0
                                ? "stored as queued"
                                : "sent with Packet Identifier " + m.packetIdentifier(),
                        message(m.message()));
    }

    private String flight(ResultSet row) throws SQLException {
        Flight flight = rows.flight(row);
        return "%s, outgoing message %d: later sent with Packet Identifier %d%s"
                .formatted(
                        client(Keys.session(flight.key())),
                        Keys.number(flight.key()),
                        flight.packetIdentifier(),
                        flight.releaseOrder() == 0 ? "" : ", and released by PUBREC");
    }

    private String incoming(ResultSet row) throws SQLException {
        IncomingMessage m = rows.incoming(row);
        return "%s, received message with delivery id %d: not yet handled, %s"
                .formatted(
                        client(Keys.session(row.getLong(1))), m.deliveryId(), message(m.message()));
    }

    private String received(ResultSet row) throws SQLException {
        long key = row.getLong(1);
        return "%s, received Packet Identifier %d: delivery id %d"
                .formatted(
                        client((int) (key >>> 16)),
                        Keys.packetIdentifier(key),
                        rows.deliveryId(row));
    }

    private String subscription(ResultSet row) throws SQLException {
        SubscriptionRow subscription = rows.subscription(row);
        Subscription confirmed = subscription.confirmed();
        return "%s, subscription: %s, at most %s"
                .formatted(
                        client(row.getInt(1)),
                        quoted(subscription.topicFilter()),
                        confirmed == null ? "?" : confirmed.maximumQos());
    }

    private static String message(Message message) {
        return "%s%s, payload of %d bytes, to %s"
                .formatted(
                        message.qos(),
                        message.retain() ? ", retain" : "",
                        message.payloadBytes().length,
                        quoted(message.topic()));
    }

    /** Names come from outside: one line each, and not too long. */
    private static String quoted(String name) {
        String cut = name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) + "..." : name;
        return "'" + cut.replaceAll("\\p{Cntrl}", "?") + "'";
    }

    private void line(String words) {
        lines++;
        if (lines > LINES) {
            return;
        }
        try {
            text.write(words + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
