package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.h2.tools.Shell;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a store holds can be read with H2's own shell, as the documentation shows. */
class PlainSqlTest {
    @TempDir Path folder;

    /** As on a command line: a copy is looked at, so that the store may stay open. */
    private List<String> shell(String sql) throws SQLException, IOException {
        Path copy = folder.resolve("copy");
        Files.copy(folder.resolve("press-17.mv.db"), folder.resolve("copy.mv.db"));
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        Shell shell = new Shell();
        shell.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
        shell.runTool(
                "-url", "jdbc:h2:" + copy + ";ACCESS_MODE_DATA=r", "-user", "sa", "-sql", sql);
        Files.delete(folder.resolve("copy.mv.db"));
        return output.toString(StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.replaceAll("\\s*\\|\\s*", "|").strip())
                .toList();
    }

    @Test
    void showsMessagesOnTheirWay() throws SQLException, IOException {
        try (StoredSession session =
                H2SessionStore.at(folder.resolve("press-17")).open("press-17")) {
            Message message = Message.to("parts").payload("4711").qos(QoS.EXACTLY_ONCE).build();
            Samples.store(
                    session,
                    new Change.Accepted(OutgoingMessage.queued(1, message, 1_000_000_000_123L)));
            Samples.store(session, Samples.accepted(2, message), new Change.Sent(2, 20));
            Samples.store(session, Samples.accepted(3, message), new Change.Sent(3, 30));
            Samples.store(session, new Change.Released(3, 1));
            Samples.store(session, Samples.accepted(4, message));
            Samples.store(session, new Change.Sent(4, 40));
            assertEquals(
                    List.of(
                            "CLIENT_IDENTIFIER|SEQUENCE_NUMBER|STATE|PACKET_IDENTIFIER|PAYLOAD_TEXT",
                            "press-17|1|QUEUED|0|4711",
                            "press-17|2|IN_FLIGHT|20|4711",
                            "press-17|3|RELEASED|30|4711",
                            "press-17|4|IN_FLIGHT|40|4711",
                            "(4 rows, 0 ms)"),
                    withoutTime(
                            shell(
                                    "SELECT CLIENT_IDENTIFIER, SEQUENCE_NUMBER, STATE,"
                                            + " PACKET_IDENTIFIER, PAYLOAD_TEXT"
                                            + " FROM OUTGOING_MESSAGES ORDER BY SEQUENCE_NUMBER")));
            String expires =
                    shell("SELECT EXPIRES_AT FROM OUTGOING_MESSAGES WHERE SEQUENCE_NUMBER = 1")
                            .get(1);
            assertTrue(expires.startsWith("2001-09-09 01:46:40.123"), expires);
        }
    }

    @Test
    void showsMessagesThatWaitForTheirHandler() throws SQLException, IOException {
        try (StoredSession session =
                H2SessionStore.at(folder.resolve("press-17")).open("press-17")) {
            Samples.store(session, Samples.received(9, 5, "stop"));
            assertEquals(
                    List.of(
                            "CLIENT_IDENTIFIER|DELIVERY_ID|STATE|QOS|TOPIC|PAYLOAD_TEXT",
                            "press-17|5|WAITS_FOR_HANDLER|2|press/17/orders|stop",
                            "(1 row, 0 ms)"),
                    withoutTime(
                            shell(
                                    "SELECT CLIENT_IDENTIFIER, DELIVERY_ID, STATE, QOS, TOPIC,"
                                            + " PAYLOAD_TEXT FROM INCOMING_MESSAGES")));
            assertEquals(
                    List.of(
                            "CLIENT_IDENTIFIER|PACKET_IDENTIFIER|DELIVERY_ID",
                            "press-17|9|5",
                            "(1 row, 0 ms)"),
                    withoutTime(shell("SELECT * FROM RECEIVED_IDENTIFIERS")));
        }
    }

    private static List<String> withoutTime(List<String> lines) {
        return lines.stream()
                .filter(line -> !line.isBlank())
                .map(line -> line.replaceAll(", \\d+ ms\\)", ", 0 ms)"))
                .toList();
    }
}
