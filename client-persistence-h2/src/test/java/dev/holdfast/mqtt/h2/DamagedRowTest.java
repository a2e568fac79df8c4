package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** H2 does not notice when a page holds something else than was written; the store does. */
class DamagedRowTest {
    @TempDir Path folder;

    private H2SessionStore store;

    @BeforeEach
    void fillStore() {
        store = H2SessionStore.at(folder.resolve("store"));
        try (StoredSession session = store.open("press-17")) {
            Samples.store(
                    session, Samples.accepted(1, 10), Samples.sent(1), Samples.accepted(2, 20));
            Samples.store(session, Samples.accepted(3, 30), Samples.accepted(4, 40));
            Samples.store(session, Samples.sent(2));
            Samples.store(session, Samples.received(7, 5, "five"), Samples.received(8, 6, "six"));
            Samples.store(session, new Change.Subscribed(Subscription.to("it's/#")));
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

    private static String mend(StoreException e) {
        String message = e.getMessage();
        String mark = "execute with H2's shell: ";
        assertTrue(message.contains(mark), message);
        return message.substring(message.indexOf(mark) + mark.length());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    OUTGOING            | PAYLOAD = X'00'                | WHERE PACKET_IDENTIFIER > 0
                    OUTGOING            | SIZE = SIZE + 1                | WHERE PACKET_IDENTIFIER > 0
                    OUTGOING            | EXPIRES_AT = 5                 | WHERE PACKET_IDENTIFIER > 0
                    OUTGOING            | ID = ID + 100                  | WHERE PACKET_IDENTIFIER > 0
                    FLIGHT              | PACKET_IDENTIFIER = 9          |
                    FLIGHT              | RELEASE_ORDER = 1              |
                    FLIGHT              | ID = ID + 100                  |
                    INBOX               | TOPIC = 'other'                |
                    INBOX               | PROPERTIES = X'0101'           |
                    RECEIVED_IDENTIFIER | DELIVERY_ID = 77               |
                    SUBSCRIPTION        | OPTIONS = OPTIONS + 4          |
                    SESSION             | NUMBERS_RESERVED = 77          |
                    SESSION             | PRESENCE = 'BROKEN'            |
                    SESSION             | QUEUED_BYTES = 1               |
                    """)
    void namesADamagedRowAndTheSqlThatHelps(String table, String damage, String where)
            throws SQLException {
        execute("UPDATE " + table + " SET " + damage + " " + (where == null ? "" : where));
        for (int rows = 0; ; rows++) {
            try (StoredSession session = store.open("press-17")) {
                assertTrue(rows > 0, "the damage was not noticed");
                Recovered recovered = session.recovered();
                assertEquals(Samples.queued(session).size(), (int) recovered.queuedMessages());
                Samples.store(session, Samples.accepted(100, 10));
                return;
            } catch (StoreException e) {
                assertTrue(rows < 4, e.getMessage());
                assertTrue(
                        e.getMessage().contains("in table " + table + " the row with "),
                        e.getMessage());
                assertTrue(e.getMessage().contains("store.mv.db"), e.getMessage());
                execute(mend(e));
            }
        }
    }

    @Test
    void doesNotHandOutADamagedQueuedMessage() throws SQLException {
        execute("UPDATE OUTGOING SET PAYLOAD = X'00' WHERE TOPIC <> '' AND SIZE > 80");
        String sql;
        try (StoredSession session = store.open("press-17")) {
            assertEquals(2, session.recovered().queuedMessages());
            StoreException e =
                    assertThrows(
                            StoreException.class, () -> Outcomes.read(session, 0, 10, 1_000_000));
            sql = mend(e);
        }
        execute(sql);
        try (StoredSession session = store.open("press-17")) {
            assertEquals(1, session.recovered().queuedMessages());
            assertEquals(1, Samples.queued(session).size());
        }
    }
}
