package dev.holdfast.mqtt.impl.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The standard's tables of flags, Reason Codes and properties, tried value by value. */
class DecodingTablesTest {
    private static final int ACCEPTED = 0;
    private static final int MALFORMED = 0x81;
    private static final int PROTOCOL_ERROR = 0x82;

    /** Table 2-4: identifier and an allowed value of each property. */
    private static final Map<Integer, String> PROPERTIES =
            Arrays.stream(
                            """
                            01 01, 02 00000001, 03 000163, 08 000172, 09 000164, 0B 01,
                            11 00000001, 12 000163, 13 0001, 15 00014D, 16 000164, 17 01,
                            18 00000001, 19 01, 1A 000169, 1C 000168, 1F 000172, 21 0001,
                            22 0001, 23 0001, 24 01, 25 01, 26 00016B000176, 27 00000001,
                            28 01, 29 01, 2A 01"""
                                    .split(",\\s+"))
                    .collect(
                            Collectors.toMap(
                                    p -> Integer.parseInt(p.substring(0, 2), 16),
                                    p -> p.replace(" ", "")));

    /** A packet around properties, and the properties it may have. */
    private record Frame(String first, String before, String after, String allowed) {
        String with(String properties) {
            String body = before + length(properties) + properties + after;
            return first + length(body) + body;
        }

        private static String length(String hex) {
            return String.format("%02X", hex.length() / 2);
        }
    }

    private static final Map<String, Frame> FRAMES =
            Map.of(
                    "CONNACK",
                    new Frame(
                            "20", "0000", "", "11 12 13 15 16 1A 1C 1F 21 22 24 25 26 27 28 29 2A"),
                    "PUBLISH",
                    new Frame("30", "000161", "78", "01 02 03 08 09 0B 23 26"),
                    "PUBACK",
                    new Frame("40", "000100", "", "1F 26"),
                    "PUBREC",
                    new Frame("50", "000100", "", "1F 26"),
                    "PUBREL",
                    new Frame("62", "000100", "", "1F 26"),
                    "PUBCOMP",
                    new Frame("70", "000100", "", "1F 26"),
                    "SUBACK",
                    new Frame("90", "0001", "00", "1F 26"),
                    "UNSUBACK",
                    new Frame("B0", "0001", "00", "1F 26"),
                    "DISCONNECT",
                    new Frame("E0", "8B", "", "1C 1F 26"),
                    "AUTH",
                    new Frame("F0", "18", "", "15 16 1F 26"));

    @Statement({"P-01", "P-02"})
    @ParameterizedTest
    @ValueSource(
            strings = {
                "CONNACK",
                "PUBLISH",
                "PUBACK",
                "PUBREC",
                "PUBREL",
                "PUBCOMP",
                "SUBACK",
                "UNSUBACK",
                "DISCONNECT",
                "AUTH"
            })
    void allowsTheTablesPropertiesOnceAndNoOthers(String packet) {
        Frame frame = FRAMES.get(packet);
        for (int identifier = 0; identifier < 128; identifier++) {
            String property = PROPERTIES.getOrDefault(identifier, hex(identifier) + "01");
            boolean allowed = contains(frame.allowed(), identifier);
            boolean mayRepeat =
                    identifier == 0x26 || (identifier == 0x0B && packet.equals("PUBLISH"));
            // AUTH is wrong without a method whatever else it has.
            String rest = packet.equals("AUTH") && identifier != 0x15 ? PROPERTIES.get(0x15) : "";
            int once = allowed ? ACCEPTED : MALFORMED;
            int twice = allowed ? mayRepeat ? ACCEPTED : PROTOCOL_ERROR : MALFORMED;
            if (packet.equals("DISCONNECT") && identifier == 0x11) {
                once = PROTOCOL_ERROR; // [MQTT-3.14.2-2]
                twice = PROTOCOL_ERROR;
            }
            String what = packet + " with property " + hex(identifier);
            assertEquals(once, outcome(frame.with(rest + property)), what);
            assertEquals(twice, outcome(frame.with(property + property + rest)), what + " twice");
            if (allowed) {
                String cut = property.substring(0, property.length() - 2);
                assertEquals(MALFORMED, outcome(frame.with(rest + cut)), what + " cut short");
            }
        }
    }

