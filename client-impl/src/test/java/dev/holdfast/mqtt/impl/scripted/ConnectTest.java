package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The way to a connection, and what stops it. */
class ConnectTest extends ScriptedTest {
    @Statement({"3.1.0-1", "P-22"})
    @Test
    void sendsNothingButConnectBeforeConnack() {
        MqttClient client = client();
        publish(client, QoS.AT_MOST_ONCE, "0");
        publish(client, QoS.AT_LEAST_ONCE, "1");
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        publish(client, QoS.EXACTLY_ONCE, "2");
        connection.expectQuiet();
        connection.send(connack().build());
        get(connected);
        for (int i = 0; i < 3; i++) {
            connection.expect(Publish.class);
        }
    }

    @Statement("P-17")
    @Test
    void givesUpOnAServerThatIsSilent() {
        MqttClient client =
                client(
                        b ->
                                b.connectTimeout(Duration.ofMillis(1_000))
                                        .reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.expectClosed();
        MqttException cause = failure(MqttException.ConnectionLost.class, connected);
        assertTrue(cause.getMessage().contains("No CONNACK"), cause.getMessage());
        assertTrue(cause.getMessage().contains("1000 ms"), cause.getMessage());
        assertFalse(cause.permanent());
    }

    @Test
    void triesAgainAfterAServerThatIsSilent() {
        var connected = client(b -> b.connectTimeout(Duration.ofMillis(300))).connect();
        server.accept().expectConnect();
        server.accept().accept();
        get(connected);
    }

    @Test
    void givesUpOnAnAddressThatDoesNotAnswer() throws Exception {
        try (BlackHole hole = new BlackHole()) {
            MqttClient client =
                    client(
                            hole.uri(),
                            b ->
                                    b.connectTimeout(Duration.ofMillis(300))
                                            .reconnect(ReconnectPolicy.never()));
            failure(MqttException.ConnectionLost.class, client.connect());
        }
    }

    @Test
    void saysWhereNobodyAnswers() {
        server.stopListening();
        MqttClient client = client(b -> b.reconnect(ReconnectPolicy.never()));
        MqttException cause = failure(MqttException.ConnectionLost.class, client.connect());
        assertTrue(cause.getMessage().contains("127.0.0.1:" + server.port()), cause.getMessage());
    }

    @Test
    void triesAgainUntilTheServerIsThere() {
        server.stopListening();
        MqttClient client = client();
        var connected = client.connect();
        for (int attempt = 0; attempt < 3; attempt++) {
            assertTrue(listener.await(Recorder.WillReconnect.class).next().isPresent());
        }
        assertFalse(connected.isDone());
        server.listenAgain();
        server.accept().accept();
        get(connected);
    }

    @Statement("3.1.0-2")
    @Test
    void opensOneConnectionHoweverOftenItIsCalled() {
        MqttClient client = client();
        var first = client.connect();
        var second = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        var third = client.connect();
        connection.send(connack().build());
        get(first);
        get(second);
        get(third);
        get(client.connect());
        connection.fence();
        server.expectNoConnection(ScriptedConnection.QUIET);
    }

    @Test
    void failsEveryCallThatWaitsForTheSameConnection() {
        server.stopListening();
        MqttClient client = client(b -> b.reconnect(ReconnectPolicy.never()));
        var first = client.connect();
        var second = client.connect();
        failure(MqttException.ConnectionLost.class, first);
        failure(MqttException.ConnectionLost.class, second);
    }

    // ---- refusals

    @Statement({"3.1.2-2", "3.2.2-7"})
    @ParameterizedTest
    @EnumSource(
            value = ReasonCode.class,
            names = {
                "MALFORMED_PACKET",
                "PROTOCOL_ERROR",
                "UNSUPPORTED_PROTOCOL_VERSION",
                "CLIENT_IDENTIFIER_NOT_VALID",
                "BAD_USER_NAME_OR_PASSWORD",
                "NOT_AUTHORIZED",
                "BANNED",
                "BAD_AUTHENTICATION_METHOD",
                "TOPIC_NAME_INVALID",
                "PACKET_TOO_LARGE",
                "PAYLOAD_FORMAT_INVALID",
                "RETAIN_NOT_SUPPORTED",
                "QOS_NOT_SUPPORTED",
                "SERVER_MOVED"
            })
    void givesUpAtARefusalThatStays(ReasonCode reason) {
        var connected = client().connect();
        ScriptedConnection connection = server.accept();
        connection.accept(refusal(reason).reasonString("ask Ann"));
        connection.expectClosed();
        MqttException.ConnectRefused cause = failure(MqttException.ConnectRefused.class, connected);
        assertEquals(reason, cause.reason());
        assertTrue(cause.getMessage().contains("ask Ann"), cause.getMessage());
        assertTrue(listener.await(Recorder.WillReconnect.class).next().isEmpty());
    }

    @Statement("3.2.2-7")
    @ParameterizedTest
    @EnumSource(
            value = ReasonCode.class,
            names = {
                "UNSPECIFIED_ERROR",
                "IMPLEMENTATION_SPECIFIC_ERROR",
                "SERVER_UNAVAILABLE",
                "SERVER_BUSY",
                "QUOTA_EXCEEDED",
                "USE_ANOTHER_SERVER",
                "CONNECTION_RATE_EXCEEDED"
            })
    void triesAgainAtARefusalThatMayPass(ReasonCode reason) {
        var connected = client().connect();
        server.accept().accept(refusal(reason)).expectClosed();
        assertTrue(listener.await(Recorder.WillReconnect.class).next().isPresent());
        server.accept().accept();
        get(connected);
    }

    @Statement("P-33")
    @Test
    void passesOnWhereTheServerSendsItsClients() {
        var connected = client().connect();
        server.accept().accept(refusal(ReasonCode.SERVER_MOVED).serverReference("h2:1884 h3"));
        MqttException.ConnectRefused cause = failure(MqttException.ConnectRefused.class, connected);
        assertEquals("h2:1884 h3", cause.serverReference().orElseThrow());
    }

    @Test
    void connectsAgainWhenToldToAfterAPermanentRefusal() {
        MqttClient client = client();
        var refused = client.connect();
        server.accept().accept(refusal(ReasonCode.BAD_USER_NAME_OR_PASSWORD));
        failure(MqttException.ConnectRefused.class, refused);
        connect(client).fence();
    }

    // ---- what CONNECT says

    @Test
    void saysTheSameAtEachReconnect() {
        MqttClient client =
                client(
                        b ->
                                b.cleanStart(true)
                                        .credentials(Credentials.of("ann", "secret"))
                                        .userProperty("line", "7")
                                        .will(
                                                Message.to("gone")
                                                        .payload("c1")
                                                        .retain(true)
                                                        .qos(QoS.EXACTLY_ONCE)
                                                        .contentType("text/plain")
                                                        .userProperty("why", "lost")
                                                        .build(),
                                                Duration.ofSeconds(30)));
        client.connect();
        ScriptedConnection connection = server.accept();
        Connect first = connection.expectConnect();
        String bytes = connection.lastBytes();
        assertEquals("ann", first.credentials().userName().orElseThrow());
        assertEquals(Duration.ofSeconds(30), first.will().delay());
        connection.send(connack().build());
        for (int i = 0; i < 2; i++) {
            connection.cut();
            connection = server.accept();
            assertFalse(connection.expectConnect().cleanStart());
            assertEquals(withoutCleanStart(bytes), withoutCleanStart(connection.lastBytes()));
            connection.send(connack().sessionPresent().build());
        }
    }

    /** Bit 1 of the Connect Flags, behind the fixed header, the protocol's name and its version. */
    private static String withoutCleanStart(String hex) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(hex);
        int flags = (bytes[1] < 0 ? 3 : 2) + 7;
        bytes[flags] &= (byte) ~2;
        return HexFormat.ofDelimiter(" ").formatHex(bytes);
    }

    @Statement("3.1.3-2")
    @Test
    void keepsTheIdentifierThatTheServerAssigned() {
        MqttClient client = client(b -> b.clientIdentifier(""));
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        assertEquals("", connection.expectConnect().clientIdentifier());
        connection.send(connack().assignedClientIdentifier("srv-1").build());
        assertEquals("srv-1", get(connected).clientIdentifier());
        connection.cut();
        ScriptedConnection next = server.accept();
        assertEquals("srv-1", next.expectConnect().clientIdentifier());
        next.send(connack().sessionPresent().build());
        next.fence();
    }
}
