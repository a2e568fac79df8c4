package dev.holdfast.mqtt.impl.conformance;

import static dev.holdfast.mqtt.impl.scripted.Packets.again;
import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscribed;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.impl.scripted.Inbox;
import dev.holdfast.mqtt.impl.scripted.Packets;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server that breaks a rule while it is connected: what it said does not count, and it is left.
 */
class ServerFaultsTest extends FaultTest {
    @Statement("2.1.3-1")
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "CONNACK, 21 03 00 00 00",
        "PUBACK, 42 02 00 01",
        "PUBREC, 51 02 00 02",
        "PUBREL, 60 02 00 08",
        "PUBREL with DUP, 6A 02 00 08",
        "PUBCOMP, 71 02 00 02",
        "SUBACK, 91 04 00 03 00 00",
        "UNSUBACK, B1 04 00 03 00 00",
        "PINGRESP, D1 00",
        "DISCONNECT, E1 00",
        "AUTH, F1 06 18 04 15 00 01 4D"
    })
    void leavesAtReservedBitsOfTheFirstByte(String packet, String hex) {
        leavesWhenTold(hex, ReasonCode.MALFORMED_PACKET);
    }

    @Statement("1.5.5-1")
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "Remaining Length 0 in two bytes, D0 80 00",
        "Remaining Length in five bytes, 30 FF FF FF FF 01",
        "Property Length 0 in two bytes, 30 06 00 01 61 80 00 78",
        "Subscription Identifier 1 in two bytes, 30 08 00 01 61 03 0B 81 00 78"
    })
    void leavesAtVariableByteIntegersThatAreLongerThanNeeded(String what, String hex) {
        leavesWhenTold(hex, ReasonCode.MALFORMED_PACKET);
    }

    @Statement("P-01")
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a Reason String in PUBLISH, 30 09 00 01 61 04 1F 00 01 72 78",
        "an identifier that does not exist, 30 07 00 01 61 02 7F 00 78",
        "a Receive Maximum in PUBACK, 40 07 00 01 00 03 21 00 05",
        "more properties than packet, 30 05 00 01 61 05 78",
        "a property cut short, 30 08 00 01 61 02 03 00 01 78",
        "a Will Delay Interval in DISCONNECT, E0 07 8B 05 18 00 00 00 01"
    })
    void leavesAtPropertiesThatHaveNoPlaceThere(String what, String hex) {
        leavesWhenTold(hex, ReasonCode.MALFORMED_PACKET);
    }

    @Statement("P-02")
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "Payload Format Indicator, 30 09 00 01 61 04 01 01 01 01 78",
        "Message Expiry Interval, 30 0F 00 01 61 0A 02 00 00 00 09 02 00 00 00 09 78",
        "Content Type, 30 0D 00 01 61 08 03 00 01 74 03 00 01 75 78",
        "Response Topic, 30 0D 00 01 61 08 08 00 01 74 08 00 01 75 78",
        "Correlation Data, 30 0D 00 01 61 08 09 00 01 74 09 00 01 75 78",
        "Reason String, 40 0C 00 01 00 08 1F 00 01 74 1F 00 01 75",
        "Server Reference, E0 0A 9C 08 1C 00 01 74 1C 00 01 75"
    })
    void leavesAtPropertiesThatOccurTwice(String property, String hex) {
        leavesWhenTold(hex, ReasonCode.PROTOCOL_ERROR);
    }

    // ---- PUBLISH

    @Statement({"3.3.1-4", "3.3.2-1"})
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "QoS 3, 36 07 00 01 61 00 07 00 78",
        "QoS 3 and DUP, 3E 07 00 01 61 00 07 00 78",
        "no Topic Name, 30 00"
    })
    void leavesAtPublishesThatCannotBeRead(String what, String hex) {
        leavesWhenTold(hex, ReasonCode.MALFORMED_PACKET);
    }

    @Statement({"2.2.1-4", "3.3.1-2", "3.3.1-2 (server)", "P-06", "P-09"})
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "Packet Identifier 0 at QoS 1, 32 07 00 01 61 00 00 00 78",
        "Packet Identifier 0 at QoS 2, 34 07 00 01 61 00 00 00 78",
        "DUP at QoS 0, 38 05 00 01 61 00 78",
        "neither topic nor alias, 30 04 00 00 00 78",
        "Subscription Identifier 0, 30 07 00 01 61 02 0B 00 78"
    })
    void leavesAtPublishesThatTheStandardForbids(String what, String hex) {
        leavesWhenTold(hex, ReasonCode.PROTOCOL_ERROR);
    }

    @Statement({"3.1.2-26", "3.1.2-27", "3.3.2-7", "3.3.2-11", "P-07"})
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "0, 30 08 00 01 61 03 23 00 00 78",
        "1 with a topic, 30 08 00 01 61 03 23 00 01 78",
        "1 without a topic, 30 07 00 00 03 23 00 01 78",
        "65535, 30 08 00 01 61 03 23 FF FF 78"
    })
    void leavesAtTopicAliasesThoughItAllowsNone(String alias, String hex) {
        leavesWhenTold(hex, ReasonCode.TOPIC_ALIAS_INVALID, b -> b.topicAliasMaximum(0));
    }

    @Statement({"3.1.2-26", "3.3.2-11"})
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "0, 30 08 00 01 61 03 23 00 00 78",
        "3 with a topic, 30 08 00 01 61 03 23 00 03 78",
        "3 without a topic, 30 07 00 00 03 23 00 03 78",
        "65535, 30 08 00 01 61 03 23 FF FF 78"
    })
    void leavesAtTopicAliasesAboveTheMaximum(String alias, String hex) {
        leavesWhenTold(hex, ReasonCode.TOPIC_ALIAS_INVALID, b -> b.topicAliasMaximum(2));
    }

    @Statement("3.3.2-7")
    @Test
    void leavesAtATopicAliasThatWasGivenNoTopic() {
        leavesWhenTold(
                "30 07 00 00 03 23 00 02 78",
                ReasonCode.PROTOCOL_ERROR,
                b -> b.topicAliasMaximum(2));
    }

    /** The same at the other QoS cannot be meant as a repeat. */
    @Statement("2.2.1-4")
    @Test
    void leavesAtAnIdentifierThatAnotherMessageStillUses() {
        Inbox inbox = new Inbox();
        MqttClient client = receiving(inbox, b -> {});
        ScriptedConnection connection = connect(client);
        connection.send(atLeastOnce(7, "a", "x"), exactlyOnce(7, "a", "y"));
        connection.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        assertEquals("x", inbox.nextText());
        inbox.expectEmpty();
    }

    /** A server that forgets DUP repeats itself all the same. */
    @Statement("2.2.1-4")
    @Test
    void takesAMessageWithTheIdentifierOfOneNotReleasedForItsRepeat() {
        Inbox inbox = new Inbox();
        MqttClient client = receiving(inbox, b -> {});
        ScriptedConnection connection = connect(client);
        for (int i = 0; i < 2; i++) {
            connection.send(exactlyOnce(8, "a", "x"));
            connection.expect(pubrec(8));
        }
        connection.send(pubrel(8));
        connection.expect(pubcomp(8));
        assertEquals("x", inbox.nextText());
        connection.fence();
        inbox.expectEmpty();
    }

    /** Announced 64: as many bytes are taken, one more is refused before its body is there. */
    @Statement("3.1.2-24")
    @Test
    void leavesAtAPacketAboveMaximumPacketSize() {
        Inbox inbox = new Inbox();
        MqttClient client = receiving(inbox, b -> b.maximumPacketSize(64));
        ScriptedConnection connection = connect(client);
        connection.send(Packets.atMostOnce("a", "x".repeat(58)));
        assertEquals(58, inbox.nextText().length());
        connection.send("30 3F");
        connection.expectDisconnect(ReasonCode.PACKET_TOO_LARGE);
        inbox.expectEmpty();
    }

    // ---- answers to SUBSCRIBE and UNSUBSCRIBE

    @Statement({"2.2.1-6", "3.8.4-2", "3.8.4-6", "3.8.4-7", "3.9.3-2"})
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "an identifier never used, 90 04 00 02 00 00, PROTOCOL_ERROR",
        "an UNSUBACK, B0 04 00 01 00 00, PROTOCOL_ERROR",
        "two codes for one filter, 90 05 00 01 00 00 00, PROTOCOL_ERROR",
        "no code, 90 03 00 01 00, MALFORMED_PACKET",
        "a code that does not exist, 90 04 00 01 00 03, PROTOCOL_ERROR",
        "a code of UNSUBACK, 90 04 00 01 00 11, PROTOCOL_ERROR"
    })
    void leavesAtAnAnswerThatDoesNotFitSubscribe(String what, String hex, ReasonCode reason) {
        MqttClient client = receiving(new Inbox(), b -> {});
        ScriptedConnection connection = connect(client);
        CompletableFuture<Subscribed> subscribed =
                client.subscribe(Subscription.to("a"), new Inbox());
        assertEquals(1, connection.expect(Subscribe.class).packetIdentifier());
        connection.send(hex);
        connection.expectDisconnect(reason);
        assertFalse(subscribed.isDone());
    }

    @Statement({"2.2.1-6", "3.10.4-5", "3.11.3-2"})
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "an identifier never used, B0 04 00 77 00 00, PROTOCOL_ERROR",
        "a SUBACK, 90 04 00 02 00 00, PROTOCOL_ERROR",
        "two codes for one filter, B0 05 00 02 00 00 00, PROTOCOL_ERROR",
        "no code, B0 03 00 02 00, MALFORMED_PACKET",
        "no code and no Property Length, B0 02 00 02, MALFORMED_PACKET",
        "a code of SUBACK, B0 04 00 02 00 01, PROTOCOL_ERROR"
    })
    void leavesAtAnAnswerThatDoesNotFitUnsubscribe(String what, String hex, ReasonCode reason) {
        MqttClient client = receiving(new Inbox(), b -> {});
        ScriptedConnection connection = connect(client);
        CompletableFuture<Void> unsubscribed = unsubscribing(client, connection);
        connection.send(hex);
        connection.expectDisconnect(reason);
        assertFalse(unsubscribed.isDone());
    }

    @Statement("3.11.3-2")
    @Test
    void takesItForSuccessThatThereWasNoSubscription() {
        MqttClient client = receiving(new Inbox(), b -> {});
        ScriptedConnection connection = connect(client);
        CompletableFuture<Void> unsubscribed = unsubscribing(client, connection);
        connection.send("B0 04 00 02 00 11");
        get(unsubscribed);
        connection.fence();
    }

    /** Sends an UNSUBSCRIBE with the Packet Identifier 2. */
    private static CompletableFuture<Void> unsubscribing(
            MqttClient client, ScriptedConnection connection) {
        CompletableFuture<Subscribed> subscribed =
                client.subscribe(Subscription.to("a"), new Inbox());
        connection.expect(Subscribe.class);
        CompletableFuture<Void> unsubscribed = client.unsubscribe("a");
        connection.send("90 04 00 01 00 02");
        get(subscribed);
        assertEquals(2, connection.expect(Unsubscribe.class).packetIdentifier());
        return unsubscribed;
    }

    /** No rule forbids it, so the client is content. */
    @Statement("3.8.4-7")
    @Test
    void takesAHigherQosThanItAskedFor() {
        MqttClient client = receiving(new Inbox(), b -> {});
        ScriptedConnection connection = connect(client);
        var subscribed =
                client.subscribe(Subscription.to("a").atMost(QoS.AT_MOST_ONCE), new Inbox());
        connection.expect(Subscribe.class);
        connection.send("90 04 00 01 00 02");
        assertEquals(QoS.EXACTLY_ONCE, get(subscribed).grantedQos());
        connection.fence();
    }

    // ---- other packets

    @Statement({"3.2.0-2", "4.12.0-6", "P-15"})
    @ParameterizedTest
    @ValueSource(
            strings = {
                "20 03 00 00 00", // CONNACK
                "20 03 01 00 00", // CONNACK with a session
                "F0 0B 18 09 15 00 01 4D 16 00 02 63 31", // AUTH
                "F0 06 00 04 15 00 01 4D", // AUTH of success
                "F0 02 18 00", // AUTH without method
                "F0 00" // AUTH in its shortest form
            })
    void leavesAtPacketsThatHaveTheirTimeWhileConnectingOnly(String hex) {
        leavesWhenTold(hex, ReasonCode.PROTOCOL_ERROR);
    }

    @Statement("3.14.2-2")
    @Test
    void keepsItsSessionExpiryThoughDisconnectNamesOne() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        connection.send("E0 07 00 05 11 00 00 00 0A");
        connection.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        ScriptedConnection next = server.accept();
        Connect connect = next.expectConnect();
        assertEquals(300, connect.sessionExpiryInterval());
        assertFalse(connect.cleanStart());
        next.send(Packets.connack().sessionPresent().build());
        next.fence();
    }

    @Statement("3.12.4-1")
    @Test
    void passesOverPingrespThatNobodyAskedFor() {
        ScriptedConnection connection = connect(client());
        connection.send("D0 00 D0 00");
        connection.fence();
    }

    // ---- the client's Receive Maximum

    @Statement("3.3.4-9")
    @Test
    void leavesAtMoreMessagesOfQos2ThanReceiveMaximum() {
        Inbox inbox = new Inbox();
        MqttClient client = receiving(inbox, b -> b.receiveMaximum(2));
        ScriptedConnection connection = connect(client);
        for (int identifier : new int[] {8, 9}) {
            connection.send(exactlyOnce(identifier, "a", "x"));
            connection.expect(pubrec(identifier));
        }
        connection.send(again(exactlyOnce(8, "a", "x")));
        connection.expect(pubrec(8));
        connection.send(exactlyOnce(10, "a", "x"));
        connection.expectDisconnect(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
        inbox.next();
        inbox.next();
        inbox.expectEmpty();
    }

    @Statement("3.3.4-9")
    @Test
    void leavesAtMoreMessagesOfQos1ThanReceiveMaximum() {
        Inbox inbox = new Inbox();
        MqttClient client = receiving(inbox, b -> b.receiveMaximum(2));
        ScriptedConnection connection = connect(client);
        for (int identifier = 7; identifier <= 9; identifier++) {
            connection.send(atLeastOnce(identifier, "a", "x"));
        }
        connection.expectDisconnect(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
    }
}
