package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of an older version becomes one of the newest, whatever happens in between. */
class SchemaTest {
    private static final List<String> ADD_COLUMN =
            List.of(
                    "ALTER TABLE SESSION ADD COLUMN IF NOT EXISTS SERVER VARCHAR(1024)",
                    "ALTER TABLE SESSION ADD COLUMN IF NOT EXISTS EXPIRY BIGINT");

    @TempDir Path folder;

    private H2SessionStore store(List<List<String>> steps) {
        return new H2SessionStore(
                folder.resolve("store"),
                file -> Database.open(file, H2Engine.layers(Durability.PROCESS_CRASH), steps));
    }

    private static List<List<String>> after(List<String> last) {
        List<List<String>> steps = new ArrayList<>(Schema.STEPS);
        steps.add(last);
        return steps;
    }

    private String single(String query) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(
                                "jdbc:h2:" + folder.resolve("store"), "sa", "");
                ResultSet row = connection.createStatement().executeQuery(query)) {
            assertTrue(row.next());
            return row.getString(1);
        }
    }

    private String version() throws SQLException {
        return single("SELECT CONTENT FROM META WHERE NAME = 'schema version'");
    }

    @Test
    void bringsAnOlderFileToTheNewestVersionWithAllItHolds() throws SQLException {
        int current = Schema.STEPS.size();
        try (StoredSession session = store(Schema.STEPS).open("press-17")) {
            Samples.store(session, Samples.accepted(1, 10));
        }
        assertEquals(Integer.toString(current), version());
        try (StoredSession session = openWithColumnsAdded()) {
            assertEquals(List.of(1L), Samples.queued(session));
        }
        assertEquals(Integer.toString(current + 1), version());
        assertEquals("1", single("SELECT COUNT(*) FROM SESSION WHERE SERVER IS NULL"));
    }

    /** The statements name no columns that the step adds, so the store works on with them. */
    private StoredSession openWithColumnsAdded() {
        return store(after(ADD_COLUMN)).open("press-17");
    }

    @Test
    void repeatsAStepThatWasLeftInTheMiddle() throws SQLException {
        store(Schema.STEPS).open("press-17").close();
        List<String> broken = List.of(ADD_COLUMN.get(0), "ALTER TABLE MISSING ADD COLUMN X INT");
        assertThrows(StoreException.class, () -> store(after(broken)).open("press-17"));
        assertEquals(Integer.toString(Schema.STEPS.size()), version());
        openWithColumnsAdded().close();
        assertEquals(Integer.toString(Schema.STEPS.size() + 1), version());
    }

    @Test
    void refusesAFileThatANewerReleaseHasBroughtForward() throws SQLException {
        openWithColumnsAdded().close();
        StoreException refusal =
                assertThrows(StoreException.class, () -> store(Schema.STEPS).open("press-17"));
        assertTrue(refusal.getMessage().contains("schema version"), refusal.getMessage());
        assertEquals(Integer.toString(Schema.STEPS.size() + 1), version());
    }

    @Test
    void startsANewFileAtTheNewestVersion() throws SQLException {
        openWithColumnsAdded().close();
        assertEquals(Integer.toString(Schema.STEPS.size() + 1), version());
    }
}
