package dev.holdfast.mqtt.impl.codec;

import static dev.holdfast.mqtt.QoS.AT_LEAST_ONCE;
import static dev.holdfast.mqtt.QoS.AT_MOST_ONCE;
import static dev.holdfast.mqtt.QoS.EXACTLY_ONCE;
import static dev.holdfast.mqtt.ReasonCode.NOT_AUTHORIZED;
import static dev.holdfast.mqtt.ReasonCode.NO_MATCHING_SUBSCRIBERS;
import static dev.holdfast.mqtt.ReasonCode.PACKET_IDENTIFIER_NOT_FOUND;
import static dev.holdfast.mqtt.ReasonCode.QUOTA_EXCEEDED;
import static dev.holdfast.mqtt.ReasonCode.SUCCESS;
import static dev.holdfast.mqtt.ReasonCode.UNSPECIFIED_ERROR;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingresp;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What servers send, and what is read from it. */
class AcceptedFramesTest {
    private static final Message A_X = Message.to("a").payload("x").qos(AT_MOST_ONCE).build();
    private static final Message A_X_1 = A_X.toBuilder().qos(AT_LEAST_ONCE).build();
    private static final Message A_X_2 = A_X.toBuilder().qos(EXACTLY_ONCE).build();

    private final Decoder decoder = new Decoder(1000, 2, true);

    /** Frames with what differs from the standard's defaults. */
    static Stream<Arguments> connacks() {
        return Stream.of(
                connack("20 03 00 00 00", "sessionPresent", Connack::sessionPresent, false),
                connack("20 03 01 00 00", "sessionPresent", Connack::sessionPresent, true),
                connack(
                        "20 03 01 87 00",
                        "both: a session refuses it",
                        Connack::reason,
                        NOT_AUTHORIZED),
                connack("20 03 00 87 00", "reason", Connack::reason, NOT_AUTHORIZED),
                connack("20 06 00 00 03 21 00 01", "receiveMaximum", Connack::receiveMaximum, 1),
                connack("20 06 00 00 03 21 00 02", "receiveMaximum", Connack::receiveMaximum, 2),
                connack("20 06 01 00 03 21 00 01", "sessionPresent", Connack::sessionPresent, true),
                connack(
                        "20 08 00 00 05 27 00 00 00 40",
                        "maximumPacketSize",
                        Connack::maximumPacketSize,
                        64L),
                connack(
                        "20 08 00 00 05 27 FF FF FF FF",
                        "maximumPacketSize",
                        Connack::maximumPacketSize,
                        0xFFFF_FFFFL),
                connack("20 05 00 00 02 24 00", "maximumQos", Connack::maximumQos, AT_MOST_ONCE),
                connack("20 05 00 00 02 24 01", "maximumQos", Connack::maximumQos, AT_LEAST_ONCE),
                connack("20 05 00 00 02 25 00", "retainAvailable", Connack::retainAvailable, false),
                connack("20 06 00 00 03 22 00 02", "alias maximum", Connack::topicAliasMaximum, 2),
                connack("20 06 01 00 03 22 00 05", "alias maximum", Connack::topicAliasMaximum, 5),
                connack("20 06 00 00 03 13 00 01", "serverKeepAlive", Connack::serverKeepAlive, 1),
                connack("20 06 00 00 03 13 00 00", "serverKeepAlive", Connack::serverKeepAlive, 0),
                connack(
                        "20 05 00 00 02 28 00",
                        "wildcards",
                        Connack::wildcardSubscriptionAvailable,
                        false),
                connack(
                        "20 05 00 00 02 29 00",
                        "subscription identifiers",
                        Connack::subscriptionIdentifierAvailable,
                        false),
                connack(
                        "20 05 00 00 02 2A 00",
                        "shared subscriptions",
                        Connack::sharedSubscriptionAvailable,
                        false),
                connack(
                        "20 08 00 00 05 11 00 00 00 05",
                        "sessionExpiryInterval",
                        Connack::sessionExpiryInterval,
                        5L),
                connack(
                        "20 0B 00 00 08 12 00 05 73 72 76 2D 31",
                        "assignedClientIdentifier",
                        Connack::assignedClientIdentifier,
                        "srv-1"),
                connack(
                        "20 0C 00 00 09 1A 00 06 72 65 73 70 2F 31",
                        "responseInformation",
                        Connack::responseInformation,
                        "resp/1"),
                connack(
                        "20 10 00 9C 0D 1C 00 0A 68 32 3A 31 38 38 34 20 68 33",
                        "serverReference",
                        Connack::serverReference,
                        "h2:1884 h3"),
                connack(
                        "20 07 00 00 04 15 00 01 4D",
                        "authenticationMethod",
                        Connack::authenticationMethod,
                        "M"),
                connack(
                        "20 07 00 00 04 15 00 01 4E",
                        "authenticationMethod",
                        Connack::authenticationMethod,
                        "N"));
    }

