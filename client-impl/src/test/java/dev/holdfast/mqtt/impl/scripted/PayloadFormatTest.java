package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.session.PayloadFormat;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Payloads that say they are UTF-8 (MQTT 5, section 3.3.2.3.2). */
class PayloadFormatTest extends ScriptedTest {
    private static final byte[] BROKEN = {'a', (byte) 0xC3};

    private final Inbox inbox = new Inbox();

    private MqttClient client(boolean validates) {
        return client(
                b ->
                        b.validatePayloadFormat(validates)
                                .receiveMaximum(2)
                                .resubscribe(Resubscribe.NEVER)
                                .subscription(Subscription.to("a"), inbox));
    }

    private static Message broken(QoS qos) {
        return Message.to("a").payload(BROKEN).utf8Payload(true).qos(qos).build();
    }

    private static Publish broken(int packetIdentifier, QoS qos) {
        return new Publish(broken(qos), packetIdentifier, false);
    }

    @Statement({"P-28", "3.4.2-1", "3.5.2-1", "4.3.3-9"})
    @Test
    void refusesWhatIsNotWhatItClaimsToBeAndHandsOverTheRest() {
        MqttClient client = client(true);
        ScriptedConnection connection = connect(client);
        connection.send(broken(0, QoS.AT_MOST_ONCE));
        connection.send(broken(1, QoS.AT_LEAST_ONCE));
        connection.expect(new Puback(1, ReasonCode.PAYLOAD_FORMAT_INVALID));
        connection.send(broken(2, QoS.EXACTLY_ONCE));
        connection.expect(new Pubrec(2, ReasonCode.PAYLOAD_FORMAT_INVALID));
        for (QoS qos : QoS.values()) {
            assertEquals(qos, listener.await(Recorder.PayloadInvalid.class).message().qos());
        }
        inbox.expectEmpty();
        assertEquals(0, client.session().unhandledMessages());
        // Refused at QoS 2, the exchange is over: identifier and quota are free.
        connection.send(exactlyOnce(2, "a", "fine"), atLeastOnce(3, "a", "fine too"));
        connection.expect(pubrec(2));
        assertEquals(Set.of("fine", "fine too"), Set.of(inbox.nextText(), inbox.nextText()));
    }

    @Statement("4.6.0-2")
    @Test
    void refusesInTheOrderOfArrival() {
        ScriptedConnection connection = connect(client(true));
        connection.send(atLeastOnce(1, "a", "fine"), broken(2, QoS.AT_LEAST_ONCE));
        Delivery fine = inbox.next();
        connection.fence();
        fine.acknowledge();
        connection.expect(puback(1));
        connection.expect(new Puback(2, ReasonCode.PAYLOAD_FORMAT_INVALID));
    }

    @Test
    void passesItOnWhereNobodyAskedForTheCheck() {
        MqttClient client = client(false);
        ScriptedConnection connection = connect(client);
        connection.send(broken(1, QoS.EXACTLY_ONCE));
        connection.expect(pubrec(1));
        assertArrayEquals(BROKEN, inbox.next().message().payloadBytes());
        client.publish(broken(QoS.AT_LEAST_ONCE));
        assertArrayEquals(BROKEN, connection.expect(Publish.class).message().payloadBytes());
    }

    @Statement("P-28")
    @Test
    void publishesNothingThatIsNotWhatItClaimsToBe() {
        MqttClient client = client(true);
        ScriptedConnection connection = connect(client);
        for (QoS qos : QoS.values()) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> client.publish(broken(qos)));
            assertTrue(e.getMessage().contains("is said to be UTF-8, and is not"));
        }
        connection.fence();
        assertEquals(0, client.session().queuedMessages());
        client.publish(Message.to("a").payload("grün").utf8Payload(true).build());
        client.publish(Message.to("a").payload(BROKEN).build());
        assertEquals("grün", connection.expect(Publish.class).message().payloadText());
        connection.expect(Publish.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00", "61 00 62", "C3 BC", "EF BB BF", "F4 8F BF BF", "EE 80 80"})
    void takesAllOfUnicode(String hex) {
        assertTrue(PayloadFormat.isAsClaimed(utf8(hex)), hex);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "80",
                "C3",
                "C0 80",
                "E0 80 80",
                "ED A0 80",
                "F4 90 80 80",
                "F8 88 80 80 80",
                "61 FF",
                "E2 82",
                "F0 9F 98"
            })
    void takesNothingElse(String hex) {
        assertTrue(!PayloadFormat.isAsClaimed(utf8(hex)), hex);
    }

    private static Message utf8(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        return Message.to("a").payload(bytes).utf8Payload(true).build();
    }

    /** What is cut at the edges of the buffer of a long check must not count. */
    @Test
    void agreesWithTheDecoderOfTheJdkOnPayloadsOfAnyLength() {
        Random random = new Random(1);
        int valid = 0;
        for (int i = 0; i < 2_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(3_000); n > 0; n--) {
                text.appendCodePoint(
                        random.nextInt(4) == 0 ? 0x1F600 : 'a' + random.nextInt(0x200));
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            if (bytes.length > 0 && random.nextBoolean()) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            boolean expected = isUtf8(bytes);
            valid += expected ? 1 : 0;
            Message message = Message.to("a").payload(bytes).utf8Payload(true).build();
            assertEquals(expected, PayloadFormat.isAsClaimed(message));
        }
        assertTrue(valid > 500 && valid < 1_900, valid + " valid ones");
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    @Statement("P-28")
    @Test
    void refusesAWillThatIsNotWhatItClaimsToBe() {
        Message will = broken(QoS.AT_LEAST_ONCE);
        Throwable refusal =
                assertThrows(
                        IllegalStateException.class,
                        () -> client(b -> b.validatePayloadFormat(true).will(will, Duration.ZERO)));
        assertTrue(refusal.getMessage().contains("the will for 'a'"), refusal.getMessage());
        Message plain = will.toBuilder().utf8Payload(false).build();
        connect(client(b -> b.validatePayloadFormat(true).will(plain, Duration.ZERO)));
    }

    @Test
    void passesAWillOnUncheckedUntilToldToCheck() {
        Message will = broken(QoS.AT_LEAST_ONCE);
        client(b -> b.will(will, Duration.ZERO)).connect();
        assertEquals(will, server.accept().expectConnect().will().message());
    }
}
