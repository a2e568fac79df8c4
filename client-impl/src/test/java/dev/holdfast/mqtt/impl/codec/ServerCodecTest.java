package dev.holdfast.mqtt.impl.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tests' server must see a client's every breach of the packet format. */
class ServerCodecTest {
    @ParameterizedTest(name = "[MQTT-{1}] {2}: {0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            00 00                                          | 2.1.2      | type 0
            20 03 00 00 00                                 | 2.1.2      | CONNACK
            90 04 00 01 00 00                              | 2.1.2      | SUBACK
            B0 04 00 01 00 00                              | 2.1.2      | UNSUBACK
            D0 00                                          | 2.1.2      | PINGRESP
            C1 00                                          | 2.1.3-1    | flags
            6A 02 00 01                                    | 2.1.3-1    | DUP on PUBREL
            80 06 00 01 00 00 01 61                        | 2.1.3-1    | SUBSCRIBE flags
            C0 80 00                                       | 1.5.5-1    | two bytes for 0
            C0 FF FF FF FF 01                              | 1.5.5-1    | five bytes
            C0 01 00                                       | 2.1.4      | PINGREQ with a body
            10 0D 00 04 4D 51 54 58 05 00 00 00 00 00 00   | 3.1.2-1    | name
            10 0D 00 04 4D 51 54 54 04 00 00 00 00 00 00   | 3.1.2-2    | version
            10 0D 00 04 4D 51 54 54 05 01 00 00 00 00 00   | 3.1.2-3    | reserved flag
            10 0D 00 04 4D 51 54 54 05 08 00 00 00 00 00   | 3.1.2-11   | Will QoS without will
            10 0D 00 04 4D 51 54 54 05 20 00 00 00 00 00   | 3.1.2-13   | Will Retain without will
            10 0D 00 04 4D 51 54 54 05 1C 00 00 00 00 00   | 3.1.2-12   | Will QoS 3
            10 0D 00 04 4D 51 54 54 05 80 00 00 00 00 00   | 2.1.4      | no User Name
            10 0E 00 04 4D 51 54 54 05 00 00 00 00 00 00 00 | 2.1.4     | trailing byte
            10 10 00 04 4D 51 54 54 05 00 00 00 03 21 00 00 00 00 | 3.1.2.11.3 | Receive Maximum 0
            10 12 00 04 4D 51 54 54 05 00 00 00 05 27 00 00 00 00 00 00 | 3.1.2.11.4 | packet size 0
            10 0F 00 04 4D 51 54 54 05 00 00 00 02 17 02 00 00 | 3.1.2.11.7 | Problem Information 2
            10 0F 00 04 4D 51 54 54 05 00 00 00 02 19 02 00 00 | 3.1.2.11.6 | Response Information 2
            10 10 00 04 4D 51 54 54 05 00 00 00 03 16 00 00 00 00 | 3.1.2.11.10 | data, no method
            10 12 00 04 4D 51 54 54 05 00 00 00 05 18 00 00 00 01 00 00 | 2.2.2.2 | will delay
            10 13 00 04 4D 51 54 54 05 00 00 00 06 22 00 01 22 00 01 00 00 | 2.2.2.2 | twice
            36 06 00 01 61 00 01 00                        | 3.3.1-4    | QoS 3
            38 04 00 01 61 00                              | 3.3.1-2    | DUP at QoS 0
            32 06 00 01 61 00 00 00                        | 2.2.1-3    | identifier 0
            30 04 00 01 2B 00                              | 4.7.0-1    | wildcard
            30 03 00 00 00                                 | 4.7.3-1    | no topic
            30 06 00 03 ED A0 80 00                        | 1.5.4-1    | surrogate
            30 05 00 02 C0 80 00                           | 1.5.4-1    | modified UTF-8
            30 04 00 01 00 00                              | 1.5.4-2    | U+0000
            30 06 00 01 61 02 0B 01                        | 3.3.4-6    | Subscription Identifier
            30 07 00 01 61 03 23 00 00                     | 3.3.2-8    | alias 0
            30 07 00 01 61 03 23 00 03                     | 3.3.2-9    | alias above maximum
            30 06 00 00 03 23 00 01                        | 3.3.4      | alias without topic
            30 06 00 01 61 02 01 02                        | 3.3.2.3.2  | format 2
            30 08 00 01 61 04 08 00 01 23                  | 4.7.0-1    | Response Topic
            30 05 00 01 61 80 00                           | 1.5.5-1    | Property Length
            30 05 00 01 61 02 01                           | 2.2.2.1    | Property Length too long
            30 06 00 01 61 01 01 01                        | 2.2.2.1    | property too long
            30 05 00 01 61 01 7F                           | 2.2.2.2    | unknown property
            40 03 00 01 10                                 | 3.4.2-1    | server's Reason Code
            50 03 00 01 92                                 | 3.5.2-1    | Reason Code
            62 03 00 01 80                                 | 3.6.2-1    | Reason Code
            70 03 00 01 10                                 | 3.7.2-1    | Reason Code
            40 05 00 01 00 01 1F                           | 2.1.4      | property cut short
            40 0B 00 01 00 07 26 00 02 FF FE 00 00         | 1.5.4-1    | User Property name
            82 03 00 01 00                                 | 3.8.3-2    | no Topic Filter
            82 07 00 00 00 00 01 61 00                     | 2.2.1-3    | identifier 0
            82 07 00 01 00 00 01 61 40                     | 3.8.3-5    | reserved option
            82 07 00 01 00 00 01 61 03                     | 3.8.3.1    | QoS 3
            82 07 00 01 00 00 01 61 30                     | 3.8.3.1    | Retain Handling 3
            82 06 00 01 00 00 01 61                        | 2.1.4      | no options
            82 06 00 01 00 00 00 00                        | 4.7.3-1    | empty Topic Filter
            82 09 00 01 02 0B 00 00 01 61 00               | 3.8.2.1.2  | identifier 0
            82 08 00 01 00 00 02 61 23 00                  | 4.7.1-1    | a#
            82 09 00 01 00 00 03 23 2F 61 00               | 4.7.1-1    | #/a
            82 08 00 01 00 00 02 61 2B 00                  | 4.7.1-2    | a+
            82 0F 00 01 00 00 09 24 73 68 61 72 65 2F 67 2F 00 | 4.8.2-2 | $share/g/
            82 0E 00 01 00 00 08 24 73 68 61 72 65 2F 67 00 | 4.8.2-2   | $share/g
            82 0F 00 01 00 00 09 24 73 68 61 72 65 2F 2F 61 00 | 4.8.2-1 | $share//a
            82 11 00 01 00 00 0B 24 73 68 61 72 65 2F 67 2B 2F 61 00 | 4.8.2-2 | $share/g+/a
            82 10 00 01 00 00 0A 24 73 68 61 72 65 2F 67 2F 61 04 | 3.8.3-4 | shared No Local
            A2 03 00 01 00                                 | 3.10.3-2   | no Topic Filter
            A2 06 00 01 00 00 01 FF                        | 1.5.4-1    | Topic Filter
            E0 01 8B                                       | 3.14.2-1   | server's Reason Code
            E0 05 00 03 1C 00 00                           | 2.2.2.2    | Server Reference
            F0 02 18 00                                    | 3.15.2.2.2 | no method
            F0 06 00 04 15 00 01 4D                        | 3.15.2-1   | server's Reason Code
            """)
    void namesTheStatementThatAClientBreaks(String hex, String statement, String what) {
        AssertionError breach = assertThrows(AssertionError.class, () -> decode(hex));
        assertTrue(breach.getMessage().startsWith("[MQTT-" + statement + "]"), breach.getMessage());
    }

    /** [MQTT-3.3.2-8], section 3.3.4 */
    @Test
    void followsTheClientsTopicAliases() {
        ServerCodec server = new ServerCodec(2);
        ByteBuffer in =
                bytes("30 07 00 01 61 03 23 00 02 30 06 00 00 03 23 00 02 30 04 00 01 62 00");
        assertEquals("a", ((Publish) server.decode(in)).message().topic());
        assertEquals("a", ((Publish) server.decode(in)).message().topic());
        assertEquals("b", ((Publish) server.decode(in)).message().topic());
        assertNull(server.decode(in));
    }

    @Test
    void waitsForTheWholePacket() {
        byte[] frame = bytes("82 07 00 01 00 00 01 61 00").array();
        for (int length = 0; length < frame.length; length++) {
            ByteBuffer part = ByteBuffer.wrap(frame, 0, length);
            assertNull(new ServerCodec().decode(part));
            assertEquals(0, part.position());
        }
    }

    private static Packet decode(String hex) {
        return new ServerCodec(2).decode(bytes(hex));
    }

    private static ByteBuffer bytes(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
    }
}