    @ParameterizedTest(name = "{0}: {1} is {3}")
    @MethodSource("connacks")
    void readsConnack(String hex, String what, Function<Connack, Object> field, Object expected) {
        assertEquals(expected, field.apply((Connack) decode(hex)));
    }

    @Statement("P-05")
    @Test
    void readsAbsentPropertiesOfConnackAsTheirDefaults() {
        assertEquals(
                new Connack(
                        false,
                        SUCCESS,
                        -1,
                        65_535,
                        EXACTLY_ONCE,
                        true,
                        268_435_460,
                        null,
                        0,
                        null,
                        List.of(),
                        true,
                        true,
                        true,
                        -1,
                        null,
                        null,
                        null,
                        null),
                decode("20 03 00 00 00"));
    }

    static Stream<Arguments> packets() {
        return Stream.of(
                packet("30 05 00 01 61 00 78", new Publish(A_X, 0, false)),
                packet(
                        "31 05 00 01 61 00 78",
                        new Publish(A_X.toBuilder().retain(true).build(), 0, false)),
                packet("32 07 00 01 61 00 07 00 78", new Publish(A_X_1, 7, false)),
                packet("3A 07 00 01 61 00 07 00 78", new Publish(A_X_1, 7, true)),
                packet("34 07 00 01 61 00 08 00 78", new Publish(A_X_2, 8, false)),
                packet("3C 07 00 01 61 00 08 00 78", new Publish(A_X_2, 8, true)),
                packet(
                        "30 09 00 01 61 04 0B 01 0B 02 78",
                        new Publish(A_X, 0, false, List.of(1, 2))),
                packet(
                        "30 09 00 01 61 04 0B 01 0B 01 78",
                        new Publish(A_X, 0, false, List.of(1, 1))),
                packet(
                        "32 09 00 01 61 00 07 02 01 01 FF",
                        new Publish(
                                A_X_1.toBuilder()
                                        .utf8Payload(true)
                                        .payload(new byte[] {-1})
                                        .build(),
                                7,
                                false)),
                packet(
                        "30 1A 00 01 61 15 26 00 01 6B 00 01 31 26 00 01 6B 00 01 32"
                                + "26 00 01 6A 00 01 33 78",
                        new Publish(
                                A_X.toBuilder()
                                        .userProperty("k", "1")
                                        .userProperty("k", "2")
                                        .userProperty("j", "3")
                                        .build(),
                                0,
                                false)),
                packet("40 02 00 01", new Puback(1, SUCCESS)),
                packet("40 03 00 01 10", new Puback(1, NO_MATCHING_SUBSCRIBERS)),
                packet("40 04 00 01 00 00", new Puback(1, SUCCESS)),
                packet("40 03 00 01 87", new Puback(1, NOT_AUTHORIZED)),
                packet(
                        "40 0A 00 01 00 06 1F 00 03 77 68 79",
                        new Puback(1, SUCCESS, "why", List.of())),
                packet("50 02 00 01", new Pubrec(1, SUCCESS)),
                packet("50 03 00 01 10", new Pubrec(1, NO_MATCHING_SUBSCRIBERS)),
                packet("50 03 00 01 80", new Pubrec(1, UNSPECIFIED_ERROR)),
                packet("50 03 00 01 97", new Pubrec(1, QUOTA_EXCEEDED)),
                packet("50 04 00 01 97 00", new Pubrec(1, QUOTA_EXCEEDED)),
                packet("62 02 00 08", new Pubrel(8, SUCCESS)),
                packet("62 03 00 08 92", new Pubrel(8, PACKET_IDENTIFIER_NOT_FOUND)),
                packet("62 04 00 08 92 00", new Pubrel(8, PACKET_IDENTIFIER_NOT_FOUND)),
                packet("70 02 00 01", new Pubcomp(1, SUCCESS)),
                packet("70 03 00 01 92", new Pubcomp(1, PACKET_IDENTIFIER_NOT_FOUND)),
                packet("70 04 00 01 92 00", new Pubcomp(1, PACKET_IDENTIFIER_NOT_FOUND)),
                packet("90 04 00 01 00 00", new Suback(1, List.of(SUCCESS), null, List.of())),
                packet(
                        "90 05 00 01 00 00 00",
                        new Suback(1, List.of(SUCCESS, SUCCESS), null, List.of())),
                packet(
                        "90 0A 00 01 06 1F 00 03 77 68 79 00",
                        new Suback(1, List.of(SUCCESS), "why", List.of())),
                packet("B0 04 00 01 00 00", new Unsuback(1, List.of(SUCCESS), null, List.of())),
                packet(
                        "B0 04 00 01 00 11",
                        new Unsuback(
                                1, List.of(ReasonCode.NO_SUBSCRIPTION_EXISTED), null, List.of())),
                packet("D0 00", Pingresp.INSTANCE),
                packet("E0 00", new Disconnect(SUCCESS)),
                packet("E0 01 8B", new Disconnect(ReasonCode.SERVER_SHUTTING_DOWN)),
                packet("E0 02 8E 00", new Disconnect(ReasonCode.SESSION_TAKEN_OVER)),
                packet("E0 02 8C 00", new Disconnect(ReasonCode.BAD_AUTHENTICATION_METHOD)),
                packet(
                        "E0 0C 9D 0A 1C 00 07 68 32 3A 31 38 38 34",
                        new Disconnect(ReasonCode.SERVER_MOVED, -1, null, List.of(), "h2:1884")),
                packet(
                        "F0 0B 18 09 15 00 01 4D 16 00 02 63 31",
                        new Auth(
                                ReasonCode.CONTINUE_AUTHENTICATION,
                                "M",
                                ByteBuffer.wrap(new byte[] {0x63, 0x31}),
                                null,
                                List.of())),
                packet("F0 06 00 04 15 00 01 4D", new Auth(SUCCESS, "M", null, null, List.of())),
                packet(
                        "F0 06 18 04 15 00 01 4E",
                        new Auth(ReasonCode.CONTINUE_AUTHENTICATION, "N", null, null, List.of())));
    }

