package dev.holdfast.mqtt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class MessagePayloadTest {
    private static byte[] bytes() {
        return "4711".getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void doesNotChangeWithTheArrayOrBufferItWasMadeFrom() {
        byte[] bytes = bytes();
        Message ofArray = Message.to("parts").payload(bytes).build();
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        Message ofBuffer = Message.to("parts").payload(buffer).build();
        bytes[0] = 'X';
        assertEquals("4711", ofArray.payloadText());
        assertEquals("4711", ofBuffer.payloadText());
        assertEquals(4, buffer.remaining());
    }

    @Test
    void withoutCopyIsTheArrayItself() {
        byte[] bytes = bytes();
        Message message = Message.to("parts").payloadWithoutCopy(bytes).build();
        bytes[0] = 'X';
        assertEquals("X711", message.payloadText());
        assertArrayEquals(bytes, message.payloadBytes());
    }

    @Test
    void cannotBeChangedThroughTheMessage() {
        Message message = Message.to("parts").payloadWithoutCopy(bytes()).build();
        message.payloadBytes()[0] = 'X';
        assertThrows(ReadOnlyBufferException.class, () -> message.payload().put(0, (byte) 'X'));
        assertEquals("4711", message.payloadText());
    }
}
