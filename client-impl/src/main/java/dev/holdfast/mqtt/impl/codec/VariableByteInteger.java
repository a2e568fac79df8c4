package dev.holdfast.mqtt.impl.codec;

import io.netty.buffer.ByteBuf;

/** Variable Byte Integers (section 1.5.5): seven bits a byte, lowest first, in the fewest bytes. */
final class VariableByteInteger {
    static final int MAXIMUM = 268_435_455;

    /** {@link #read} needs more bytes than there are. */
    static final int INCOMPLETE = -1;

    /** {@link #read} found more than four bytes. */
    static final int TOO_LONG = -2;

    /** {@link #read} found a value that fits into fewer bytes. */
    static final int NOT_SHORTEST = -3;

    private VariableByteInteger() {}

    /** The bytes a value takes; four as well for one that is above {@link #MAXIMUM}. */
    static int size(long value) {
        return value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : 4;
    }

    static void write(ByteBuf out, int value) {
        int rest = value;
        while (rest > 0x7F) {
            out.writeByte((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }

    /**
     * Reads without moving the buffer's index.
     *
     * @return the value, whose {@link #size} tells how many bytes it took, or one of the negative
     *     constants of this class
     */
    static int read(ByteBuf in, int from, int end) {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            if (from + i >= end) {
                return INCOMPLETE;
            }
            byte b = in.getByte(from + i);
            value |= (b & 0x7F) << (7 * i);
            if (b >= 0) {
                return b == 0 && i > 0 ? NOT_SHORTEST : value;
            }
        }
        return TOO_LONG;
    }
}
