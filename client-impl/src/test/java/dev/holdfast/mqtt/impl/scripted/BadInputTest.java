package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.codec.ServerCodec;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that breaks the rules is told so, is believed nothing, and is left (section 4.13). */
class BadInputTest extends ScriptedTest {
    private final Inbox inbox = new Inbox();

    private MqttClient subscribed() {
        return client(
                b ->
                        b.resubscribe(Resubscribe.NEVER)
                                .maximumPacketSize(1_000)
                                .topicAliasMaximum(2)
                                .subscription(Subscription.to("#"), inbox));
    }

    @Statement({"3.14.1-1", "P-21", "P-30"})
    @ParameterizedTest(name = "{0} -> {2}")
    @CsvSource({
        "a QoS that does not exist, 36 07 00 01 61 00 07 00 78, MALFORMED_PACKET",
        "a Topic Name that is not UTF-8, 30 07 00 03 61 C0 AF 00 78, MALFORMED_PACKET",
        "U+0000 in a Topic Name, 30 07 00 03 61 00 62 00 78, MALFORMED_PACKET",
        "a packet shorter than its fields, 30 03 00 05 61, MALFORMED_PACKET",
        "a property of another packet, 30 09 00 01 61 04 1F 00 01 72 78, MALFORMED_PACKET",
        "a Remaining Length of five bytes, 30 FF FF FF FF 01, MALFORMED_PACKET",
        "a wrong flag in PUBACK, 42 02 00 01, MALFORMED_PACKET",
        "a wrong flag in PUBREL, 60 02 00 08, MALFORMED_PACKET",
        "a wrong flag in DISCONNECT, E1 00, MALFORMED_PACKET",
        "PINGRESP with a body, D0 01 00, MALFORMED_PACKET",
        "a packet of type 0, 00 00, MALFORMED_PACKET",
        "an answer in another language, 48 54 54 50 2F 31 2E 31, MALFORMED_PACKET",
        "Packet Identifier 0, 32 07 00 01 61 00 00 00 78, PROTOCOL_ERROR",
        "DUP at QoS 0, 38 05 00 01 61 00 78, PROTOCOL_ERROR",
        "a wildcard in a Topic Name, 30 07 00 03 61 2F 2B 00 78, PROTOCOL_ERROR",
        "no Topic Name, 30 04 00 00 00 78, PROTOCOL_ERROR",
        "Subscription Identifier 0, 30 07 00 01 61 02 0B 00 78, PROTOCOL_ERROR",
        "a property twice, 30 0D 00 01 61 08 03 00 01 74 03 00 01 75 78, PROTOCOL_ERROR",
        "a reason PUBACK cannot have, 40 03 00 01 92, PROTOCOL_ERROR",
        "a reason SUBACK cannot have, 90 04 00 01 00 03, PROTOCOL_ERROR",
        "a SUBACK nobody asked for, 90 04 00 77 00 00, PROTOCOL_ERROR",
        "an UNSUBACK nobody asked for, B0 04 00 77 00 00, PROTOCOL_ERROR",
        "a second CONNACK, 20 03 00 00 00, PROTOCOL_ERROR",
        "PINGREQ from a server, C0 00, PROTOCOL_ERROR",
        "SUBSCRIBE from a server, 82 07 00 01 00 00 01 61 00, PROTOCOL_ERROR",
        "CONNECT from a server, 10 0D 00 04 4D 51 54 54 05 02 00 00 00 00 00, PROTOCOL_ERROR",
        "a Session Expiry in DISCONNECT, E0 07 00 05 11 00 00 00 0A, PROTOCOL_ERROR",
        "AUTH without authentication, F0 0B 18 09 15 00 01 4D 16 00 02 63 31, PROTOCOL_ERROR",
        "a Topic Alias above the maximum, 30 08 00 01 61 03 23 00 03 78, TOPIC_ALIAS_INVALID",
        "a packet above Maximum Packet Size, 30 E9 07, PACKET_TOO_LARGE"
    })
    void closesWithTheReasonAndBelievesNothing(String what, String hex, ReasonCode reason) {
        MqttClient client = subscribed();
        ScriptedConnection connection = connect(client);
        Publication publication = publish(client, QoS.EXACTLY_ONCE, "x");
        Publish sent = connection.expect(Publish.class);
        connection.send(hex);
        connection.expectDisconnect(reason);
        MqttException.ServerMisbehaved cause =
                assertInstanceOf(
                        MqttException.ServerMisbehaved.class,
                        listener.await(Recorder.WasDisconnected.class).cause());
        assertEquals(reason, cause.reason());
        inbox.expectEmpty();

        ScriptedConnection next = server.accept().resume();
        next.expect(Packets.again(sent));
        next.fence();
        assertFalse(publication.acknowledged().isDone());
    }

