package dev.holdfast.mqtt.h2;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * The least that storing one message can take: its row, in a table like the store's, in a database
 * with the store's settings; one INSERT, one COMMIT, and one force of the file if it is to survive
 * a loss of power. No checksums, no file layers, no other thread.
 */
public final class BareCommits implements AutoCloseable {
    private final Connection connection;
    private final PreparedStatement insert;
    private final @Nullable FileChannel forced;
    private final String topic;
    private final byte[] payload;
    private long id;

    private BareCommits(
            Connection connection,
            PreparedStatement insert,
            @Nullable FileChannel forced,
            String topic,
            byte[] payload) {
        this.connection = connection;
        this.insert = insert;
        this.forced = forced;
        this.topic = topic;
        this.payload = payload;
    }

    /** Creates a database; nothing may be at the path. */
    public static BareCommits open(Path path, Durability durability, String topic, int payloadBytes)
            throws IOException, SQLException {
        Connection connection =
                DriverManager.getConnection("jdbc:h2:" + path + H2Engine.SETTINGS, "sa", "");
        try (Statement statement = connection.createStatement()) {
            for (String step : Schema.STEPS.get(0)) {
                if (step.contains("EXISTS OUTGOING(")) {
                    statement.execute(step);
                }
            }
        }
        connection.setAutoCommit(false);
        FileChannel forced =
                durability == Durability.POWER_LOSS
                        ? FileChannel.open(Path.of(path + ".mv.db"), StandardOpenOption.WRITE)
                        : null;
        PreparedStatement insert =
                connection.prepareStatement(
                        "INSERT INTO OUTGOING(ID, QOS, RETAIN, PACKET_IDENTIFIER, SIZE, TOPIC,"
                                + " PAYLOAD, CRC) VALUES(?, 1, FALSE, 0, ?, ?, ?, 0)");
        return new BareCommits(connection, insert, forced, topic, new byte[payloadBytes]);
    }

    /** One row. */
    public void insert() throws IOException, SQLException {
        insert.setLong(1, ++id);
        insert.setLong(2, payload.length);
        insert.setString(3, topic);
        insert.setBytes(4, payload);
        insert.executeUpdate();
        connection.commit();
        if (forced != null) {
            forced.force(false);
        }
    }

    @Override
    public void close() throws IOException, SQLException {
        if (forced != null) {
            forced.close();
        }
        connection.close();
    }
}