    @Statement({"P-03", "P-09"})
    @ParameterizedTest(name = "{0} {1} -> {2}")
    @CsvSource({
        "PUBLISH, 01 00, 0",
        "PUBLISH, 01 02, 82",
        "PUBLISH, 01 FF, 82",
        "PUBLISH, 02 00000000, 0",
        "PUBLISH, 02 FFFFFFFF, 0",
        "PUBLISH, 03 0000, 0",
        "PUBLISH, 09 0000, 0",
        "PUBLISH, 0B 00, 82",
        "PUBLISH, 0B FFFFFF7F, 0",
        "PUBLISH, 0B FFFFFFFF01, 81",
        "PUBLISH, 23 0000, 94",
        "PUBLISH, 23 0002, 0",
        "PUBLISH, 23 0003, 94",
        "PUBLISH, 23 FFFF, 94",
        "CONNACK, 11 00000000, 0",
        "CONNACK, 11 FFFFFFFF, 0",
        "CONNACK, 12 0000, 0",
        "CONNACK, 13 0000, 0",
        "CONNACK, 13 FFFF, 0",
        "CONNACK, 21 0000, 82",
        "CONNACK, 21 FFFF, 0",
        "CONNACK, 22 0000, 0",
        "CONNACK, 22 FFFF, 0",
        "CONNACK, 24 00, 0",
        "CONNACK, 24 02, 82",
        "CONNACK, 24 FF, 82",
        "CONNACK, 25 00, 0",
        "CONNACK, 25 02, 82",
        "CONNACK, 27 00000000, 82",
        "CONNACK, 27 FFFFFFFF, 0",
        "CONNACK, 28 00, 0",
        "CONNACK, 28 02, 82",
        "CONNACK, 29 00, 0",
        "CONNACK, 29 02, 82",
        "CONNACK, 2A 00, 0",
        "CONNACK, 2A 02, 82",
        "AUTH, 15 0000, 0",
        "DISCONNECT, 1C 0000, 0",
        "DISCONNECT, 26 00000000, 0"
    })
    void allowsTheTablesValues(String packet, String property, String code) {
        assertEquals(
                Integer.parseInt(code, 16),
                outcome(FRAMES.get(packet).with(property.replace(" ", ""))));
    }

    @Statement({
        "3.11.3-2",
        "3.14.2-1",
        "3.15.2-1",
        "3.2.2-8",
        "3.4.2-1",
        "3.5.2-1",
        "3.6.2-1",
        "3.7.2-1",
        "3.8.4-7",
        "3.9.3-2"
    })
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "CONNACK, 20 03 00 XX 00, 00 80 81 82 83 84 85 86 87 88 89 8A 8C 90 95 97 99 9A 9B 9C 9D 9F",
        "PUBACK, 40 03 00 01 XX, 00 10 80 83 87 90 91 97 99",
        "PUBREC, 50 03 00 01 XX, 00 10 80 83 87 90 91 97 99",
        "PUBREL, 62 03 00 01 XX, 00 92",
        "PUBCOMP, 70 03 00 01 XX, 00 92",
        "SUBACK, 90 04 00 01 00 XX, 00 01 02 80 83 87 8F 91 97 9E A1 A2",
        "UNSUBACK, B0 04 00 01 00 XX, 00 11 80 83 87 8F 91",
        "DISCONNECT, E0 01 XX, 00 80 81 82 83 87 89 8B 8C 8D 8E 8F 90 93 94 95 96 97 98 99 9A 9B"
                + " 9C 9D 9E 9F A0 A1 A2",
        "AUTH, F0 06 XX 04 15 00 01 4D, 00 18"
    })
    void allowsTheTablesReasonCodes(String packet, String frame, String allowed) {
        for (int code = 0; code < 256; code++) {
            assertEquals(
                    contains(allowed, code) ? ACCEPTED : PROTOCOL_ERROR,
                    outcome(frame.replace(" ", "").replace("XX", hex(code))),
                    packet + " with Reason Code " + hex(code));
        }
    }

    /** [MQTT-2.1.3-1]; a packet without any chance is refused before its body arrives. */
    @Statement({"2.1.3-1", "3.3.1-4"})
    @ParameterizedTest(name = "packet type {0}")
    @CsvSource({
        "0, ''", "1, ''", "2, 0", "3, 0 1 2 3 4 5 A B C D", "4, 0", "5, 0", "6, 2", "7, 0",
        "8, ''", "9, 0", "10, ''", "11, 0", "12, ''", "13, 0", "14, 0", "15, 0"
    })
    void allowsTheTablesFirstBytes(int type, String allowedFlags) {
        List<Integer> fromClientsOnly = List.of(1, 8, 10, 12);
        for (int flags = 0; flags < 16; flags++) {
            int expected;
            if (Arrays.asList(allowedFlags.split(" "))
                    .contains(Integer.toHexString(flags).toUpperCase())) {
                expected = ACCEPTED;
            } else if (fromClientsOnly.contains(type) || (type == 3 && (flags & 6) == 0)) {
                expected = PROTOCOL_ERROR;
            } else {
                expected = MALFORMED;
            }
            String first = hex(type << 4 | flags);
            assertEquals(expected, outcome(first + "7F"), "first byte " + first);
        }
    }

    private static int outcome(String hex) {
        try {
            new Decoder(268_435_460, 2, true)
                    .decode(Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex)));
            return ACCEPTED;
        } catch (ProtocolViolation e) {
            return e.reason().value();
        }
    }

    private static boolean contains(String hexList, int value) {
        return Arrays.asList(hexList.split(" ")).contains(hex(value));
    }

    private static String hex(int value) {
        return String.format("%02X", value);
    }
}