    @Statement({"3.14.0-1", "3.2.0-1", "3.2.2-16", "3.2.2-8", "4.12.0-6"})
    @ParameterizedTest
    @ValueSource(
            strings = {
                "30 05 00 01 61 00 78", // PUBLISH
                "D0 00", // PINGRESP
                "90 04 00 01 00 00", // SUBACK
                "E0 01 8B", // DISCONNECT
                "F0 0B 18 09 15 00 01 4D 16 00 02 63 31", // AUTH
                "20 07 00 00 04 15 00 01 4D", // CONNACK for another authentication
                "20 06 00 00 03 21 00 00", // CONNACK with Receive Maximum 0
                "20 05 00 00 02 24 02", // CONNACK with Maximum QoS 2
                "20 0B 00 00 08 12 00 05 73 72 76 2D 31", // CONNACK with another identifier
                "20 03 00 01 00" // CONNACK with a reason of SUBACK
            })
    void takesNothingButAnHonestConnackForAnAnswerToConnect(String hex) {
        MqttClient client = client(b -> b.reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send(hex);
        connection.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        failure(MqttException.ServerMisbehaved.class, connected);
    }

    @Statement("3.2.2-1")
    @Test
    void refusesAConnackWithReservedBits() {
        MqttClient client = client(b -> b.reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send("20 03 02 00 00");
        connection.expectDisconnect(ReasonCode.MALFORMED_PACKET);
        failure(MqttException.ServerMisbehaved.class, connected);
    }

    @Statement({"3.1.3-7", "3.2.2-16"})
    @Test
    void asksForAnIdentifierThatTheServerMustAssign() {
        MqttClient client = client(b -> b.clientIdentifier("").reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        server.accept().accept().expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        failure(MqttException.ServerMisbehaved.class, connected);
    }

    /** What came before the offence counts, what comes after it does not. */
    @Test
    void deliversWhatCameBeforeTheOffence() {
        ScriptedConnection connection = connect(subscribed());
        connection.sendBytes(
                HexFormat.of()
                        .parseHex("3005000161007930070003612F2B007830050001610078".toLowerCase()));
        connection.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        assertEquals("y", inbox.nextText());
        inbox.expectEmpty();
    }

    /** 1,000 bytes in all: 3 of fixed header, 3 of topic, 1 of properties. */
    @Statement("3.1.2-24")
    @Test
    void takesAPacketOfExactlyMaximumPacketSize() {
        ScriptedConnection connection = connect(subscribed());
        connection.send(Packets.atMostOnce("a", "x".repeat(993)));
        assertEquals(993, inbox.nextText().length());
        connection.send(Packets.atMostOnce("a", "x".repeat(994)));
        connection.expectDisconnect(ReasonCode.PACKET_TOO_LARGE);
    }

    // ---- good input in odd pieces

    @Statement("4.2-1")
    @Test
    void readsPacketsThatComeByteByByte() {
        var connected = subscribed().connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        for (byte one : ServerCodec.encode(connack().build())) {
            connection.sendBytes(new byte[] {one});
        }
        get(connected);
        for (byte one : ServerCodec.encode(atLeastOnce(7, "a/b", "slowly"))) {
            connection.sendBytes(new byte[] {one});
        }
        var delivery = inbox.next();
        assertEquals("slowly", delivery.message().payloadText());
        delivery.acknowledge();
        connection.expect(puback(7));
    }

    @Statement("4.2-1")
    @Test
    void readsManyPacketsThatComeAtOnce() {
        var connected = subscribed().connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(ServerCodec.encode(connack().build()));
        for (int i = 1; i <= 50; i++) {
            all.writeBytes(ServerCodec.encode(atLeastOnce(i, "a", "" + i)));
        }
        connection.sendBytes(all.toByteArray());
        get(connected);
        for (int i = 1; i <= 50; i++) {
            var delivery = inbox.next();
            assertEquals("" + i, delivery.message().payloadText());
            delivery.acknowledge();
            connection.expect(puback(i));
        }
    }
}
