package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.StoreException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tables, and how a file of an older version gets them. Each step takes the schema from one
 * version to the next, and is written together with the version: a process that dies in between
 * leaves the file as it was. A step must not rewrite the tables that may be large: what it changes
 * is held in memory until then, and H2 writes on its own account what exceeds some megabytes.
 *
 * <p>What older releases would not understand needs a step too, be it an empty one: a new Presence,
 * a new property of a message.
 */
final class Schema {
    private static final String VERSION = "schema version";

    /** Step n leads to version n. A step that was once released is never changed again. */
    static final List<List<String>> STEPS =
            List.of(
                    List.of(
                            """
                            CREATE TABLE IF NOT EXISTS SESSION(
                                NUMBER INTEGER PRIMARY KEY,
                                CLIENT_IDENTIFIER VARCHAR(65535) NOT NULL UNIQUE,
                                PRESENCE VARCHAR(16) NOT NULL,
                                NUMBERS_RESERVED BIGINT NOT NULL,
                                QUEUED_MESSAGES BIGINT NOT NULL,
                                QUEUED_BYTES BIGINT NOT NULL,
                                LAST_OPENED TIMESTAMP(0) WITH TIME ZONE NOT NULL,
                                CRC INTEGER NOT NULL)""",
                            """
                            CREATE TABLE IF NOT EXISTS OUTGOING(
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
                            CREATE TABLE IF NOT EXISTS FLIGHT(
                                ID BIGINT PRIMARY KEY,
                                PACKET_IDENTIFIER INTEGER NOT NULL,
                                RELEASE_ORDER BIGINT NOT NULL,
                                CRC INTEGER NOT NULL)""",
                            """
                            CREATE TABLE IF NOT EXISTS RECEIVED_IDENTIFIER(
                                ID BIGINT PRIMARY KEY,
                                DELIVERY_ID BIGINT NOT NULL,
                                CRC INTEGER NOT NULL)""",
                            """
                            CREATE TABLE IF NOT EXISTS INBOX(
                                ID BIGINT PRIMARY KEY,
                                QOS TINYINT NOT NULL,
                                RETAIN BOOLEAN NOT NULL,
                                TOPIC VARCHAR(65535) NOT NULL,
                                PROPERTIES VARBINARY(268435455),
                                PAYLOAD VARBINARY(268435455) NOT NULL,
                                CRC INTEGER NOT NULL)""",
                            """
                            CREATE TABLE IF NOT EXISTS SUBSCRIPTION(
                                SESSION INTEGER NOT NULL,
                                TOPIC_FILTER VARCHAR(65535) NOT NULL,
                                OPTIONS TINYINT NOT NULL,
                                SUBSCRIPTION_IDENTIFIER INTEGER NOT NULL,
                                CRC INTEGER NOT NULL,
                                PRIMARY KEY(SESSION, TOPIC_FILTER))""",
                            """
                            CREATE OR REPLACE VIEW OUTGOING_MESSAGES AS
                            SELECT S.CLIENT_IDENTIFIER,
                                BITAND(O.ID, 17592186044415) AS SEQUENCE_NUMBER,
                                CASE
                                    WHEN F.RELEASE_ORDER > 0 THEN 'RELEASED'
                                    WHEN F.ID IS NOT NULL OR O.PACKET_IDENTIFIER > 0
                                        THEN 'IN_FLIGHT'
                                    ELSE 'QUEUED'
                                END AS STATE,
                                COALESCE(F.PACKET_IDENTIFIER, O.PACKET_IDENTIFIER)
                                    AS PACKET_IDENTIFIER,
                                COALESCE(F.RELEASE_ORDER, 0) AS RELEASE_ORDER,
                                O.QOS,
                                O.RETAIN,
                                DATEADD('MILLISECOND', O.EXPIRES_AT,
                                    TIMESTAMP WITH TIME ZONE '1970-01-01 00:00:00+00')
                                    AS EXPIRES_AT,
                                O.TOPIC,
                                UTF8TOSTRING(O.PAYLOAD) AS PAYLOAD_TEXT,
                                O.PAYLOAD,
                                O.PROPERTIES,
                                O.ID
                            FROM OUTGOING O
                            LEFT JOIN FLIGHT F ON F.ID = O.ID
                            LEFT JOIN SESSION S ON S.NUMBER = RSHIFT(O.ID, 45)""",
                            """
                            CREATE OR REPLACE VIEW INCOMING_MESSAGES AS
                            SELECT S.CLIENT_IDENTIFIER,
                                BITAND(I.ID, 17592186044415) AS DELIVERY_ID,
                                'WAITS_FOR_HANDLER' AS STATE,
                                I.QOS,
                                I.RETAIN,
                                I.TOPIC,
                                UTF8TOSTRING(I.PAYLOAD) AS PAYLOAD_TEXT,
                                I.PAYLOAD,
                                I.PROPERTIES,
                                I.ID
                            FROM INBOX I
                            LEFT JOIN SESSION S ON S.NUMBER = RSHIFT(I.ID, 45)""",
                            """
                            CREATE OR REPLACE VIEW RECEIVED_IDENTIFIERS AS
                            SELECT S.CLIENT_IDENTIFIER,
                                BITAND(R.ID, 65535) AS PACKET_IDENTIFIER,
                                R.DELIVERY_ID
                            FROM RECEIVED_IDENTIFIER R
                            LEFT JOIN SESSION S ON S.NUMBER = RSHIFT(R.ID, 16)"""),
                    // Also new: Subscription Identifiers among the properties in INBOX, rows of
                    // SUBSCRIPTION that are not confirmed (OPTIONS -1).
                    List.of(
                            """
                            ALTER TABLE SESSION ADD COLUMN IF NOT EXISTS
                                HIGHEST_SUBSCRIPTION_IDENTIFIER INTEGER DEFAULT 0 NOT NULL"""),
                    List.of(
                            """
                            ALTER TABLE SESSION ADD COLUMN IF NOT EXISTS
                                IDENTIFIERS_RESERVED INTEGER DEFAULT 0 NOT NULL"""));

