package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.h2.api.ErrorCode;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.value.ValueBigint;
import org.h2.value.ValueVarbinary;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows that are put past SQL: SQL finds them, and the file gets all of a group at once. */
class TreeTest {
    /** H2 writes by itself what exceeds 19 MB, or less with less memory. */
    private static final int ROWS = 600;

    private static final int ROW_BYTES = 100_000;

    @TempDir Path folder;

    private H2Engine engine;
    private Tree tree;

    @BeforeEach
    void open() throws SQLException {
        engine = H2Engine.open(H2Engine.layers(Durability.PROCESS_CRASH), folder.resolve("a"));
        try (Statement statement = engine.connection().createStatement()) {
            statement.execute(
                    "CREATE TABLE T(ID BIGINT PRIMARY KEY, CONTENT VARBINARY(1000000) NOT NULL)");
        }
        engine.connection().setAutoCommit(false);
        tree = engine.tree("T");
    }

    @AfterEach
    void close() throws SQLException {
        engine.close();
    }

    private void insert(long key, int size) {
        tree.insert(key, ValueBigint.get(key), ValueVarbinary.getNoCopy(new byte[size]));
    }

    private static long count(PreparedStatement query) throws SQLException {
        try (ResultSet rows = query.executeQuery()) {
            rows.next();
            return rows.getLong(1);
        }
    }

    @Test
    void sqlFindsEachChangeAtOnce() throws SQLException {
        try (PreparedStatement query =
                engine.connection().prepareStatement("SELECT SUM(ID) FROM T WHERE ID > 0")) {
            insert(1, 10);
            insert(2, 10);
            assertEquals(3, count(query));
            tree.remove(1);
            assertEquals(2, count(query));
            insert(5, 10);
            assertEquals(7, count(query));
            engine.commit();
            assertEquals(7, count(query));
        }
    }

    @Test
    void nothingIsInTheFileBeforeTheCommitHoweverMuchItIs() throws SQLException, IOException {
        Path file = folder.resolve("a.mv.db");
        insert(1, 10);
        engine.commit();
        byte[] before = Files.readAllBytes(file);
        for (int group = 0; group < 2; group++) { // the first commit must not use the room up
            for (long key = 2; key < ROWS; key++) {
                insert(key, ROW_BYTES);
            }
            for (long key = 2; key < ROWS; key++) {
                tree.replace(
                        key, ValueBigint.get(key), ValueVarbinary.getNoCopy(new byte[ROW_BYTES]));
            }
            assertArrayEquals(before, Files.readAllBytes(file), "group " + group);
            engine.commit();
            assertTrue(Files.size(file) > (ROWS - 2L) * ROW_BYTES);
            for (long key = 2; key < ROWS; key++) {
                tree.remove(key);
            }
            engine.commit();
            before = Files.readAllBytes(file);
        }
    }

    @Test
    void rowsOfSqlAndOfTheTreeAreCommittedTogether() throws SQLException {
        insert(1, 10);
        try (Statement statement = engine.connection().createStatement()) {
            statement.executeUpdate("INSERT INTO T VALUES(2, X'00')");
        }
        insert(3, 10);
        engine.commit();
        engine.abandon();
        assertEquals(3, rowsWhenOpenedAgain());
    }

    @Test
    void aTreeThatWasEmptiedIsEmptyWhenOpenedAgain() throws SQLException {
        insert(1, 10);
        engine.commit();
        tree.remove(1);
        engine.commit();
        insert(2, 10);
        tree.remove(2);
        engine.commit();
        engine.abandon();
        assertEquals(0, rowsWhenOpenedAgain());
    }

    @Test
    void whatIsAbandonedUncommittedIsNotInTheFile() throws SQLException {
        insert(1, 10);
        engine.commit();
        try (Statement statement = engine.connection().createStatement()) {
            statement.executeUpdate("INSERT INTO T VALUES(2, X'00')");
        }
        insert(3, 10);
        engine.abandon();
        assertEquals(1, rowsWhenOpenedAgain());
    }

    @Test
    void closingAConnectionAfterItWasAbandonedDoesNotTouchTheFile() throws SQLException {
        insert(1, 10);
        engine.commit();
        insert(2, 10);
        H2Engine abandoned = engine;
        abandoned.abandon();
        assertEquals(1, rowsWhenOpenedAgain());
        try {
            abandoned.connection().close(); // as H2 does when nobody has it any more
        } catch (SQLException e) {
            assertEquals(ErrorCode.DATABASE_IS_CLOSED, e.getErrorCode());
        }
        insertAfterReopening(3);
        abandoned.abandon();
        engine.close();
        assertEquals(2, rowsWhenOpenedAgain());
    }

