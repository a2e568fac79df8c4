package dev.holdfast.mqtt.impl.conformance;

import static dev.holdfast.mqtt.impl.scripted.Packets.atMostOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.suback;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.scripted.Inbox;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedTest;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What messages may say, and what becomes of it (sections 3.3.2, 3.3.4 and 4.7). */
class MessageStatementsTest extends ScriptedTest {
    private final Inbox inbox = new Inbox();

    private MqttClient subscribed() {
        return client(
                b -> b.resubscribe(Resubscribe.NEVER).subscription(Subscription.to("#"), inbox));
    }

    // ---- names

    private static void refusesAsNameOfATopic(String name) {
        assertThrows(IllegalArgumentException.class, () -> Message.to(name), name);
        assertThrows(
                IllegalArgumentException.class, () -> Message.to("t").responseTopic(name), name);
    }

    /** A will is a message too, so that its topic is checked by the same words. */
    @ParameterizedTest
    @ValueSource(strings = {"#", "+", "a/+", "a/#", "a+b", "a#b", "$share/g/+"})
    @Statement("4.7.0-1")
    void refusesWildcardsInTopicNames(String name) {
        refusesAsNameOfATopic(name);
    }

    @Test
    @Statement("4.7.3-1")
    void refusesAnEmptyTopicName() {
        refusesAsNameOfATopic("");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\0", "a\0b", "a\0"})
    @Statement("4.7.3-2")
    void refusesNulInTopicNames(String name) {
        refusesAsNameOfATopic(name);
    }

    @Test
    @Statement("4.7.3-3")
    void measuresTopicNamesInBytes() {
        refusesAsNameOfATopic("a".repeat(65_536));
        refusesAsNameOfATopic("€".repeat(21_846));
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        for (String longest : List.of("a".repeat(65_535), "€".repeat(21_845))) {
            client.publish(Message.to(longest).responseTopic(longest).build());
            Publish sent = connection.expect(Publish.class);
            assertEquals(longest, sent.message().topic());
            assertEquals(longest, sent.message().responseTopic().orElseThrow());
        }
    }

    /** Control characters are unusual, not wrong: refusing them could end in a loop. */
    @ParameterizedTest
    @ValueSource(strings = {"/", " ", "a\u0001", "a\u007F\u009F", "\uFFFF", "\uD83F\uDFFE"})
    @Statement({"4.7.3-1", "P-29"})
    void takesUnusualTopicNamesInBothDirections(String name) {
        MqttClient client = subscribed();
        ScriptedConnection connection = connect(client);
        connection.send(atMostOnce(name, "x"));
        Message received = inbox.next().message();
        assertEquals(name, received.topic());
        client.publish(received);
        assertEquals(name, connection.expect(Publish.class).message().topic());
    }

    // ---- properties

    @Test
    @Statement("P-38")
    void keepsRepeatedUserPropertiesInTheirOrderInBothDirections() {
        MqttClient client = subscribed();
        ScriptedConnection connection = connect(client);
        String frame =
                "30 1A 00 01 61 15 26 00 01 6B 00 01 31 26 00 01 6B 00 01 32 26 00 01 6A 00 01 33"
                        + " 78";
        connection.send(frame);
        Message received = inbox.next().message();
        assertEquals(
                List.of(
                        new UserProperty("k", "1"),
                        new UserProperty("k", "2"),
                        new UserProperty("j", "3")),
                received.userProperties());
        client.publish(received);
        connection.expectBytes(frame);
    }

    /** Whether the payload is text is between its sender and its handlers. */
    @Test
    @Statement("P-28")
    void handsOverAPayloadThatIsNotTheTextItIsAnnouncedAs() {
        ScriptedConnection connection = connect(subscribed());
        connection.send("32 09 00 01 61 00 07 02 01 01 FF");
        var delivery = inbox.next();
        assertEquals(true, delivery.message().utf8Payload());
        assertArrayEquals(new byte[] {-1}, delivery.message().payloadBytes());
        delivery.acknowledge();
        connection.expect(puback(7));
    }

    /** The client makes no request of its own, but all that one needs goes through unchanged. */
    @Test
    @Statement("P-37")
    void answersARequestWithItsCorrelationData() {
        MqttClient client = subscribed();
        ScriptedConnection connection = connect(client);
        connection.send("30 0F 00 01 61 0A 08 00 02 72 74 09 00 02 00 FF 71");
        Message request = inbox.next().message();
        ByteBuffer data = request.correlationData().orElseThrow();
        byte[] correlation = new byte[data.remaining()];
        data.get(correlation);
        client.publish(
                Message.to(request.responseTopic().orElseThrow())
                        .correlationData(correlation)
                        .payload("r")
                        .qos(QoS.AT_MOST_ONCE)
                        .build());
        connection.expectBytes("30 0B 00 02 72 74 05 09 00 02 00 FF 72");
    }

    // ---- Subscription Identifiers and QoS

    @Test
    @Statement("3.3.4-6")
    void publishesAReceivedMessageWithoutItsSubscriptionIdentifiers() {
        MqttClient client = subscribed();
        ScriptedConnection connection = connect(client);
        connection.send("30 09 00 01 61 04 0B 01 0B 02 78");
        client.publish(inbox.next().message());
        connection.expectBytes("30 05 00 01 61 00 78");
    }

    /** Whoever gave it away: the session may be older than this run. */
    @Test
    @Statement({"P-24", "P-25"})
    void handsOverByTopicWhereItDoesNotKnowTheSubscriptionIdentifier() {
        MqttClient client = client(b -> b.resubscribe(Resubscribe.NEVER));
        ScriptedConnection connection = connect(client);
        var subscribed = client.subscribe(Subscription.to("a"), inbox);
        connection.expectBytes("82 09 00 01 02 0B 01 00 01 61 02");
        connection.send("90 04 00 01 00 02");
        get(subscribed);
        Inbox other = new Inbox();
        client.subscribe(Subscription.to("b"), other);
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.GRANTED_QOS_2));
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        next.send("30 0A 00 01 61 05 0B FF FF FF 7F 78");
        assertEquals("x", inbox.nextText());
        next.fence();
        other.expectEmpty();
    }

    @Test
    @Statement("P-23")
    void takesMessagesAboveTheQosItAskedFor() {
        MqttClient client = client(b -> b.resubscribe(Resubscribe.NEVER));
        ScriptedConnection connection = connect(client);
        var subscribed = client.subscribe(Subscription.to("a").atMost(QoS.AT_MOST_ONCE), inbox);
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.SUCCESS));
        get(subscribed);
        connection.send(exactlyOnce(8, "a", "x"));
        connection.expect(pubrec(8));
        assertEquals("x", inbox.nextText());
        connection.fence();
    }
}