    @ParameterizedTest(name = "{0} is {1}")
    @MethodSource("packets")
    void readsPacket(String hex, Packet expected) {
        assertEquals(expected, decode(hex));
    }

    /** [MQTT-1.5.4-3] */
    @Statement("1.5.4-3")
    @Test
    void keepsAByteOrderMarkInATopic() {
        assertEquals("\uFEFFa", topic("30 08 00 04 EF BB BF 61 00 78"));
    }

    /** [MQTT-1.5.4-1] */
    @Statement("1.5.4-1")
    @Test
    void readsACharacterOfFourBytes() {
        assertEquals("A\uD869\uDED4", topic("30 09 00 05 41 F0 AA 9B 94 00 78"));
    }

    /** [MQTT-3.3.2-10] */
    @Statement({"3.3.2-10", "P-08"})
    @Test
    void resolvesTopicAliases() {
        assertEquals("a", topic("30 08 00 01 61 03 23 00 01 78"));
        assertEquals("a", topic("30 07 00 00 03 23 00 01 78"));
        assertEquals("b", topic("30 08 00 01 62 03 23 00 01 78"));
        assertEquals("b", topic("30 07 00 00 03 23 00 01 78"));
        assertEquals("c", topic("30 08 00 01 63 03 23 00 02 78"));
        assertEquals("b", topic("30 07 00 00 03 23 00 01 78"));
        assertEquals("c", topic("30 07 00 00 03 23 00 02 78"));
    }

    /** [MQTT-3.3.2-10] */
    @Statement("3.3.2-10")
    @Test
    void acceptsTheHighestTopicAlias() {
        Decoder all = new Decoder(1000, 65_535, true);
        all.decode(bytes("30 08 00 01 61 03 23 FF FF 78"));
        Publish p = (Publish) all.decode(bytes("30 07 00 00 03 23 FF FF 78"));
        assertEquals("a", p.message().topic());
    }

    private String topic(String hex) {
        return ((Publish) decode(hex)).message().topic();
    }

    private Packet decode(String hex) {
        ByteBuf in = bytes(hex);
        Packet packet = decoder.decode(in);
        assertEquals(0, in.readableBytes());
        assertNull(decoder.decode(in));
        return packet;
    }

    private static ByteBuf bytes(String hex) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    private static Arguments connack(
            String hex, String what, Function<Connack, Object> field, Object expected) {
        return Arguments.of(hex, what, field, expected);
    }

    private static Arguments packet(String hex, Packet expected) {
        return Arguments.of(hex, expected);
    }
}
