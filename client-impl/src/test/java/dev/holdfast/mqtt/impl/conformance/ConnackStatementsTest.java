package dev.holdfast.mqtt.impl.conformance;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.ServerLimits;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.Pingresp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.scripted.Recorder;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CONNACK: what is no answer, and what an answer means (section 3.2). */
class ConnackStatementsTest extends FaultTest {
    // ---- no answer

    @Statement({"2.1.3-1", "3.2.2-1", "P-01"})
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "reserved bits of the first byte, 21 03 00 00 00",
        "reserved flag, 20 03 02 00 00",
        "reserved flag beside Session Present, 20 03 81 00 00",
        "Topic Alias, 20 06 00 00 03 23 00 01",
        "a property that does not exist, 20 05 00 00 02 7F 00",
        "a property cut short, 20 05 00 00 02 21 00",
        "no Property Length, 20 02 00 00"
    })
    void refusesConnacksThatCannotBeRead(String what, String hex) {
        failsToConnectWhenTold(hex, ReasonCode.MALFORMED_PACKET);
    }

    @Statement("P-03")
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "Receive Maximum 0, 20 06 00 00 03 21 00 00",
        "Maximum Packet Size 0, 20 08 00 00 05 27 00 00 00 00",
        "Maximum QoS 2, 20 05 00 00 02 24 02",
        "Retain Available 2, 20 05 00 00 02 25 02",
        "Wildcard Subscription Available 2, 20 05 00 00 02 28 02",
        "Subscription Identifier Available 2, 20 05 00 00 02 29 02",
        "Shared Subscription Available 2, 20 05 00 00 02 2A 02"
    })
    void refusesValuesOutOfRange(String what, String hex) {
        failsToConnectWhenTold(hex, ReasonCode.PROTOCOL_ERROR);
    }

    @Statement("P-02")
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "Receive Maximum, 21 0005",
        "Session Expiry Interval, 11 00000005",
        "Server Keep Alive, 13 0005",
        "Maximum QoS, 24 01",
        "Assigned Client Identifier, 12 000161",
        "Reason String, 1F 000161"
    })
    void refusesPropertiesThatOccurTwice(String what, String property) {
        String twice = (property + property).replace(" ", "");
        int length = twice.length() / 2;
        failsToConnectWhenTold(
                "20%02X0000%02X%s".formatted(3 + length, length, twice), ReasonCode.PROTOCOL_ERROR);
    }

    @Statement("3.2.2-8")
    @ParameterizedTest
    @ValueSource(strings = {"01", "10", "18", "7F", "8B", "92", "A2", "FF"})
    void refusesReasonCodesOfOtherPackets(String code) {
        failsToConnectWhenTold("20 03 00 " + code + " 00", ReasonCode.PROTOCOL_ERROR);
    }

    @Statement({"3.14.0-1", "3.2.0-1", "4.12.0-2", "4.12.0-6", "P-15"})
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "PUBLISH, 30 05 00 01 61 00 78",
        "PUBACK, 40 02 00 01",
        "SUBACK, 90 04 00 01 00 00",
        "PINGRESP, D0 00",
        "DISCONNECT, E0 01 8B",
        "AUTH to continue, F0 0B 18 09 15 00 01 4D 16 00 02 63 31",
        "AUTH of success, F0 06 00 04 15 00 01 4D",
        "AUTH without method, F0 02 18 00",
        "AUTH in its shortest form, F0 00",
        "CONNACK with a method, 20 07 00 00 04 15 00 01 4D"
    })
    void refusesOtherPacketsBeforeConnack(String what, String hex) {
        failsToConnectWhenTold(hex, ReasonCode.PROTOCOL_ERROR);
    }

    @Statement("3.2.2-16")
    @Test
    void refusesAnIdentifierThoughItHasOne() {
        failsToConnectWhenTold("20 0B 00 00 08 12 00 05 73 72 76 2D 31", ReasonCode.PROTOCOL_ERROR);
    }

    // ---- an answer

    /** Nobody asked for it, but it does no harm. */
    @Statement("3.1.2-28")
    @Test
    void passesOnResponseInformation() {
        var connected = client().connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send("20 0C 00 00 09 1A 00 06 72 65 73 70 2F 31");
        assertEquals("resp/1", get(connected).responseInformation().orElseThrow());
        connection.fence();
    }

    /** Each limit is lowered, then left out, which must not mean "as before". */
    @Statement({"3.1.2-21", "P-05"})
    @Test
    void takesTheDefaultOfWhatIsNotSaid() {
        client(b -> b.keepAlive(Duration.ofSeconds(600))).connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send(
                "20 20 00 00 1D 11 00 00 00 64 13 00 3C 21 00 01 22 00 02 24 00 25 00"
                        + "27 00 00 00 40 28 00 29 00 2A 00");
        assertEquals(
                new ServerLimits(
                        Duration.ofSeconds(100),
                        Duration.ofSeconds(60),
                        1,
                        64,
                        QoS.AT_MOST_ONCE,
                        2,
                        false,
                        false,
                        false,
                        false),
                listener.await(Recorder.WasConnected.class).connected().limits());
        connection.cut();
        server.accept().resume();
        assertEquals(
                new ServerLimits(
                        Duration.ofSeconds(300),
                        Duration.ofSeconds(600),
                        65_535,
                        268_435_460,
                        QoS.EXACTLY_ONCE,
                        0,
                        true,
                        true,
                        true,
                        true),
                listener.await(Recorder.WasConnected.class).connected().limits());
    }

    @Statement("3.2.2-11")
    @Test
    void publishesAtQos0WhereThatIsAll() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client, connack().maximumQos(QoS.AT_MOST_ONCE));
        for (QoS qos : new QoS[] {QoS.AT_LEAST_ONCE, QoS.EXACTLY_ONCE}) {
            assertEquals(
                    ReasonCode.QOS_NOT_SUPPORTED,
                    failure(
                                    MqttException.PublishRejected.class,
                                    publish(client, qos, "x").acknowledged())
                            .reason());
        }
        publish(client, QoS.AT_MOST_ONCE, "fits");
        assertEquals("fits", connection.expect(Publish.class).message().payloadText());
        connection.fence();
    }

    /** The server reads strictly: an alias it does not allow, or was not told of, is an error. */
    @Statement({"3.2.2-17", "3.2.2-18", "3.3.2-7", "3.3.2-8", "3.3.2-9"})
    @Test
    void usesTopicAliasesAsEachConnectionAllows() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client, connack().topicAliasMaximum(2));
        publishToFiveTopicsTwice(client, connection, true);
        connection.cut();
        listener.await(Recorder.WasDisconnected.class);
        ScriptedConnection next = server.accept().resume();
        publishToFiveTopicsTwice(client, next, false);
    }

    private static void publishToFiveTopicsTwice(
            MqttClient client, ScriptedConnection connection, boolean withAlias) {
        for (int i = 0; i < 10; i++) {
            String topic = "a/long/topic/" + i % 5;
            client.publish(topic, m -> m.qos(QoS.AT_MOST_ONCE));
            assertEquals(topic, connection.expect(Publish.class).message().topic());
            assertEquals(withAlias, connection.lastBytes().contains(" 03 23 00 "));
        }
    }

    @Statement("3.2.2-7")
    @Test
    void leavesAServerThatRefusesItAndDoesNotClose() {
        MqttClient client = client(b -> b.reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send("20 03 00 87 00");
        connection.expectClosed(Duration.ofSeconds(2));
        assertEquals(
                ReasonCode.NOT_AUTHORIZED,
                failure(MqttException.ConnectRefused.class, connected).reason());
    }

    /** Each PINGREQ comes within the second that it has, and a little for a slow machine. */
    @Statement({"3.1.2-20", "3.1.2-21", "3.2.2-21"})
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void pingsBeforeItsKeepAliveIsOver(boolean byTheServersWish) {
        MqttClient client = client(b -> b.keepAlive(Duration.ofSeconds(byTheServersWish ? 60 : 1)));
        ScriptedConnection connection =
                connect(client, byTheServersWish ? connack().serverKeepAlive(1) : connack());
        long last = System.nanoTime();
        for (int i = 0; i < 2; i++) {
            connection.expect(Pingreq.class);
            long now = System.nanoTime();
            long millis = (now - last) / 1_000_000;
            assertTrue(millis < 1_500, () -> "silent for " + millis + " ms");
            last = now;
            connection.send(Pingresp.INSTANCE);
        }
    }

    @Statement("3.1.2-20")
    @Test
    void neverPingsWithoutKeepAlive() {
        ScriptedConnection connection = connect(client(b -> b.keepAlive(Duration.ZERO)));
        assertEquals(null, connection.nextIfAny(Duration.ofMillis(1_300)));
    }

    /** The packet counts as a whole: 64 bytes are sent, 65 are not. */
    @Statement("3.2.2-15")
    @Test
    void sendsNoPacketAboveMaximumPacketSizeThoughItWaitedForTheServer() {
        MqttClient client = client();
        var large = client.publish(Message.to("t").payload(new byte[57]).build());
        var fits = client.publish(Message.to("t").payload(new byte[56]).build());
        ScriptedConnection connection = connect(client, connack().maximumPacketSize(64));
        failure(MqttException.PublishRejected.class, large.acknowledged());
        connection.expect(Publish.class);
        assertEquals(64 * 3 - 1, connection.lastBytes().length());
        connection.send("40 02 00 01");
        get(fits.acknowledged());
    }
}
