package dev.holdfast.mqtt.impl.codec;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import org.jspecify.annotations.Nullable;

/**
 * UTF-8 as section 1.5.4 wants it: what Java and Netty would quietly replace is an error here.
 * Nearly all strings are ASCII, so that is told apart first, eight bytes at a time.
 */
final class Utf8 {
    static final int MAXIMUM_LENGTH = 65_535;
    private static final long ONES = 0x0101_0101_0101_0101L;
    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

    /** The first character that needs one, two, three bytes more. */
    private static final int[] SMALLEST = {0, 0x80, 0x800, 0x1_0000};

    private Utf8() {}

    /**
     * The length of a string in UTF-8.
     *
     * @throws IllegalArgumentException if MQTT cannot carry the string
     */
    static int length(String what, String value) {
        long bytes = value.length();
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == 0) {
                throw new IllegalArgumentException(what + " contains U+0000 at index " + i);
            } else if (c >= 0x80 && c < 0x800) {
                bytes += 1;
            } else if (c >= 0x800) {
                bytes += 2;
                if (Character.isSurrogate(c)) {
                    if (!Character.isHighSurrogate(c)
                            || i + 1 == value.length()
                            || !Character.isLowSurrogate(value.charAt(i + 1))) {
                        throw new IllegalArgumentException(
                                what + " has an unpaired surrogate at index " + i);
                    }
                    i++; // Two chars, four bytes.
                }
            }
        }
        if (bytes > MAXIMUM_LENGTH) {
            throw new IllegalArgumentException(
                    what + " takes " + bytes + " bytes in UTF-8; MQTT allows " + MAXIMUM_LENGTH);
        }
        return (int) bytes;
    }

    /** Writes a string whose {@link #length} is known, without its length. */
    static void write(ByteBuf out, String value, int length) {
        ByteBufUtil.reserveAndWriteUtf8(out, value, length);
    }

    /** Whether the bytes are all U+0001 to U+007F, which is what most strings consist of. */
    static boolean isPlainAscii(ByteBuf in, int from, int length) {
        int i = from;
        int end = from + length;
        for (; i + Long.BYTES <= end; i += Long.BYTES) {
            long eight = in.getLong(i);
            // Without high bits, only a byte of zero borrows one in the subtraction.
            if ((eight & HIGH_BITS) != 0 || (eight - ONES & HIGH_BITS) != 0) {
                return false;
            }
        }
        for (; i < end; i++) {
            if (in.getByte(i) <= 0) {
                return false;
            }
        }
        return true;
    }

    /** What is wrong with bytes that should be a string, as the end of a sentence, or null. */
    static @Nullable String complaint(ByteBuf in, int from, int length) {
        int end = from + length;
        int i = from;
        while (i < end) {
            int lead = in.getUnsignedByte(i);
            if (lead == 0) {
                return "contains U+0000";
            }
            int more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
            if ((lead >= 0x80 && lead < 0xC0) || lead > 0xF4) {
                return "is not UTF-8: a byte is out of place";
            }
            if (i + more >= end) {
                return "is not UTF-8: its last character is cut short";
            }
            int codePoint = more == 0 ? lead : lead & 0x3F >> more;
            for (int k = 1; k <= more; k++) {
                int next = in.getUnsignedByte(i + k);
                if ((next & 0xC0) != 0x80) {
                    return "is not UTF-8: a character is cut short";
                }
                codePoint = codePoint << 6 | (next & 0x3F);
            }
            if (more > 0 && codePoint < SMALLEST[more]) {
                return "is not UTF-8: a character takes more bytes than it needs";
            }
            if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                return "is not UTF-8: it contains an encoded surrogate";
            }
            if (codePoint > Character.MAX_CODE_POINT) {
                return "is not UTF-8: a character is above U+10FFFF";
            }
            i += 1 + more;
        }
        return null;
    }
}