    private Schema() {}

    /** Makes the tables, or those that are missing after somebody died doing it. */
    static void create(H2Engine engine, StoreFile file, List<List<String>> steps)
            throws SQLException {
        requireNoOtherTables(engine, file);
        execute(
                engine,
                "CREATE TABLE IF NOT EXISTS META(NAME VARCHAR(64) PRIMARY KEY,"
                        + " CONTENT VARCHAR(1024) NOT NULL)");
        String version = version(engine);
        take(engine, steps, version == null ? 0 : Integer.parseInt(version));
    }

    /**
     * Brings the tables to the newest version.
     *
     * @param steps all that are known, from version 1 on
     * @throws StoreException if the file is of a newer version, or is no store of this library
     */
    static void migrate(H2Engine engine, StoreFile file, List<List<String>> steps)
            throws SQLException {
        requireNoOtherTables(engine, file);
        if (!engine.tables().contains("META")) {
            throw otherProgram(file, "it has no tables at all");
        }
        int version = requireVersion(file, version(engine));
        if (version > steps.size()) {
            throw new StoreException(
                    "Store "
                            + file
                            + " has schema version "
                            + version
                            + ", and this release of Holdfast knows versions up to "
                            + steps.size()
                            + ". Use the release that wrote it or a newer one, or give this one"
                            + " another path",
                    null);
        }
        take(engine, steps, version);
    }

    private static void take(H2Engine engine, List<List<String>> steps, int version)
            throws SQLException {
        for (int next = version + 1; next <= steps.size(); next++) {
            List<String> step = steps.get(next - 1);
            int reached = next;
            engine.writeAtOnce(
                    () -> {
                        for (String statement : step) {
                            execute(engine, statement);
                        }
                        write(engine, reached);
                    });
        }
    }

    private static void requireNoOtherTables(H2Engine engine, StoreFile file) {
        Set<String> tables = engine.tables();
        if (!tables.isEmpty() && !tables.contains("META")) {
            throw otherProgram(file, "it has tables, but not those of Holdfast");
        }
    }

    private static StoreException otherProgram(StoreFile file, String why) {
        return new StoreException(
                "Store "
                        + file
                        + " is a database of another program: "
                        + why
                        + ". Give the store another path",
                null);
    }

    private static int requireVersion(StoreFile file, @Nullable String version) {
        if (version != null && version.matches("[1-9][0-9]{0,8}")) {
            return Integer.parseInt(version);
        }
        throw new DamagedStoreException(
                file,
                version == null
                        ? "its schema version is missing"
                        : "its schema version is '" + version + "'",
                "",
                null);
    }

    private static @Nullable String version(H2Engine engine) throws SQLException {
        try (PreparedStatement query =
                engine.connection().prepareStatement("SELECT CONTENT FROM META WHERE NAME = ?")) {
            query.setString(1, VERSION);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next() ? rows.getString(1) : null;
            }
        }
    }

    private static void execute(H2Engine engine, String sql) throws SQLException {
        engine.writeHeaderWithNextChunk();
        try (Statement statement = engine.connection().createStatement()) {
            statement.execute(sql);
        }
    }

    private static void write(H2Engine engine, int version) throws SQLException {
        engine.writeHeaderWithNextChunk();
        try (PreparedStatement merge =
                engine.connection()
                        .prepareStatement("MERGE INTO META(NAME, CONTENT) VALUES(?, ?)")) {
            merge.setString(1, VERSION);
            merge.setString(2, Integer.toString(version));
            merge.executeUpdate();
        }
    }
}
