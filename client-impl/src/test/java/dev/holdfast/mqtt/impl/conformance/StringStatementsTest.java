package dev.holdfast.mqtt.impl.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.scripted.Inbox;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import java.time.Duration;
import java.util.Map;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** UTF-8 Encoded Strings (section 1.5.4), wherever there is one. */
class StringStatementsTest extends FaultTest {
    private static final Message.Builder M = Message.to("t");

    /** Every string that an application can give to a client. */
    private final Map<String, BiConsumer<MqttClient, String>> fields =
            Map.ofEntries(
                    Map.entry("Client Identifier", (c, s) -> client(b -> b.clientIdentifier(s))),
                    Map.entry("User Name", (c, s) -> Credentials.userName(s)),
                    Map.entry("CONNECT: name", (c, s) -> client(b -> b.userProperty(s, "v"))),
                    Map.entry("CONNECT: value", (c, s) -> client(b -> b.userProperty("n", s))),
                    Map.entry("Topic Name", (c, s) -> c.publish(Message.to(s).build())),
                    Map.entry("Will Topic", (c, s) -> client(b -> b.will(to(s), Duration.ZERO))),
                    Map.entry("Content Type", (c, s) -> c.publish(M.contentType(s).build())),
                    Map.entry("Response Topic", (c, s) -> c.publish(M.responseTopic(s).build())),
                    Map.entry("PUBLISH: name", (c, s) -> c.publish(M.userProperty(s, "v").build())),
                    Map.entry(
                            "PUBLISH: value", (c, s) -> c.publish(M.userProperty("n", s).build())),
                    Map.entry("SUBSCRIBE", (c, s) -> c.subscribe(Subscription.to(s), new Inbox())),
                    Map.entry("UNSUBSCRIBE", (c, s) -> c.unsubscribe(s)),
                    Map.entry("Reason String", (c, s) -> c.disconnect(d -> d.reasonString(s))),
                    Map.entry(
                            "DISCONNECT: name", (c, s) -> c.disconnect(d -> d.userProperty(s, ""))),
                    Map.entry(
                            "DISCONNECT: value",
                            (c, s) -> c.disconnect(d -> d.userProperty("", s))));

    private static Message to(String topic) {
        return Message.to(topic).build();
    }

