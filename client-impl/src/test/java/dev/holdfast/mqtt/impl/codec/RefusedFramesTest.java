package dev.holdfast.mqtt.impl.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What servers must not send, with the Reason Code and the words it is refused with. */
class RefusedFramesTest {
    private static final int NO_LIMIT = 268_435_460;

    /** The client announced a Topic Alias Maximum of 2. The last column is the broken rule. */
    @Statement({"3.1.2-26", "3.3.2-11", "3.3.2-7", "P-06", "P-07"})
    @ParameterizedTest(name = "{0} [MQTT-{4}] -> 0x{2}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            CONNACK_RSVD | 20 03 02 00 00 | 81 | reserved bits of the Connect Acknowledge Flags | 3.2.2-1
            CONNACK_BADRC | 20 03 00 01 00 | 82 | Reason Code Granted QoS 1 | 3.2.2-8
            CONNACK_RM0 | 20 06 00 00 03 21 00 00 | 82 | Receive Maximum is 0 | 3.2.2.3.3
            CONNACK_MPS0 | 20 08 00 00 05 27 00 00 00 00 | 82 | Maximum Packet Size is 0 | 3.2.2.3.6
            CONNACK_MQ2 | 20 05 00 00 02 24 02 | 82 | Maximum QoS is 2 | 3.2.2.3.4
            CONNACK_RA2 | 20 05 00 00 02 25 02 | 82 | Retain Available is 2 | 3.2.2.3.5
            CONNACK_DUP | 20 09 00 00 06 21 00 05 21 00 06 | 82 | Receive Maximum occurs twice | 2.2.2.2
            CONNACK_WRONGPROP | 20 06 00 00 03 23 00 01 | 81 | Topic Alias is not allowed | 2.2.2.2
            CONNACK_UNKPROP | 20 05 00 00 02 7F 00 | 81 | identifier 0x7F | 2.2.2.2
            PUB_Q0_DUP | 38 05 00 01 61 00 78 | 82 | DUP 1 at QoS 0 | 3.3.1-2
            PUB_Q1_0 | 32 07 00 01 61 00 00 00 78 | 82 | Packet Identifier is 0 | 2.2.1-4
            PUB_Q3 | 36 07 00 01 61 00 07 00 78 | 81 | QoS 3 | 3.3.1-4
            PUB_SURR | 30 08 00 04 61 ED A0 80 00 78 | 81 | Topic Name is not UTF-8: it contains an encoded surrogate | 1.5.4-1
            PUB_OVERLONG | 30 07 00 03 61 C0 AF 00 78 | 81 | Topic Name is not UTF-8: a character takes more bytes | 1.5.4-1
            PUB_NUL | 30 07 00 03 61 00 62 00 78 | 81 | Topic Name contains U+0000 | 1.5.4-2
            PUB_NUL_MOD | 30 08 00 04 61 C0 80 62 00 78 | 81 | Topic Name is not UTF-8: a character takes more bytes | 1.5.4-2
            PUB_UP_BAD | 30 0D 00 01 61 08 26 00 01 6B 00 02 FF FE 78 | 81 | User Property value is not UTF-8 | 1.5.7-1
            PUB_WILD | 30 07 00 03 61 2F 2B 00 78 | 82 | Topic Name holds a wildcard | 3.3.2-2
            PUB_NOTOPIC | 30 04 00 00 00 78 | 82 | Topic Name is empty and there is no Topic Alias | 4.7.3-1
            PUB_ALIAS0 | 30 08 00 01 61 03 23 00 00 78 | 94 | Topic Alias is 0 | 3.3.2-8
            PUB_ALIAS3_SET | 30 08 00 01 61 03 23 00 03 78 | 94 | Topic Alias is 3; the client allows 1 to 2 | 3.1.2-26
            PUB_SUBID0 | 30 07 00 01 61 02 0B 00 78 | 82 | Subscription Identifier is 0 | 3.3.2.3.8
            PUB_RT_WILD | 30 0B 00 01 61 06 08 00 03 72 2F 23 78 | 82 | Response Topic holds a wildcard | 3.3.2-14
            PUB_TWO_CT | 30 0D 00 01 61 08 03 00 01 74 03 00 01 75 78 | 82 | Content Type occurs twice | 3.3.2.3.9
            PUB_REASON | 30 09 00 01 61 04 1F 00 01 72 78 | 81 | Reason String is not allowed | 2.2.2.2
            PUB_SHORT | 30 03 00 05 61 | 81 | ends within the Topic Name | 2.1.4
            PUBACK_BADFLAG | 42 02 00 01 | 81 | low bits of the first byte, reserved, are wrong | 2.1.3-1
            PUBACK_BADRC | 40 03 00 01 92 | 82 | Reason Code Packet Identifier not found | 3.4.2-1
            PUBREL_BADFLAG | 60 02 00 08 | 81 | low bits of the first byte, reserved, are wrong | 3.6.1-1
            SUBACK_1_03 | 90 04 00 01 00 03 | 82 | 0x03 does not exist | 3.9.3-2
            PINGRESP_L1 | D0 01 00 | 81 | bytes follow where the packet should end | 2.1.4
            PINGRESP_NONMIN | D0 80 00 | 81 | Remaining Length takes more bytes than it needs | 1.5.5-1
            VBI5 | 30 FF FF FF FF 01 | 81 | Remaining Length takes more than four bytes | 1.5.5
            DISC_SEI | E0 07 00 05 11 00 00 00 0A | 82 | Session Expiry Interval, which only clients | 3.14.2-2
            DISC_BADFLAG | E1 00 | 81 | low bits of the first byte, reserved, are wrong | 3.14.1-1
            DISC_BADRC | E0 02 01 00 | 82 | Reason Code Granted QoS 1 | 3.14.2-1
            AUTH_NOMETHOD | F0 02 18 00 | 82 | no Authentication Method | 3.15.2.2.2
            AUTH_19 | F0 06 19 04 15 00 01 4D | 82 | Reason Code Re-authenticate | 3.15.2-1
            AUTH_BADFLAG | F1 06 18 04 15 00 01 4D | 81 | low bits of the first byte, reserved, are wrong | 3.15.1-1
            TYPE0 | 00 00 | 81 | packets of type 0 do not exist | 2.1.2
            SRV_PINGREQ | C0 00 | 82 | only clients | 2.1.2
            SRV_SUBSCRIBE | 82 07 00 01 00 00 01 61 00 | 82 | only clients | 2.1.2
            PUB_ALIAS1_UNMAPPED | 30 07 00 00 03 23 00 01 78 | 82 | Topic Alias 1 was given no topic | 3.3.2-7
            PUB_RT_EMPTY | 30 08 00 01 61 03 08 00 00 78 | 82 | Response Topic is empty | 4.7.3-1
            PUB_ABOVE_10FFFF | 30 08 00 04 F4 90 80 80 00 78 | 81 | above U+10FFFF | 1.5.4-1
            PUB_LEAD_F5 | 30 08 00 04 F5 80 80 80 00 78 | 81 | Topic Name is not UTF-8 | 1.5.4-1
            PUB_STRAY | 30 05 00 01 80 00 78 | 81 | a byte is out of place | 1.5.4-1
            PUB_CUT_CHARACTER | 30 05 00 01 C3 00 78 | 81 | its last character is cut short | 1.5.4-1
            PUB_NO_CONTINUATION | 30 06 00 02 C3 41 00 78 | 81 | a character is cut short | 1.5.4-1
            PUB_PFI2 | 30 07 00 01 61 02 01 02 78 | 82 | Payload Format Indicator is 2 | 3.3.2.3.2
            PUB_NO_ID | 32 03 00 01 61 | 81 | ends within the Packet Identifier | 2.1.4
            PUB_NO_PROPERTIES | 30 03 00 01 61 | 81 | ends within the Property Length | 2.2.2-1
            PUB_LONG_PROPERTIES | 30 05 00 01 61 05 78 | 81 | ends within the properties | 2.2.2.1
            PUB_CUT_PROPERTY | 30 08 00 01 61 02 03 00 01 78 | 81 | ends within the Content Type | 2.2.2.1
            PUB_NONMIN_LENGTH | 30 06 00 01 61 80 00 78 | 81 | Property Length takes more bytes than it needs | 1.5.5-1
            PUB_LENGTH_5 | 30 09 00 01 61 80 80 80 80 01 78 | 81 | Property Length takes more than four bytes | 1.5.5
            PUB_NONMIN_PROPERTY | 30 08 00 01 61 03 81 00 01 78 | 81 | Property Identifier takes more bytes than it needs | 1.5.5-1
            PUB_PROPERTY_201 | 30 08 00 01 61 03 81 04 00 78 | 81 | identifier 0x201 | 2.2.2.2
            PUB_NONMIN_SUBID | 30 08 00 01 61 03 0B 81 00 78 | 81 | Subscription Identifier takes more bytes | 1.5.5-1
            CONNACK_EMPTY | 20 00 | 81 | ends within the Connect Acknowledge Flags | 2.1.4
            CONNACK_3_1_1 | 20 02 00 00 | 81 | ends within the Property Length | 2.1.4
            CONNACK_TRAILING | 20 04 00 00 00 00 | 81 | bytes follow where the packet should end | 2.1.4
            CONNACK_ACID_NUL | 20 07 00 00 04 12 00 01 00 | 81 | Assigned Client Identifier contains U+0000 | 1.5.4-2
            PUBACK_EMPTY | 40 00 | 81 | ends within the Packet Identifier | 2.1.4
            PUBACK_0 | 40 02 00 00 | 82 | Packet Identifier is 0 | 2.2.1-5
            PUBACK_TRAILING | 40 05 00 01 00 00 00 | 81 | bytes follow where the packet should end | 2.1.4
            PUBREC_BADRC | 50 03 00 01 01 | 82 | Reason Code Granted QoS 1 | 3.5.2-1
            PUBREL_0 | 62 02 00 00 | 82 | Packet Identifier is 0 | 2.2.1-5
            PUBREL_BADRC | 62 03 00 01 10 | 82 | Reason Code No matching subscribers | 3.6.2-1
            PUBCOMP_BADRC | 70 03 00 01 80 | 82 | Reason Code Unspecified error | 3.7.2-1
            PUBREC_BADFLAG | 51 02 00 01 | 81 | low bits of the first byte, reserved, are wrong | 2.1.3-1
            PUBREL_DUP | 6A 02 00 08 | 81 | low bits of the first byte, reserved, are wrong | 2.1.3-1
            PUBCOMP_BADFLAG | 71 02 00 01 | 81 | low bits of the first byte, reserved, are wrong | 2.1.3-1
            SUBACK_BADFLAG | 91 04 00 01 00 00 | 81 | low bits of the first byte, reserved, are wrong | 2.1.3-1
            UNSUBACK_BADFLAG | B1 04 00 01 00 00 | 81 | low bits of the first byte, reserved, are wrong | 2.1.3-1
            PINGRESP_BADFLAG | D1 00 | 81 | low bits of the first byte, reserved, are wrong | 2.1.3-1
            SUBACK_NO_CODES | 90 03 00 01 00 | 81 | no Reason Code | 3.8.4-6
            UNSUBACK_NO_CODES | B0 03 00 01 00 | 81 | no Reason Code | 3.11.3-2
            UNSUBACK_3_1_1 | B0 02 00 01 | 81 | ends within the Property Length | 3.11.3-2
            SUBACK_0 | 90 04 00 00 00 00 | 82 | Packet Identifier is 0 | 3.8.4-2
            UNSUBACK_1_01 | B0 04 00 01 00 01 | 82 | Reason Code Granted QoS 1 | 3.11.3-2
            DISC_04 | E0 01 04 | 82 | Reason Code Disconnect with Will Message | 3.14.2-1
            DISC_RS_CUT | E0 05 8B 03 1F 00 01 | 81 | ends within the Reason String | 2.1.4
            AUTH_SHORT | F0 01 18 | 81 | ends within the Property Length | 2.1.4
            AUTH_EMPTY | F0 00 | 82 | no Authentication Method | 3.15.2.2.2
            SRV_CONNECT | 10 00 | 82 | only clients | 2.1.2
            SRV_UNSUBSCRIBE | A2 00 | 82 | only clients | 2.1.2
            """)
    void refusesWhatAServerMustNotSend(
            String name, String hex, String code, String words, String statement) {
        ByteBuf in = bytes(hex);
        Decoder decoder = new Decoder(NO_LIMIT, 2, true);

        ProtocolViolation refused = assertThrows(ProtocolViolation.class, () -> decoder.decode(in));

        assertEquals(Integer.parseInt(code, 16), refused.reason().value(), refused.getMessage());
        assertTrue(refused.getMessage().contains(words), refused.getMessage());
        assertEquals(0, in.readerIndex(), "a refused packet is not consumed");
    }

    /** [MQTT-3.1.2-29] */
    @Statement("3.1.2-29")
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "PUBACK, 40 0A 00 01 00 06 1F 00 03 77 68 79",
        "PUBREC, 50 0B 00 01 00 07 26 00 01 6B 00 01 76",
        "PUBREL, 62 0A 00 01 00 06 1F 00 03 77 68 79",
        "PUBCOMP, 70 0B 00 01 00 07 26 00 01 6B 00 01 76",
        "SUBACK, 90 0A 00 01 06 1F 00 03 77 68 79 00",
        "UNSUBACK, B0 0B 00 01 07 26 00 01 6B 00 01 76 00",
        "AUTH, F0 0C 18 0A 15 00 01 4D 1F 00 03 77 68 79"
    })
    void refusesProblemInformationThatTheClientDidNotRequest(String name, String hex) {
        Decoder requested = new Decoder(NO_LIMIT, 0, true);
        Decoder notRequested = new Decoder(NO_LIMIT, 0, false);

        assertTrue(requested.decode(bytes(hex)) != null);
        ProtocolViolation refused =
                assertThrows(ProtocolViolation.class, () -> notRequested.decode(bytes(hex)));
        assertEquals(0x82, refused.reason().value());
        assertTrue(refused.getMessage().startsWith(name + " from the server: "));
        assertTrue(refused.getMessage().contains("Request Problem Information 0"));
    }

    /** [MQTT-3.1.2-29] */
    @Statement("3.1.2-29")
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "CONNACK, 20 10 00 87 0D 1F 00 03 77 68 79 26 00 01 6B 00 01 76",
        "PUBLISH, 30 0B 00 01 61 07 26 00 01 6B 00 01 76",
        "DISCONNECT, E0 0F 8B 0D 1F 00 03 77 68 79 26 00 01 6B 00 01 76"
    })
    void acceptsProblemInformationInThreePacketsThoughItWasNotRequested(String name, String hex) {
        assertTrue(new Decoder(NO_LIMIT, 0, false).decode(bytes(hex)) != null);
    }

    /** [MQTT-3.1.2-27] */
    @Test
    void refusesAnyTopicAliasIfTheClientAllowsNone() {
        ProtocolViolation refused =
                assertThrows(
                        ProtocolViolation.class,
                        () ->
                                new Decoder(NO_LIMIT, 0, true)
                                        .decode(bytes("30 08 00 01 61 03 23 00 01 78")));
        assertEquals(0x94, refused.reason().value());
        assertTrue(refused.getMessage().contains("the client allows none"));
    }

    /** [MQTT-3.1.2-24] */
    @Statement("3.1.2-24")
    @Test
    void refusesALargePacketByItsFixedHeader() {
        Decoder decoder = new Decoder(64, 0, true);
        assertEquals(null, decoder.decode(bytes("30 3E")), "64 bytes are allowed");

        ProtocolViolation refused =
                assertThrows(ProtocolViolation.class, () -> decoder.decode(bytes("30 3F")));

        assertEquals(0x95, refused.reason().value());
        assertEquals(
                "PUBLISH from the server: it has 65 bytes, more than the Maximum Packet Size of 64"
                        + " that the client announced",
                refused.getMessage());
    }

    /** The message of an error is for logs, which must not leak what messages say. */
    @Test
    void tellsNothingOfWhatAMessageSays() {
        String secret = HexFormat.of().formatHex("secret".getBytes());
        ProtocolViolation refused =
                assertThrows(
                        ProtocolViolation.class,
                        () ->
                                new Decoder(NO_LIMIT, 0, true)
                                        .decode(bytes("30 0F 00 07" + secret + "2B 00" + secret)));
        assertTrue(!refused.getMessage().contains("secret"), refused.getMessage());
    }

    private static ByteBuf bytes(String hex) {
        return Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", "")));
    }
}
