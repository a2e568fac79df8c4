package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A damaged store makes room for a new one when that is wanted, and is kept with a report. */
class SetAsideTest {
    @TempDir Path folder;

    private Path file;
    private H2SessionStore store;

    @BeforeEach
    void nameStore() {
        file = folder.resolve("store.mv.db");
        store = H2SessionStore.at(file).whenDamaged(WhenDamaged.SET_ASIDE);
    }

    private void fill() {
        try (StoredSession session = store.open("press-17");
                StoredSession other = store.open("press-18")) {
            Samples.store(session, Samples.accepted(1, 10), Samples.sent(1));
            Samples.store(session, Samples.accepted(2, 20), Samples.accepted(3, 30));
            Samples.store(session, Samples.sent(2));
            Samples.store(session, Samples.received(7, 5, "a secret order"));
            Samples.store(session, new Change.Subscribed(Subscription.to("press/#")));
            Samples.store(other, Samples.accepted(1, 10));
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(
                                "jdbc:h2:" + folder.resolve("store"), "sa", "");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private List<Path> setAside(String ending) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(path -> path.toString().contains("store.damaged-"))
                    .filter(path -> path.toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
    }

    private String report() throws IOException {
        assertEquals(1, setAside(".txt").size());
        assertEquals(1, setAside(".mv.db").size());
        return Files.readString(setAside(".txt").get(0));
    }

    private byte[] noise() throws IOException {
        byte[] bytes = new byte[30_000];
        new Random(1).nextBytes(bytes);
        Files.write(file, bytes);
        return bytes;
    }

    private void assertEmpty(StoredSession session) {
        assertEquals(1, session.recovered().numbersReserved());
        assertEquals(0, session.recovered().queuedMessages());
        assertEquals(List.of(), session.recovered().inFlight());
        assertEquals(List.of(), session.recovered().inbox());
    }

    @Test
    void saysWhatTheDamagedFileHolds() throws IOException, SQLException {
        fill();
        execute("UPDATE OUTGOING SET PAYLOAD = X'00' WHERE SIZE > 70 AND PACKET_IDENTIFIER > 0");
        execute("UPDATE FLIGHT SET PACKET_IDENTIFIER = 9");
        try (StoredSession session = store.open("press-17")) {
            assertEmpty(session);
            Samples.store(session, Samples.accepted(1, 10));
        }
        String report = report();
        for (String line :
                List.of(
                        "Store:     " + file,
                        "Damage:    in table FLIGHT the row with ID = ",
                        "session of 'press-17': NONE, last opened ",
                        "session of 'press-18': NONE",
                        "'press-17', outgoing message 3: stored as queued, AT_LEAST_ONCE, payload of"
                                + " 30 bytes, to 'press/17/parts'",
                        "'press-18', outgoing message 1: ",
                        "damaged: in table FLIGHT the row with ID = ",
                        "'press-17', received message with delivery id 5: not yet handled,"
                                + " EXACTLY_ONCE, payload of 14 bytes, to 'press/17/orders'",
                        "'press-17', received Packet Identifier 7: delivery id 5",
                        "'press-17', subscription: 'press/#'",
                        "Rows that could be read: INBOX: 1, OUTGOING: 4, RECEIVED_IDENTIFIER: 1,"
                                + " SESSION: 2, SUBSCRIPTION: 1",
                        "org.h2.tools.Recover -db store.damaged-")) {
            assertTrue(report.contains(line), () -> line + "\nis missing in\n" + report);
        }
        assertFalse(report.contains("secret"), report);
        try (StoredSession session = store.open("press-17")) {
            assertEquals(List.of(1L), Samples.queued(session));
        }
        report(); // still the only one
    }

    @Test
    void overwritesNothing() throws IOException {
        for (int i = 1; i <= 4; i++) {
            byte[] bytes = noise();
            store.open("press-17").close();
            assertEquals(i, setAside(".mv.db").size());
            assertEquals(i, setAside(".txt").size());
            for (Path path : setAside(".mv.db")) {
                assertArrayEquals(bytes, Files.readAllBytes(path));
            }
        }
    }

    @Test
    void changesNothingWithoutTheWord() throws IOException {
        byte[] bytes = noise();
        H2SessionStore careful = H2SessionStore.at(file);
        String message =
                assertThrows(StoreException.class, () -> careful.open("press-17")).getMessage();
        assertTrue(message.contains("it does not begin as a database does"), message);
        assertTrue(message.contains("whenDamaged(SET_ASIDE)"), message);
        assertArrayEquals(bytes, Files.readAllBytes(file));
        assertEquals(List.of(), setAside(""));
    }

    @Test
    void leavesAFileAloneThatIsNotDamaged() throws SQLException, IOException {
        try (StoredSession session = H2SessionStore.at(file).open("press-17")) {
            assertEmpty(session);
            refuse("share one H2SessionStore");
        }
        execute("UPDATE META SET CONTENT = '77'");
        refuse("has schema version 77");
        Files.delete(file);
        execute("CREATE TABLE ACCOUNT(ID INT)");
        refuse("a database of another program: it has tables");
        execute("DROP TABLE ACCOUNT");
        refuse("a database of another program: it has no tables at all");
        execute("CREATE USER OWNER PASSWORD 'secret' ADMIN");
        execute("ALTER USER SA SET PASSWORD 'secret'");
        refuse("protected by a password");
        Files.delete(file);
        DriverManager.getConnection(
                        "jdbc:h2:" + folder.resolve("store") + ";CIPHER=AES", "sa", "file ")
                .close();
        refuse("protected by a password");
    }

    private void refuse(String reason) throws IOException {
        String message =
                assertThrows(StoreException.class, () -> store.open("press-17")).getMessage();
        assertTrue(message.contains(reason), message);
        assertEquals(List.of(), setAside(""), message);
        assertTrue(Files.exists(file));
    }

    @Test
    void letsOtherSessionsEndBeforeItSetsTheirStoreAside() throws SQLException, IOException {
        fill();
        execute("UPDATE INBOX SET TOPIC = 'other'");
        try (StoredSession other = store.open("press-18")) {
            assertThrows(DamagedStoreException.class, () -> store.open("press-17"));
            Samples.store(other, Samples.accepted(2, 10));
            assertEquals(List.of(), setAside(""));
        }
        try (StoredSession other = store.open("press-18")) {
            assertEmpty(other);
        }
        assertTrue(report().contains("Damage:    in table INBOX the row with ID = "));
    }

    @Test
    void followsThePolicyAfterDamageWasFoundInUse() throws SQLException, IOException {
        fill();
        execute("UPDATE OUTGOING SET PAYLOAD = X'00' WHERE OCTET_LENGTH(PAYLOAD) = 30");
        try (StoredSession session = store.open("press-17")) {
            assertThrows(
                    DamagedStoreException.class, () -> Outcomes.read(session, 0, 10, 1_000_000));
        }
        try (StoredSession session = store.open("press-17")) {
            assertEmpty(session);
        }
        assertTrue(report().contains("Damage:    in table OUTGOING the row with ID = "));
    }

    @Test
    void noticesDamageInWhatALargeFileHoldsWhenItIsNeeded() throws IOException {
        try (StoredSession session = store.open("press-17")) {
            Samples.store(
                    session,
                    LongStream.rangeClosed(1, 400)
                            .mapToObj(i -> Samples.accepted(i, 2_000))
                            .toArray(Change[]::new));
            for (long i = 401; i <= 410; i++) {
                Samples.store(session, Samples.accepted(i, 10)); // in chunks of their own
            }
        }
        byte[] bytes = Files.readAllBytes(file);
        byte[] payload = new byte[2_000];
        Arrays.fill(payload, (byte) 200);
        int copies = 0;
        for (int i = 0; i + payload.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + payload.length, payload, 0, payload.length)) {
                bytes[i + 1_000]++; // also in copies that are no longer in use
                copies++;
            }
        }
        assertTrue(copies > 0, "the payload is not in the file");
        Files.write(file, bytes);
        H2SessionStore large =
                new H2SessionStore(
                        file,
                        of ->
                                Database.open(
                                        of,
                                        H2Engine.layers(Durability.PROCESS_CRASH),
                                        Schema.STEPS,
                                        0));
        DamagedStoreException e = assertThrows(DamagedStoreException.class, () -> readAll(large));
        assertTrue(e.getMessage().contains("are not those that were written"), e.getMessage());
        assertThrows(DamagedStoreException.class, () -> H2SessionStore.at(file).open("press-17"));
    }

    private static void readAll(H2SessionStore from) {
        try (StoredSession session = from.open("press-17")) {
            assertEquals(410, session.recovered().queuedMessages());
            Outcomes.read(session, 0, 1_000, Long.MAX_VALUE);
        }
    }
}