    @Statement({
        "1.5.4-1",
        "1.5.4-2",
        "1.5.7-1",
        "3.1.3-4",
        "3.1.3-11",
        "3.1.3-12",
        "3.3.2-1",
        "3.3.2-13",
        "3.3.2-19"
    })
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "U+0000, 'a\0b'",
        "a high surrogate alone, 'a\uD800b'",
        "a low surrogate alone, '\uDC00'",
        "two in the wrong order, '\uDED4\uD869'"
    })
    void refusesToSendStringsThatAreNone(String what, String bad) {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        fields.forEach(
                (field, use) ->
                        assertThrows(
                                IllegalArgumentException.class,
                                () -> use.accept(client, bad),
                                field + " with " + what));
        connection.fence();
    }

    @Statement({"3.1.3-11", "3.3.2-2", "3.3.2-14"})
    @ParameterizedTest
    @ValueSource(strings = {"a/+", "#", "+", "a/#", "a+b", ""})
    void refusesToPublishToWildcardsOrToNothing(String topic) {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        assertThrows(IllegalArgumentException.class, () -> client.publish(topic, m -> {}));
        assertThrows(IllegalArgumentException.class, () -> M.responseTopic(topic));
        assertThrows(
                IllegalArgumentException.class,
                () -> client(b -> b.will(Message.to(topic).build(), Duration.ZERO)));
        connection.fence();
    }

    /** U+2A6D4, two chars in Java and four bytes on the wire. */
    @Statement({"1.5.4-1", "1.5.7-1", "3.3.2-1", "3.3.2-13", "3.3.2-19"})
    @Test
    void writesACharacterBeyondTheBasicPlaneInFourBytes() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        String character = "\uD869\uDED4";
        client.publish(
                Message.to(character)
                        .qos(QoS.AT_MOST_ONCE)
                        .contentType(character)
                        .responseTopic(character)
                        .userProperty(character, character)
                        .build());
        String utf8 = "00 04 F0 AA 9B 94 ";
        connection.expectBytes(
                "30 22 " + utf8 + "1B 03 " + utf8 + "08 " + utf8 + "26 " + utf8 + utf8);
    }

    @Statement({"3.1.3-4", "3.1.3-11", "3.1.3-12"})
    @Test
    void writesTheStringsOfConnectInUtf8AndThePasswordAsItIs() {
        byte[] password = {0, -1, (byte) 0xC0, (byte) 0x80};
        client(
                        b ->
                                b.clientIdentifier("é\uD869\uDED4")
                                        .credentials(Credentials.of("ü", password))
                                        .will(Message.to("ß/€").build(), Duration.ZERO)
                                        .userProperty("ñ", "ø"))
                .connect();
        ScriptedConnection connection = server.accept();
        Connect connect = connection.expectConnect();
        assertEquals("é\uD869\uDED4", connect.clientIdentifier());
        assertEquals("ü", connect.credentials().userName().orElseThrow());
        assertArrayEquals(password, connect.credentials().password().orElseThrow());
        assertEquals("ß/€", connect.will().message().topic());
        assertEquals(new UserProperty("ñ", "ø"), connect.userProperties().get(0));
    }

    @Statement({"1.5.4-1", "1.5.4-2", "1.5.7-1", "3.3.2-1", "3.3.2-13", "3.3.2-19"})
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "a surrogate in the topic, 30 08 00 04 61 ED A0 80 00 78",
        "a longer form than needed, 30 07 00 03 61 C0 AF 00 78",
        "above U+10FFFF, 30 08 00 04 F4 90 80 80 00 78",
        "a character cut short, 30 05 00 01 C3 00 78",
        "U+0000 in the topic, 30 07 00 03 61 00 62 00 78",
        "U+0000 in two bytes, 30 08 00 04 61 C0 80 62 00 78",
        "a topic longer than its packet, 30 03 00 05 61",
        "a value of a User Property, 30 0D 00 01 61 08 26 00 01 6B 00 02 FF FE 78",
        "a name of a User Property, 30 0D 00 01 61 08 26 00 02 FF FE 00 01 76 78",
        "U+0000 in a User Property, 30 0C 00 01 61 07 26 00 01 6B 00 01 00 78",
        "a Response Topic, 30 0A 00 01 61 05 08 00 02 C0 AF 78",
        "U+0000 in a Response Topic, 30 09 00 01 61 04 08 00 01 00 78",
        "a Content Type, 30 0B 00 01 61 06 03 00 03 ED A0 80 78",
        "U+0000 in a Content Type, 30 09 00 01 61 04 03 00 01 00 78",
        "U+0000 in a Reason String, 40 08 00 01 00 04 1F 00 01 00",
        "a Reason String, 50 08 00 02 00 04 1F 00 01 80",
        "U+0000 in a Reason String of DISCONNECT, E0 06 8B 04 1F 00 01 00"
    })
    void leavesAServerWhoseStringsAreNone(String what, String hex) {
        leavesWhenTold(hex, ReasonCode.MALFORMED_PACKET);
    }

    @Statement({"1.5.4-1", "1.5.4-2"})
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "U+0000 in the Assigned Client Identifier, 20 07 00 00 04 12 00 01 00",
        "a surrogate in the Reason String, 20 09 00 00 06 1F 00 03 ED A0 80"
    })
    void takesNoConnackWhoseStringsAreNone(String what, String hex) {
        failsToConnectWhenTold(hex, ReasonCode.MALFORMED_PACKET);
    }

    @Statement({"3.3.2-2", "3.3.2-14"})
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "+ in a topic, 30 07 00 03 61 2F 2B 00 78",
        "# in a topic, 30 05 00 01 23 00 78",
        "# in a Response Topic, 30 0B 00 01 61 06 08 00 03 72 2F 23 78"
    })
    void leavesAServerThatPublishesToWildcards(String what, String hex) {
        leavesWhenTold(hex, ReasonCode.PROTOCOL_ERROR);
    }

    @Statement("1.5.4-3")
    @Test
    void keepsAByteOrderMarkAndSendsItBack() {
        Inbox inbox = new Inbox();
        MqttClient client = receiving(inbox, b -> {});
        ScriptedConnection connection = connect(client);
        connection.send("30 08 00 04 EF BB BF 61 00 78");
        Message received = inbox.next().message();
        assertEquals("\uFEFFa", received.topic());
        client.publish(received);
        connection.expectBytes("30 08 00 04 EF BB BF 61 00 78");
    }
}
