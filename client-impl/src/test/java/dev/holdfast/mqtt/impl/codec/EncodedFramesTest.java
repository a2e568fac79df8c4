package dev.holdfast.mqtt.impl.codec;

import static dev.holdfast.mqtt.QoS.AT_LEAST_ONCE;
import static dev.holdfast.mqtt.QoS.AT_MOST_ONCE;
import static dev.holdfast.mqtt.QoS.EXACTLY_ONCE;
import static dev.holdfast.mqtt.ReasonCode.SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.Subscription.RetainHandling;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.Will;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.Pingresp;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The bytes of what clients send. */
class EncodedFramesTest {
    private static final long NO_LIMIT = 268_435_460;
    private static final List<UserProperty> K_V = List.of(new UserProperty("k", "v"));
    private static final ByteBuffer C1 = ByteBuffer.wrap(new byte[] {0x63, 0x31});
    private static final Message T_P = Message.to("t").payload("p").qos(AT_MOST_ONCE).build();

    static Stream<Arguments> frames() {
        return Stream.of(
                frame(
                        "CONNECT without options [MQTT-2.2.2-1]",
                        "10 0E 00 04 4D 51 54 54 05 00 00 3C 00 00 01 63",
                        new Connect(
                                "c", false, 60, 0, 65_535, NO_LIMIT, 0, false, true, null, null,
                                null, null, List.of())),
                frame(
                        "Clean Start",
                        "10 0E 00 04 4D 51 54 54 05 02 00 3C 00 00 01 63",
                        new Connect(
                                "c", true, 60, 0, 65_535, NO_LIMIT, 0, false, true, null, null,
                                null, null, List.of())),
                frame(
                        "an empty Client Identifier [MQTT-3.1.3-3]",
                        "10 0D 00 04 4D 51 54 54 05 00 00 00 00 00 00",
                        new Connect(
                                "", false, 0, 0, 65_535, NO_LIMIT, 0, false, true, null, null, null,
                                null, List.of())),
                frame(
                        "the longest Keep Alive",
                        "10 0E 00 04 4D 51 54 54 05 00 FF FF 00 00 01 63",
                        new Connect(
                                "c", false, 65_535, 0, 65_535, NO_LIMIT, 0, false, true, null, null,
                                null, null, List.of())),
                frame(
                        "Session Expiry Interval",
                        "10 13 00 04 4D 51 54 54 05 00 00 3C 05 11 00 00 01 2C 00 01 63",
                        new Connect(
                                "c", false, 60, 300, 65_535, NO_LIMIT, 0, false, true, null, null,
                                null, null, List.of())),
                frame(
                        "a session that never expires",
                        "10 13 00 04 4D 51 54 54 05 00 00 3C 05 11 FF FF FF FF 00 01 63",
                        new Connect(
                                "c",
                                false,
                                60,
                                0xFFFF_FFFFL,
                                65_535,
                                NO_LIMIT,
                                0,
                                false,
                                true,
                                null,
                                null,
                                null,
                                null,
                                List.of())),
                frame(
                        "all properties of CONNECT",
                        "10 32 00 04 4D 51 54 54 05 00 00 3C 24 11 00 00 00 01 21 00 02 27 00 00 00 "
                                + "03 22 00 04 19 01 17 00 15 00 01 4D 16 00 02 63 31 26 00 01 6B 00 01 76 00 01 63",
                        new Connect(
                                "c", false, 60, 1, 2, 3, 4, true, false, "M", C1, null, null, K_V)),
                frame(
                        "User Name and Password",
                        "10 14 00 04 4D 51 54 54 05 C0 00 3C 00 00 01 63 00 01 75 00 01 70",
                        new Connect(
                                "c",
                                false,
                                60,
                                0,
                                65_535,
                                NO_LIMIT,
                                0,
                                false,
                                true,
                                null,
                                null,
                                Credentials.of("u", "p"),
                                null,
                                List.of())),
                frame(
                        "an empty User Name [MQTT-3.1.2-17]",
                        "10 10 00 04 4D 51 54 54 05 80 00 3C 00 00 01 63 00 00",
                        new Connect(
                                "c",
                                false,
                                60,
                                0,
                                65_535,
                                NO_LIMIT,
                                0,
                                false,
                                true,
                                null,
                                null,
                                Credentials.userName(""),
                                null,
                                List.of())),
                frame(
                        "a Password without User Name [MQTT-3.1.2-19]",
                        "10 12 00 04 4D 51 54 54 05 40 00 3C 00 00 01 63 00 02 00 FF",
                        new Connect(
                                "c",
                                false,
                                60,
                                0,
                                65_535,
                                NO_LIMIT,
                                0,
                                false,
                                true,
                                null,
                                null,
                                Credentials.password(new byte[] {0, -1}),
                                null,
                                List.of())),
                frame(
                        "a will without options [MQTT-3.1.2-9]",
                        "10 15 00 04 4D 51 54 54 05 04 00 3C 00 00 01 63 00 00 01 74 00 01 70",
                        new Connect(
                                "c",
                                false,
                                60,
                                0,
                                65_535,
                                NO_LIMIT,
                                0,
                                false,
                                true,
                                null,
                                null,
                                null,
                                new Will(T_P, Duration.ZERO),
                                List.of())),
                frame(
                        "a will of QoS 2 with everything [MQTT-3.1.3-1]",
                        "10 44 00 04 4D 51 54 54 05 F6 00 3C 00 00 01 63 29 18 00 00 00 09 01 01 02 "
                                + "00 00 00 3C 03 00 02 63 74 08 00 02 72 74 09 00 02 00 FF 26 00 01 6B 00 01 31 26 00 01 6B 00 01 32 00 01 74 00 01 70 00 01 75 00 01 70",
                        new Connect(
                                "c",
                                true,
                                60,
                                0,
                                65_535,
                                NO_LIMIT,
                                0,
                                false,
                                true,
                                null,
                                null,
                                Credentials.of("u", "p"),
                                new Will(
                                        full(T_P).qos(EXACTLY_ONCE).retain(true).build(),
                                        Duration.ofSeconds(9)),
                                List.of())),
                frame(
                        "PUBLISH of QoS 0 [MQTT-2.2.1-2]",
                        "30 05 00 01 74 00 70",
                        new Publish(T_P, 0, false)),
                frame(
                        "RETAIN",
                        "31 05 00 01 74 00 70",
                        new Publish(T_P.toBuilder().retain(true).build(), 0, false)),
                frame(
                        "QoS 1",
                        "32 07 00 01 74 12 34 00 70",
                        new Publish(T_P.toBuilder().qos(AT_LEAST_ONCE).build(), 0x1234, false)),
                frame(
                        "QoS 1 again [MQTT-3.3.1-1]",
                        "3A 07 00 01 74 00 01 00 70",
                        new Publish(T_P.toBuilder().qos(AT_LEAST_ONCE).build(), 1, true)),
                frame(
                        "QoS 2",
                        "34 07 00 01 74 FF FF 00 70",
                        new Publish(T_P.toBuilder().qos(EXACTLY_ONCE).build(), 65_535, false)),
                frame(
                        "QoS 2 again",
                        "3C 07 00 01 74 00 08 00 70",
                        new Publish(T_P.toBuilder().qos(EXACTLY_ONCE).build(), 8, true)),
                frame(
                        "no payload",
                        "30 04 00 01 74 00",
                        new Publish(T_P.toBuilder().payload("").build(), 0, false)),
                frame(
                        "a character of four bytes [MQTT-1.5.4-1]",
                        "30 07 00 04 F0 AA 9B 94 00",
                        new Publish(
                                Message.to("\uD869\uDED4").qos(AT_MOST_ONCE).build(), 0, false)),
                frame(
                        "a byte order mark [MQTT-1.5.4-3]",
                        "30 08 00 05 EF BB BF C3 A9 00",
                        new Publish(Message.to("\uFEFFé").qos(AT_MOST_ONCE).build(), 0, false)),
                frame(
                        "all properties of PUBLISH",
                        "30 29 00 01 74 24 01 01 02 00 00 00 3C 03 00 02 63 74 08 00 02 72 74 09 00 "
                                + "02 00 FF 26 00 01 6B 00 01 31 26 00 01 6B 00 01 32 70",
                        new Publish(full(T_P).build(), 0, false)),
                frame(
                        "Message Expiry Interval 0",
                        "30 0A 00 01 74 05 02 00 00 00 00 70",
                        new Publish(T_P.toBuilder().expiry(Duration.ZERO).build(), 0, false)),
                frame("PUBACK of success", "40 02 12 34", new Puback(0x1234, SUCCESS)),
                frame(
                        "PUBACK with an error",
                        "40 04 00 01 87 00",
                        new Puback(1, ReasonCode.NOT_AUTHORIZED)),
                frame(
                        "PUBACK with a Reason String",
                        "40 0A 00 01 87 06 1F 00 03 77 68 79",
                        new Puback(1, ReasonCode.NOT_AUTHORIZED, "why", List.of())),
                frame(
                        "PUBACK with a User Property",
                        "40 0B 00 01 00 07 26 00 01 6B 00 01 76",
                        new Puback(1, SUCCESS, null, K_V)),
                frame("PUBREC of success", "50 02 12 34", new Pubrec(0x1234, SUCCESS)),
                frame(
                        "PUBREC with an error",
                        "50 04 00 01 87 00",
                        new Pubrec(1, ReasonCode.NOT_AUTHORIZED)),
                frame(
                        "PUBREC with a Reason String",
                        "50 0A 00 01 87 06 1F 00 03 77 68 79",
                        new Pubrec(1, ReasonCode.NOT_AUTHORIZED, "why", List.of())),
                frame(
                        "PUBREC with a User Property",
                        "50 0B 00 01 00 07 26 00 01 6B 00 01 76",
                        new Pubrec(1, SUCCESS, null, K_V)),
                frame("PUBREL of success", "62 02 12 34", new Pubrel(0x1234, SUCCESS)),
                frame(
                        "PUBREL with an error",
                        "62 04 00 01 92 00",
                        new Pubrel(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND)),
                frame(
                        "PUBREL with a Reason String",
                        "62 0A 00 01 92 06 1F 00 03 77 68 79",
                        new Pubrel(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, "why", List.of())),
                frame(
                        "PUBREL with a User Property",
                        "62 0B 00 01 00 07 26 00 01 6B 00 01 76",
                        new Pubrel(1, SUCCESS, null, K_V)),
                frame("PUBCOMP of success", "70 02 12 34", new Pubcomp(0x1234, SUCCESS)),
                frame(
                        "PUBCOMP with an error",
                        "70 04 00 01 92 00",
                        new Pubcomp(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND)),
                frame(
                        "PUBCOMP with a Reason String",
                        "70 0A 00 01 92 06 1F 00 03 77 68 79",
                        new Pubcomp(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, "why", List.of())),
                frame(
                        "PUBCOMP with a User Property",
                        "70 0B 00 01 00 07 26 00 01 6B 00 01 76",
                        new Pubcomp(1, SUCCESS, null, K_V)),
                frame(
                        "SUBSCRIBE",
                        "82 07 00 01 00 00 01 61 02",
                        new Subscribe(1, List.of(Subscription.to("a")), 0, List.of())),
                frame(
                        "several Topic Filters",
                        "82 0D 00 01 00 00 01 61 00 00 03 61 2F 23 01",
                        new Subscribe(
                                1,
                                List.of(
                                        Subscription.to("a").atMost(AT_MOST_ONCE),
                                        Subscription.to("a/#").atMost(AT_LEAST_ONCE)),
                                0,
                                List.of())),
                frame(
                        "all Subscription Options",
                        "82 07 00 01 00 00 01 61 2D",
                        new Subscribe(
                                1,
                                List.of(
                                        Subscription.to("a")
                                                .atMost(AT_LEAST_ONCE)
                                                .withoutOwnMessages()
                                                .keepingRetainFlag()
                                                .retained(RetainHandling.DO_NOT_SEND)),
                                0,
                                List.of())),
                frame(
                        "Retain Handling 1",
                        "82 07 00 01 00 00 01 61 12",
                        new Subscribe(
                                1,
                                List.of(Subscription.to("a").retained(RetainHandling.SEND_IF_NEW)),
                                0,
                                List.of())),
                frame(
                        "a Subscription Identifier and a User Property",
                        "82 10 00 01 09 0B 01 26 00 01 6B 00 01 76 00 01 61 02",
                        new Subscribe(1, List.of(Subscription.to("a")), 1, K_V)),
                frame(
                        "Subscription Identifier 127 [MQTT-1.5.5-1]",
                        "82 09 00 01 02 0B 7F 00 01 61 02",
                        new Subscribe(1, List.of(Subscription.to("a")), 127, List.of())),
                frame(
                        "Subscription Identifier 128 [MQTT-1.5.5-1]",
                        "82 0A 00 01 03 0B 80 01 00 01 61 02",
                        new Subscribe(1, List.of(Subscription.to("a")), 128, List.of())),
                frame(
                        "Subscription Identifier 16,383 [MQTT-1.5.5-1]",
                        "82 0A 00 01 03 0B FF 7F 00 01 61 02",
                        new Subscribe(1, List.of(Subscription.to("a")), 16_383, List.of())),
                frame(
                        "Subscription Identifier 16,384 [MQTT-1.5.5-1]",
                        "82 0B 00 01 04 0B 80 80 01 00 01 61 02",
                        new Subscribe(1, List.of(Subscription.to("a")), 16_384, List.of())),
                frame(
                        "Subscription Identifier 268,435,455 [MQTT-1.5.5-1]",
                        "82 0C 00 01 05 0B FF FF FF 7F 00 01 61 02",
                        new Subscribe(1, List.of(Subscription.to("a")), 268_435_455, List.of())),
                frame(
                        "UNSUBSCRIBE",
                        "A2 19 00 01 07 26 00 01 6B 00 01 76 00 01 61 00 0A 24 73 68 61 72 65 2F 67 2F 23",
                        new Unsubscribe(1, List.of("a", "$share/g/#"), K_V)),
                frame(
                        "UNSUBSCRIBE without properties",
                        "A2 06 00 02 00 00 01 61",
                        new Unsubscribe(2, List.of("a"), List.of())),
                frame("PINGREQ", "C0 00", Pingreq.INSTANCE),
                frame("DISCONNECT", "E0 00", new Disconnect(SUCCESS)),
                frame(
                        "DISCONNECT with the will",
                        "E0 02 04 00",
                        new Disconnect(ReasonCode.DISCONNECT_WITH_WILL_MESSAGE)),
                frame(
                        "DISCONNECT for an error",
                        "E0 02 81 00",
                        new Disconnect(ReasonCode.MALFORMED_PACKET)),
                frame(
                        "DISCONNECT that ends the session",
                        "E0 07 00 05 11 00 00 00 00",
                        new Disconnect(SUCCESS, 0, null, List.of(), null)),
                frame(
                        "DISCONNECT with everything",
                        "E0 14 95 12 11 00 00 00 0A 1F 00 03 77 68 79 26 00 01 6B 00 01 76",
                        new Disconnect(ReasonCode.PACKET_TOO_LARGE, 10, "why", K_V, null)),
                frame(
                        "AUTH",
                        "F0 0B 18 09 15 00 01 4D 16 00 02 63 31",
                        new Auth(ReasonCode.CONTINUE_AUTHENTICATION, "M", C1, null, List.of())),
                frame(
                        "AUTH to re-authenticate with everything",
                        "F0 13 19 11 15 00 01 4D 1F 00 03 77 68 79 26 00 01 6B 00 01 76",
                        new Auth(ReasonCode.RE_AUTHENTICATE, "M", null, "why", K_V)));
    }

