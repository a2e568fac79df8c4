package dev.holdfast.mqtt.impl.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How much an incomplete packet lacks. */
class MissingBytesTest {
    private static final int NO_LIMIT = 268_435_460;

    private final Decoder decoder = new Decoder(NO_LIMIT, 0, true);

    /** The first byte, then a Remaining Length whose end is not there. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void isOneWhileTheFixedHeaderIsIncomplete(int bytes) {
        ByteBuf in = Unpooled.buffer().writeByte(0x30);
        for (int i = 1; i < bytes; i++) {
            in.writeByte(0xFF);
        }

        assertEquals(1, decoder.missing(in));
    }

    @Test
    void isTheRestOfThePacketAfterTheFixedHeader() {
        ByteBuf in = Unpooled.buffer().writeBytes(new byte[] {9, 9, 0x30, (byte) 0x80, 0x01});
        in.skipBytes(2);

        assertEquals(128, decoder.missing(in));
        assertEquals(2, in.readerIndex());
        in.writeZero(127);
        assertEquals(1, decoder.missing(in));
    }

    @Test
    void isExactForTheLargestPacket() {
        ByteBuf in = Unpooled.buffer().writeByte(0x30);
        in.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x7F});

        assertEquals(NO_LIMIT - 5, decoder.missing(in));
    }
}