    private void insertAfterReopening(long key) throws SQLException {
        engine.connection().setAutoCommit(false);
        tree = engine.tree("T");
        insert(key, 10);
        engine.commit();
    }

    private long rowsWhenOpenedAgain() throws SQLException {
        engine = H2Engine.open(H2Engine.layers(Durability.PROCESS_CRASH), folder.resolve("a"));
        try (PreparedStatement query =
                engine.connection().prepareStatement("SELECT COUNT(*) FROM T")) {
            return count(query);
        }
    }

    @Test
    void eachCommitWritesOneChunkWhateverTookPart() throws SQLException {
        engine.close();
        RecordingFiles.start();
        engine = H2Engine.open(RecordingFiles.SCHEME + ":", folder.resolve("a"));
        engine.connection().setAutoCommit(false);
        tree = engine.tree("T");
        insert(1, 10);
        engine.commit();
        for (long key = 2; key < 20; key += 3) {
            int before = chunks();
            try (Statement statement = engine.connection().createStatement()) {
                statement.executeUpdate("INSERT INTO T VALUES(" + key + ", X'00')");
            }
            insert(key + 1, 10);
            engine.commit();
            assertEquals(before + 1, chunks(), "SQL and tree");
            insert(key + 2, 10);
            engine.commit();
            assertEquals(before + 2, chunks(), "tree alone");
            engine.commit();
            assertEquals(before + 2, chunks(), "nothing");
        }
    }

    private static int chunks() {
        return (int)
                RecordingFiles.events().stream()
                        .filter(e -> e instanceof RecordingFiles.Write w && w.position() >= 8192)
                        .count();
    }

    /** H2 does so in a thread of its own when the JVM exits. */
    @Test
    void nobodyElseWritesAPartOfWhatBelongsTogether() throws Exception {
        insert(1, 10);
        engine.commit();
        Path file = folder.resolve("a.mv.db");
        byte[] before = Files.readAllBytes(file);
        org.h2.engine.Database database =
                ((SessionLocal) engine.connection().unwrap(JdbcConnection.class).getSession())
                        .getDatabase();
        Thread exit = new Thread(database::checkpoint);
        engine.together(
                () -> {
                    insert(2, 10);
                    exit.start();
                    while (exit.isAlive() && exit.getState() != Thread.State.WAITING) {
                        Thread.onSpinWait();
                    }
                    assertArrayEquals(before, bytes(file));
                    tree.remove(2);
                    tree.remove(1);
                    engine.commit();
                });
        exit.join();
        engine.abandon();
        engine = H2Engine.open(H2Engine.layers(Durability.PROCESS_CRASH), folder.resolve("a"));
        try (PreparedStatement query =
                engine.connection().prepareStatement("SELECT COUNT(*) FROM T")) {
            assertEquals(0, count(query));
        }
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void complainsWhenTheFileIsNotAsExpected() {
        insert(7, 10);
        List<IllegalStateException> complaints =
                List.of(
                        assertThrows(IllegalStateException.class, () -> insert(7, 10)),
                        assertThrows(IllegalStateException.class, () -> tree.remove(8)),
                        assertThrows(IllegalStateException.class, () -> tree.get(8)),
                        assertThrows(
                                IllegalStateException.class,
                                () ->
                                        tree.replace(
                                                9,
                                                ValueBigint.get(9),
                                                ValueVarbinary.getNoCopy(new byte[1]))));
        assertEquals(
                "T has already a row 7: the client and the file disagree on what is stored",
                complaints.get(0).getMessage());
        assertEquals(
                "T has no row 8: the client and the file disagree on what is stored",
                complaints.get(1).getMessage());
    }

    @Test
    void refusesATableThatWasFilledBeforeItHadItsKey() throws SQLException {
        try (Statement statement = engine.connection().createStatement()) {
            statement.execute("CREATE TABLE FILLED(ID BIGINT NOT NULL)");
            statement.execute("INSERT INTO FILLED VALUES(1), (3)");
            statement.execute("ALTER TABLE FILLED ADD PRIMARY KEY(ID)");
        }

        String said =
                assertThrows(IllegalStateException.class, () -> engine.tree("FILLED")).getMessage();
        assertTrue(said.contains("FILLED") && said.contains("PRIMARY KEY"), said);
    }
}
