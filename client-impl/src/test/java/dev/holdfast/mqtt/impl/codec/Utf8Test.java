package dev.holdfast.mqtt.impl.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.impl.conformance.Statement;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** UTF-8 Encoded Strings (section 1.5.4), with the JDK's strict decoder as the judge. */
class Utf8Test {
    /** The borders of the table of well-formed byte sequences. */
    private static final int[] BORDERS = {
        0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF,
        0xF0, 0xF4, 0xF5, 0xFF
    };

    /** [MQTT-1.5.4-1], [MQTT-1.5.4-2] */
    @Statement({"1.5.4-1", "1.5.4-2"})
    @Test
    void judgesAllSequencesOfBordersAsTheJdkDoes() {
        CharsetDecoder judge = StandardCharsets.UTF_8.newDecoder();
        ByteBuf in = Unpooled.buffer(4).writeZero(4);
        for (int length = 1; length <= 4; length++) {
            int count = (int) Math.pow(BORDERS.length, length);
            for (int n = 0; n < count; n++) {
                for (int i = 0, rest = n; i < length; i++, rest /= BORDERS.length) {
                    in.setByte(i, BORDERS[rest % BORDERS.length]);
                }
                boolean wellFormed = isWellFormed(judge, in.nioBuffer(0, length));
                assertEquals(wellFormed, Utf8.complaint(in, 0, length) == null);
                if (Utf8.isPlainAscii(in, 0, length)) {
                    assertTrue(wellFormed);
                }
            }
        }
    }

    private static boolean isWellFormed(CharsetDecoder judge, ByteBuffer bytes) {
        try {
            return judge.decode(bytes).toString().indexOf(0) < 0;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /** [MQTT-1.5.4-1]; none of them is refused, the control and non-characters included. */
    @Statement("1.5.4-1")
    @Test
    void writesAllCharactersAsTheJdkDoes() {
        for (int c = 1; c <= Character.MAX_CODE_POINT; c++) {
            if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
                continue;
            }
            String string = Character.toString(c);
            byte[] expected = string.getBytes(StandardCharsets.UTF_8);
            int length = Utf8.length("x", string);
            assertEquals(expected.length, length);
            if (c % 7 == 0 || c < 0x900) {
                ByteBuf out = Unpooled.buffer(4);
                Utf8.write(out, string, length);
                byte[] written = new byte[out.readableBytes()];
                out.readBytes(written);
                assertArrayEquals(expected, written);
                assertNull(Utf8.complaint(out, 0, length));
            }
        }
    }

    /** [MQTT-1.5.4-1] */
    @Statement("1.5.4-1")
    @Test
    void refusesToWriteUnpairedSurrogates() {
        for (String bad : new String[] {"\uD800", "a\uDBFF", "\uDC00", "\uD800\uD800", "\uD83Dx"}) {
            assertThrows(IllegalArgumentException.class, () -> Utf8.length("x", bad), bad);
        }
    }

    /** The eight bytes at a time must not overlook one. */
    @Test
    void findsTheOneByteThatIsNoPlainAscii() {
        Random random = new Random(8);
        for (int length = 0; length < 40; length++) {
            ByteBuf in = Unpooled.buffer();
            for (int i = 0; i < length + 3; i++) {
                in.writeByte(1 + random.nextInt(127));
            }
            assertTrue(Utf8.isPlainAscii(in, 3, length));
            for (int i = 3; i < length + 3; i++) {
                byte before = in.getByte(i);
                for (int bad : new int[] {0, 0x80, 0xFF}) {
                    in.setByte(i, bad);
                    assertEquals(false, Utf8.isPlainAscii(in, 3, length), "at " + i);
                }
                in.setByte(i, before);
            }
        }
    }
}
