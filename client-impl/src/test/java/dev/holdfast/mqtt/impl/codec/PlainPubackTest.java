package dev.holdfast.mqtt.impl.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The shortest PUBACK is passed by without a packet; all else is left to be decoded. */
class PlainPubackTest {
    private static final int NO_LIMIT = 268_435_460;

    private static ByteBuf bytes(String hex) {
        String[] digits = hex.split(" ");
        ByteBuf bytes = Unpooled.buffer();
        for (String d : digits) {
            bytes.writeByte(Integer.parseInt(d, 16));
        }
        return bytes;
    }

    @Test
    void givesTheIdentifierAndGoesOn() {
        Decoder decoder = new Decoder(NO_LIMIT, 0, true);
        ByteBuf in = bytes("40 02 00 05 40 02 FF FF 40");

        assertEquals(5, decoder.passPlainPuback(in));
        assertEquals(0xFFFF, decoder.passPlainPuback(in));
        assertEquals(0, decoder.passPlainPuback(in));
        assertEquals(1, in.readableBytes());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "40 02 00", // not all of it
                "40 02 00 00", // no Packet Identifier
                "41 02 00 05", // a reserved flag
                "40 03 00 05 10", // a Reason Code
                "40 82 00 00 05", // a Remaining Length that is too long
                "50 02 00 05", // PUBREC
                "70 02 00 05", // PUBCOMP
            })
    void leavesAllElse(String frame) {
        ByteBuf in = bytes(frame);

        assertEquals(0, new Decoder(NO_LIMIT, 0, true).passPlainPuback(in));

        assertEquals(0, in.readerIndex());
    }

    @Test
    void leavesWhatIsLargerThanTheMaximumPacketSize() {
        ByteBuf in = bytes("40 02 00 05");

        assertEquals(0, new Decoder(3, 0, true).passPlainPuback(in));
        assertEquals(5, new Decoder(4, 0, true).passPlainPuback(in));
    }
}
