package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Random;
import org.h2.mvstore.DataUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever keeps a store from opening: the message names the file and the mend. */
class OpeningErrorsTest {
    @TempDir Path folder;

    private Path file() {
        return folder.resolve("store.mv.db");
    }

    private String refusal(String mend) {
        H2SessionStore store = H2SessionStore.at(file());
        String message =
                assertThrows(StoreException.class, () -> store.open("press-17")).getMessage();
        assertTrue(message.contains(file().toString()), message);
        assertTrue(message.contains(mend), message);
        return message;
    }

    private Connection plain(String user, String password) throws SQLException {
        return DriverManager.getConnection("jdbc:h2:" + folder.resolve("store"), user, password);
    }

    @Test
    void asksToShareOneStoreObjectWithinAProcess() {
        try (StoredSession session = H2SessionStore.at(file()).open("press-17")) {
            refusal("share one H2SessionStore");
            assertEquals(0, session.recovered().queuedMessages());
        }
        H2SessionStore.at(file()).open("press-17").close();
    }

    @Test
    void leavesAFileAloneThatIsNoDatabase() throws IOException {
        for (int size : new int[] {5, 8_000, 50_000}) {
            byte[] bytes = new byte[size];
            new Random(size).nextBytes(bytes);
            Files.write(file(), bytes);
            refusal("Nothing was changed");
            assertArrayEquals(bytes, Files.readAllBytes(file()));
        }
    }

    @Test
    void refusesAnEmptyFileInsteadOfForgettingWhatItHeld() throws IOException {
        Files.createFile(file());
        refusal("what it held is lost");
        assertEquals(0, Files.size(file()));
    }

    @Test
    void saysThatAFileIsOfAnotherReleaseOfH2() throws IOException {
        H2SessionStore.at(file()).open("press-17").close();
        byte[] bytes = Files.readAllBytes(file());
        for (int block = 0; block < 2 * 4096; block += 4096) {
            String header = new String(bytes, block, 4096, StandardCharsets.ISO_8859_1);
            String old =
                    header.substring(0, header.indexOf(",fletcher"))
                            .replace("format:3", "format:1");
            byte[] text = old.getBytes(StandardCharsets.ISO_8859_1);
            String checksum = Integer.toHexString(DataUtils.getFletcher32(text, 0, text.length));
            byte[] whole =
                    (old + ",fletcher:" + checksum + "\n").getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(whole, 0, bytes, block, whole.length);
        }
        Files.write(file(), bytes);
        refusal("export the file with the H2 release that wrote it");
        assertArrayEquals(bytes, Files.readAllBytes(file()));
    }

    @Test
    void namesBothVersionsOfASchemaFromTheFuture() throws SQLException {
        H2SessionStore.at(file()).open("press-17").close();
        try (Connection connection = plain("sa", "")) {
            connection
                    .createStatement()
                    .execute("UPDATE META SET CONTENT = '77' WHERE NAME = 'schema version'");
        }
        String message = refusal("Use the release that wrote it or a newer one");
        assertTrue(message.contains("has schema version 77"), message);
        assertTrue(message.contains("knows versions up to " + Schema.STEPS.size()), message);
    }

    @Test
    void leavesADatabaseOfAnotherProgramAlone() throws SQLException {
        try (Connection connection = plain("sa", "")) {
            connection.createStatement().execute("CREATE TABLE ACCOUNT(ID INT)");
        }
        refusal("a database of another program");
        try (Connection connection = plain("sa", "");
                ResultSet tables =
                        connection
                                .createStatement()
                                .executeQuery(
                                        "SELECT COUNT(*) FROM INFORMATION_SCHEMA.TABLES"
                                                + " WHERE TABLE_SCHEMA = 'PUBLIC'")) {
            tables.next();
            assertEquals(1, tables.getInt(1));
        }
    }

    @Test
    void saysThatADatabaseIsProtectedByAPassword() throws SQLException {
        plain("owner", "secret").close();
        refusal("protected by a password");
    }

    @Test
    void namesAFolderThatCannotBeCreated() throws IOException {
        Files.writeString(folder.resolve("file"), "no folder");
        H2SessionStore store = H2SessionStore.at(folder.resolve("file").resolve("store"));
        String message =
                assertThrows(StoreException.class, () -> store.open("press-17")).getMessage();
        assertTrue(message.contains("Create it, or give the store another path"), message);
    }

    @Test
    void namesAFolderInPlaceOfTheFile() throws IOException {
        Files.createDirectory(file());
        refusal("is a folder");
    }

    @Test
    void refusesPathsThatH2CannotName() {
        assertThrows(
                IllegalArgumentException.class,
                () -> H2SessionStore.at(Path.of("a;TRACE_LEVEL_FILE=3")));
        assertThrows(IllegalArgumentException.class, () -> H2SessionStore.at(Path.of("/")));
    }

    @Test
    void refusesAnEmptyClientIdentifier() {
        assertThrows(IllegalArgumentException.class, () -> H2SessionStore.at(file()).open(""));
    }
}
