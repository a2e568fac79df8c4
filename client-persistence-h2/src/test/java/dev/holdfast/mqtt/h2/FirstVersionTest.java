package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.h2.files.DurableFiles;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.IncomingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState.Presence;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file with schema version 1, as its tables were, is opened with all it holds. */
class FirstVersionTest {
    private static final List<String> TABLES =
            List.of(
                    """
                    CREATE TABLE META(NAME VARCHAR(64) PRIMARY KEY, CONTENT VARCHAR(1024) NOT NULL)""",
                    """
                    CREATE TABLE SESSION(
                        NUMBER INTEGER PRIMARY KEY,
                        CLIENT_IDENTIFIER VARCHAR(65535) NOT NULL UNIQUE,
                        PRESENCE VARCHAR(16) NOT NULL,
                        NUMBERS_RESERVED BIGINT NOT NULL,
                        QUEUED_MESSAGES BIGINT NOT NULL,
                        QUEUED_BYTES BIGINT NOT NULL,
                        LAST_OPENED TIMESTAMP(0) WITH TIME ZONE NOT NULL,
                        CRC INTEGER NOT NULL)""",
                    """
                    CREATE TABLE OUTGOING(
                        ID BIGINT PRIMARY KEY,
                        QOS TINYINT NOT NULL,
                        RETAIN BOOLEAN NOT NULL,
                        PACKET_IDENTIFIER INTEGER NOT NULL,
                        EXPIRES_AT BIGINT,
                        SIZE BIGINT NOT NULL,
                        TOPIC VARCHAR(65535) NOT NULL,
                        PROPERTIES VARBINARY(268435455),
                        PAYLOAD VARBINARY(268435455) NOT NULL,
                        CRC INTEGER NOT NULL)""",
                    """
                    CREATE TABLE FLIGHT(
                        ID BIGINT PRIMARY KEY,
                        PACKET_IDENTIFIER INTEGER NOT NULL,
                        RELEASE_ORDER BIGINT NOT NULL,
                        CRC INTEGER NOT NULL)""",
                    """
                    CREATE TABLE RECEIVED_IDENTIFIER(
                        ID BIGINT PRIMARY KEY,
                        DELIVERY_ID BIGINT NOT NULL,
                        CRC INTEGER NOT NULL)""",
                    """
                    CREATE TABLE INBOX(
                        ID BIGINT PRIMARY KEY,
                        QOS TINYINT NOT NULL,
                        RETAIN BOOLEAN NOT NULL,
                        TOPIC VARCHAR(65535) NOT NULL,
                        PROPERTIES VARBINARY(268435455),
                        PAYLOAD VARBINARY(268435455) NOT NULL,
                        CRC INTEGER NOT NULL)""",
                    """
                    CREATE TABLE SUBSCRIPTION(
                        SESSION INTEGER NOT NULL,
                        TOPIC_FILTER VARCHAR(65535) NOT NULL,
                        OPTIONS TINYINT NOT NULL,
                        SUBSCRIPTION_IDENTIFIER INTEGER NOT NULL,
                        CRC INTEGER NOT NULL,
                        PRIMARY KEY(SESSION, TOPIC_FILTER))""");

    private static final int CRASHES_PER_EVENT = 2;

    private static final byte[] PAYLOAD = "p".getBytes(StandardCharsets.UTF_8);

    @TempDir Path folder;

    private final RowChecksum crc = new RowChecksum();

    /** A session with a queued message, a received one, and a subscription. */
    private void writeFile() throws SQLException {
        Message queued = Message.to("t").payload("p").qos(QoS.AT_LEAST_ONCE).build();
        long size = OutgoingMessage.sizeOf(queued);
        long out = Keys.queued(1, 3);
        long in = Keys.delivery(1, 4);
        long identifier = Keys.identifier(1, 7);
        String payload = "X'" + HexFormat.of().formatHex(PAYLOAD) + "'";
        try (Connection connection =
                        DriverManager.getConnection(
                                "jdbc:h2:" + folder.resolve("store"), "sa", "");
                Statement sql = connection.createStatement()) {
            for (String table : TABLES) {
                sql.execute(table);
            }
            for (String statement : Schema.STEPS.get(0)) {
                sql.execute(statement); // which has the views, too
            }
            sql.execute("INSERT INTO META VALUES('schema version', '1')");
            sql.execute(
                    "INSERT INTO SESSION VALUES(1, 'press-17', 'HELD', 100, 1, "
                            + size
                            + ", CURRENT_TIMESTAMP, "
                            + crc.row(1)
                                    .add("press-17")
                                    .add("HELD")
                                    .add(100)
                                    .add(1)
                                    .add(size)
                                    .value()
                            + ")");
            sql.execute(
                    "INSERT INTO OUTGOING VALUES("
                            + out
                            + ", 1, FALSE, 0, NULL, "
                            + size
                            + ", 't', NULL, "
                            + payload
                            + ", "
                            + crc.row(out)
                                    .add(1)
                                    .add(false)
                                    .add(0)
                                    .add(OutgoingMessage.NEVER)
                                    .add(size)
                                    .add("t")
                                    .add((byte[]) null)
                                    .add(PAYLOAD)
                                    .value()
                            + ")");
            sql.execute(
                    "INSERT INTO INBOX VALUES("
                            + in
                            + ", 2, FALSE, 't', NULL, "
                            + payload
                            + ", "
                            + crc.row(in)
                                    .add(2)
                                    .add(false)
                                    .add("t")
                                    .add((byte[]) null)
                                    .add(PAYLOAD)
                                    .value()
                            + ")");
            sql.execute(
                    "INSERT INTO RECEIVED_IDENTIFIER VALUES("
                            + identifier
                            + ", 4, "
                            + crc.row(identifier).add(4).value()
                            + ")");
            sql.execute(
                    "INSERT INTO SUBSCRIPTION VALUES(1, 't/#', 2, 0, "
                            + crc.row(1).add("t/#").add(2).add(0).value()
                            + ")");
        }
    }

