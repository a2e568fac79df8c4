package dev.holdfast.mqtt.impl.conformance;

import static dev.holdfast.mqtt.impl.scripted.Packets.again;
import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.scripted.Inbox;
import dev.holdfast.mqtt.impl.scripted.Recorder;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedTest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How a connection ends, by either side (sections 3.14 and 4.13), and AUTH, which a client without
 * an Authentication Method neither sends nor takes (sections 3.15 and 4.12).
 */
class DisconnectStatementsTest extends ScriptedTest {
    /** By itself, long before any time-out; a busy machine may take a moment. */
    private static final Duration SOON = Duration.ofSeconds(5);

    private static final String AUTH_CONTINUE = "F0 0B 18 09 15 00 01 4D 16 00 02 63 31";

    // ---- the client goes

    /** The server of these tests never closes first. */
    @Test
    @Statement({"3.14.4-1", "3.14.4-2"})
    void closesAfterItsDisconnectThoughTheServerDoesNot() {
        MqttClient client = client(b -> b.keepAlive(Duration.ofSeconds(1)));
        ScriptedConnection connection = connect(client);
        var disconnected = client.disconnect();
        connection.expectBytes("E0 00");
        connection.expectClosed(SOON);
        get(disconnected);
    }

    @Test
    @Statement({"3.14.4-1", "3.14.4-2", "4.13.2-1"})
    void closesAfterADisconnectForAnErrorThoughTheServerDoesNot() {
        Inbox inbox = new Inbox();
        MqttClient client =
                client(
                        b ->
                                b.resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("a"), inbox));
        ScriptedConnection connection = connect(client);
        connection.send(atLeastOnce(7, "a", "x"));
        var delivery = inbox.next();
        connection.send("00 00");
        publish(client, QoS.AT_MOST_ONCE, "late");
        delivery.acknowledge();
        while (!connection.lastBytes().equals("E0 02 81 00")) {
            assertTrue(connection.nextIfAny(SOON) != null, "no DISCONNECT came");
        }
        connection.expectClosed(SOON);
    }

    /** The server reads nothing, so that the DISCONNECT stays behind what it does not take. */
    @Test
    @Statement({"3.14.4-2", "4.13.2-1"})
    void closesForAnErrorThoughItsDisconnectCannotLeave() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Message large = Message.to("t").payload(new byte[1 << 20]).qos(QoS.AT_MOST_ONCE).build();
        for (int i = 0; i < 40; i++) {
            client.publish(large);
        }
        connection.send("00 00");
        MqttException cause = listener.await(Recorder.WasDisconnected.class).cause();
        assertInstanceOf(MqttException.ServerMisbehaved.class, cause);
        server.accept().resume();
    }

    @Test
    @Statement("3.14.2-1")
    void saysOnlyWhatAClientMaySay() {
        saysGoodbye(d -> {}, "E0 00");
        saysGoodbye(DisconnectOptions::withWill, "E0 02 04 00");
        saysGoodbye(d -> d.sessionExpiry(Duration.ZERO), "E0 07 00 05 11 00 00 00 00");
    }

    private void saysGoodbye(Consumer<DisconnectOptions> options, String bytes) {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        get(client.disconnect(options));
        connection.expectBytes(bytes);
        connection.expectClosed(SOON);
        client.close();
    }

    // ---- the server goes

    @ParameterizedTest(name = "{1}")
    @CsvSource({
        "E0 00, SUCCESS",
        "E0 01 8B, SERVER_SHUTTING_DOWN",
        "E0 02 8E 00, SESSION_TAKEN_OVER",
        "E0 02 8C 00, BAD_AUTHENTICATION_METHOD",
        "E0 02 87 00, NOT_AUTHORIZED"
    })
    @Statement({"P-20", "4.13.2-1"})
    void closesWithoutAWordWhenTheServerDisconnects(String hex, ReasonCode reason) {
        ScriptedConnection connection = connect(client());
        connection.send(hex);
        connection.expectClosed(SOON);
        MqttException.ConnectionLost cause =
                assertInstanceOf(
                        MqttException.ConnectionLost.class,
                        listener.await(Recorder.WasDisconnected.class).cause());
        assertEquals(Optional.of(reason), cause.reason());
    }

    @ParameterizedTest
    @ValueSource(strings = {"80", "84", "87", "88", "8A", "95", "9F"})
    @Statement("4.13.2-1")
    void closesWithoutAWordWhenTheServerRefusesTheConnection(String code) {
        client().connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send("20 03 00 " + code + " 00");
        connection.expectClosed(SOON);
        MqttException.ConnectRefused cause =
                assertInstanceOf(
                        MqttException.ConnectRefused.class,
                        listener.await(Recorder.WillReconnect.class).cause());
        assertEquals(Integer.parseInt(code, 16), cause.reason().value());
    }

    /** The client tells of the other server; whether to go there is for the application to say. */
    @ParameterizedTest(name = "{0} is for ever: {1}")
    @CsvSource({"9C, false", "9D, true"})
    @Statement("P-33")
    void tellsOfAnotherServerAndDoesNotGoThere(String code, boolean forEver) {
        client().connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        String reference = "5B 3A 3A 31 5D 3A 31 20 68 33"; // [::1]:1 h3
        connection.send("20 10 00 " + code + " 0D 1C 00 0A " + reference);
        connection.expectClosed(SOON);
        Recorder.WillReconnect next = listener.await(Recorder.WillReconnect.class);
        MqttException.ConnectRefused cause =
                assertInstanceOf(MqttException.ConnectRefused.class, next.cause());
        assertEquals(Integer.parseInt(code, 16), cause.reason().value());
        assertEquals("[::1]:1 h3", cause.serverReference().orElseThrow());
        assertEquals(forEver, next.next().isEmpty());
    }

    // ---- what the server must not send

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "DISCONNECT with a reserved bit, E1 00, MALFORMED_PACKET",
        "DISCONNECT with another reserved bit, E8 01 8B, MALFORMED_PACKET",
        "AUTH with a reserved bit, F1 06 18 04 15 00 01 4D, MALFORMED_PACKET",
        "PUBLISH that ends within its topic, 30 03 00 05 61, MALFORMED_PACKET",
        "PUBACK with a byte too many, 40 05 00 01 00 00 00, MALFORMED_PACKET",
        "SUBACK without Reason Codes, 90 03 00 02 00, MALFORMED_PACKET",
        "PINGRESP with a body, D0 01 00, MALFORMED_PACKET",
        "DISCONNECT with a reason of SUBACK, E0 02 01 00, PROTOCOL_ERROR",
        "DISCONNECT with a reason of clients, E0 01 04, PROTOCOL_ERROR",
        "AUTH with a reason of clients, F0 06 19 04 15 00 01 4D, PROTOCOL_ERROR",
        "AUTH without a method, F0 02 18 00, PROTOCOL_ERROR",
        "AUTH to go on, F0 0B 18 09 15 00 01 4D 16 00 02 63 31, PROTOCOL_ERROR",
        "AUTH of success, F0 06 00 04 15 00 01 4D, PROTOCOL_ERROR"
    })
    @Statement({"3.14.1-1", "3.14.2-1", "3.15.1-1", "3.15.2-1", "4.12.0-7", "P-21", "P-31"})
    void closesWithTheReason(String what, String hex, ReasonCode reason) {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Publication publication = publish(client, QoS.AT_LEAST_ONCE, "x");
        Publish sent = connection.expect(Publish.class);
        var subscribed = client.subscribe(Subscription.to("a"), new Inbox());
        connection.expect(Subscribe.class);

        connection.send(hex);

        Disconnect said = connection.expect(Disconnect.class);
        assertEquals(reason, said.reason());
        assertNull(said.reasonString());
        connection.expectClosed(SOON);
        MqttException.ServerMisbehaved cause =
                assertInstanceOf(
                        MqttException.ServerMisbehaved.class,
                        listener.await(Recorder.WasDisconnected.class).cause());
        assertEquals(reason, cause.reason());
        ScriptedConnection next = server.accept().resume();
        // SUBSCRIBE is asked anew, PUBLISH is repeated: neither was taken for answered.
        List<Packet> both = List.of(next.expect(Packet.class), next.expect(Packet.class));
        assertTrue(both.contains(again(sent)), both.toString());
        assertFalse(publication.acknowledged().isDone());
        assertFalse(subscribed.isDone());
    }

    /** CONNECT names no method, so that the server has none to use. */
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        AUTH_CONTINUE + ", PROTOCOL_ERROR",
        "F0 00, PROTOCOL_ERROR",
        "F1 06 18 04 15 00 01 4D, MALFORMED_PACKET"
    })
    @Statement({"3.15.1-1", "4.12.0-7"})
    void refusesToAuthenticateWithoutAMethod(String hex, ReasonCode reason) {
        client().connect();
        ScriptedConnection connection = server.accept();
        assertNull(connection.expectConnect().authenticationMethod());
        connection.send(hex);
        assertEquals(reason, connection.expect(Disconnect.class).reason());
        connection.expectClosed(SOON);
    }
}