    @Statement({"1.5.5-1", "2.1.3-1", "2.2.2-1", "3.1.3-1"})
    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("frames")
    void writesAsTheStandardSays(String what, String hex, Packet packet) {
        ByteBuf out = Unpooled.buffer(0);

        new Encoder().encode(packet, out);

        assertEquals(hex.replace(" ", "").toLowerCase(Locale.ROOT), ByteBufUtil.hexDump(out));
        assertEquals(out.readableBytes(), Encoder.encodedSize(packet));
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                refusal("Reason Code", new Puback(1, ReasonCode.NO_MATCHING_SUBSCRIBERS)),
                refusal("Reason Code", new Pubrec(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND)),
                refusal("Reason Code", new Pubrel(1, ReasonCode.UNSPECIFIED_ERROR)),
                refusal("Reason Code", new Pubcomp(1, ReasonCode.UNSPECIFIED_ERROR)),
                refusal("Reason Code", new Disconnect(ReasonCode.SERVER_BUSY)),
                refusal("Server Reference", new Disconnect(SUCCESS, -1, null, List.of(), "h")),
                refusal("Reason Code", new Auth(SUCCESS, "M", null, null, List.of())),
                refusal("Packet Identifier", new Puback(0, SUCCESS)),
                refusal("Packet Identifier", new Puback(65_536, SUCCESS)),
                refusal("Packet Identifier", new Unsubscribe(0, List.of("a"), List.of())),
                refusal("Topic Filter", new Unsubscribe(1, List.of(), List.of())),
                refusal("Topic Filter", new Subscribe(1, List.of(), 0, List.of())),
                refusal(
                        "Subscription Identifier",
                        new Subscribe(1, List.of(Subscription.to("a")), 268_435_456, List.of())),
                refusal("DUP", new Publish(T_P, 0, true)),
                refusal("identifier", new Publish(T_P, 1, false)),
                refusal("Packet Identifier", new Publish(Message.to("t").build(), 0, false)),
                refusal("Subscription Identifier", new Publish(T_P, 0, false, List.of(1))),
                refusal("U+0000", new Puback(1, SUCCESS, "\0", List.of())),
                refusal("surrogate", new Puback(1, SUCCESS, "\uD800", List.of())),
                refusal("surrogate", new Puback(1, SUCCESS, "a\uDC00b", List.of())),
                refusal("65536 bytes", new Puback(1, SUCCESS, "x".repeat(65_536), List.of())),
                refusal("65538 bytes", new Puback(1, SUCCESS, "€".repeat(21_846), List.of())),
                refusal("Receive Maximum", connect(0, 1, "c", null, null)),
                refusal("Maximum Packet Size", connect(1, 0, "c", null, null)),
                refusal("Client Identifier", connect(1, 1, "\0", null, null)),
                refusal("Authentication Method", connect(1, 1, "c", null, C1)),
                refusal(
                        "Authentication Data",
                        connect(1, 1, "c", "M", ByteBuffer.allocate(65_536))),
                refusal("servers only", Pingresp.INSTANCE),
                refusal("servers only", new Suback(1, List.of(SUCCESS), null, List.of())));
    }

    @Statement({"3.10.3-2", "3.14.2-1", "3.15.2-1", "3.3.4-6", "3.8.3-2", "P-04", "P-10"})
    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("refusals")
    void refusesWhatAClientMustNotSendAndWritesNothing(String words, Packet packet) {
        ByteBuf out = Unpooled.buffer(0);

        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class, () -> new Encoder().encode(packet, out));

        assertTrue(refused.getMessage().contains(words), refused.getMessage());
        assertEquals(0, out.readableBytes());
        assertThrows(IllegalArgumentException.class, () -> Encoder.encodedSize(packet));
    }

    private static Message.Builder full(Message message) {
        return message.toBuilder()
                .utf8Payload(true)
                .expiry(Duration.ofMinutes(1))
                .contentType("ct")
                .responseTopic("rt")
                .correlationData(new byte[] {0, -1})
                .userProperty("k", "1")
                .userProperty("k", "2");
    }

    private static Connect connect(
            int receiveMaximum,
            long maximumPacketSize,
            String clientIdentifier,
            @Nullable String authenticationMethod,
            @Nullable ByteBuffer authenticationData) {
        return new Connect(
                clientIdentifier,
                true,
                0,
                0,
                receiveMaximum,
                maximumPacketSize,
                0,
                false,
                true,
                authenticationMethod,
                authenticationData,
                null,
                null,
                List.of());
    }

    private static Arguments frame(String what, String hex, Packet packet) {
        return Arguments.of(what, hex, packet);
    }

    private static Arguments refusal(String words, Packet packet) {
        return Arguments.of(words, packet);
    }
}
