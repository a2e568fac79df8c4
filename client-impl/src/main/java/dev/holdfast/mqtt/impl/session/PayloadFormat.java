package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Message;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * Whether a payload is what its Payload Format Indicator says (MQTT 5, section 3.3.2.3.2). Unlike
 * in the strings of the protocol, U+0000 is allowed.
 */
public final class PayloadFormat {
    private static final int CHARACTERS_AT_A_TIME = 1_024;

    private PayloadFormat() {}

    public static boolean isAsClaimed(Message message) {
        if (!message.utf8Payload()) {
            return true;
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder(); // which reports what is wrong
        ByteBuffer payload = message.payload();
        CharBuffer ignored =
                CharBuffer.allocate(Math.min(CHARACTERS_AT_A_TIME, payload.remaining() + 1));
        CoderResult result = decoder.decode(payload, ignored, true);
        while (result.isOverflow()) {
            ignored.clear();
            result = decoder.decode(payload, ignored, true);
        }
        return !result.isError();
    }
}