    private StoredSession open() {
        return H2SessionStore.at(folder.resolve("store")).open("press-17");
    }

    private static void requireAllItHeld(StoredSession session) {
        Message received = Message.to("t").payload("p").qos(QoS.EXACTLY_ONCE).build();
        Recovered old = session.recovered();
        assertEquals(Presence.HELD, old.presence());
        assertEquals(100, old.numbersReserved());
        assertEquals(List.of(3L), Samples.queued(session));
        assertEquals(List.of(new IncomingMessage(4, received)), old.inbox());
        assertEquals(Map.of(7, 4L), old.receivedIdentifiers());
        assertEquals(List.of(Subscription.to("t/#")), old.subscriptions());
        assertEquals(Map.of(), old.subscriptionIdentifiers());
        assertEquals(0, old.highestSubscriptionIdentifier());
        assertEquals(0, old.identifiersReserved());
    }

    @Test
    void hasAllItHeldAndTakesWhatTheNewOneKnows() throws SQLException {
        writeFile();
        Message received = Message.to("t").payload("p").qos(QoS.EXACTLY_ONCE).build();
        IncomingMessage before = new IncomingMessage(4, received);
        IncomingMessage after = new IncomingMessage(5, received, List.of(1, 268_435_455));
        try (StoredSession session = open()) {
            requireAllItHeld(session);
            Samples.store(
                    session,
                    new Change.Subscribed(Subscription.to("t/#"), 1),
                    new Change.Identified("u", 268_435_455),
                    new Change.IdentifiersReserved(64),
                    new Change.Received(8, after));
        }
        try (StoredSession session = open()) {
            Recovered now = session.recovered();
            assertEquals(List.of(before, after), now.inbox());
            assertEquals(List.of(Subscription.to("t/#")), now.subscriptions());
            assertEquals(Map.of("t/#", 1, "u", 268_435_455), now.subscriptionIdentifiers());
            assertEquals(268_435_455, now.highestSubscriptionIdentifier());
            assertEquals(64, now.identifiersReserved());
        }
    }

    /** H2 copies the table, and replaces the old one by the copy. */
    @Test
    void losesNothingWhenTheProcessIsKilledWhileItIsMigrated() throws SQLException, IOException {
        requireAllItHeldAfterCrashes(
                RecordingFiles.SCHEME + ":",
                (disk, point, random) ->
                        disk.crashAt(point, DiskImage.Unforced.ALL, 4_096, random));
    }

    @Test
    void losesNothingWhenTheMachineLosesPowerWhileItIsMigrated() throws SQLException, IOException {
        DiskImage.Unforced[] models = {
            DiskImage.Unforced.NONE, DiskImage.Unforced.SOME, DiskImage.Unforced.MOST
        };
        requireAllItHeldAfterCrashes(
                DurableFiles.SCHEME + ":" + RecordingFiles.SCHEME + ":",
                (disk, point, random) ->
                        disk.crashAt(point, models[random.nextInt(models.length)], 512, random));
    }

    private interface Crash {
        byte[] image(DiskImage.Builder disk, int point, Random random);
    }

    private void requireAllItHeldAfterCrashes(String layers, Crash crash)
            throws SQLException, IOException {
        writeFile();
        Path file = folder.resolve("store.mv.db");
        List<RecordingFiles.Event> events = new ArrayList<>();
        events.add(new RecordingFiles.Write(0, Files.readAllBytes(file)));
        events.add(new RecordingFiles.Force());
        RecordingFiles.start();
        H2SessionStore recorded =
                new H2SessionStore(
                        folder.resolve("store"), f -> Database.open(f, layers, Schema.STEPS));
        try (StoredSession session = recorded.open("press-17")) {
            requireAllItHeld(session);
        }
        events.addAll(RecordingFiles.events());
        assertTrue(events.size() > 10, "too little was recorded");
        for (int seed = 0; seed < CRASHES_PER_EVENT; seed++) {
            DiskImage.Builder disk = new DiskImage.Builder(events);
            Random random = new Random(seed);
            for (int point = 2; point <= events.size(); point++) {
                Files.write(file, crash.image(disk, point, random));
                try (StoredSession session = open()) {
                    requireAllItHeld(session);
                } catch (StoreException | AssertionError e) {
                    throw new AssertionError("Seed " + seed + ", after event " + point, e);
                }
            }
        }
    }
}
