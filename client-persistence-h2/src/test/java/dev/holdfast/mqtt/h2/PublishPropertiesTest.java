package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.store.RandomMessages;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PublishPropertiesTest {
    @Test
    void unpacksWhatItPacked() {
        RandomMessages messages = new RandomMessages(new Random(1));
        for (int i = 0; i < 2_000; i++) {
            Message message = messages.next(QoS.AT_LEAST_ONCE);
            Message.Builder copy =
                    Message.to(message.topic())
                            .payload(message.payload())
                            .qos(message.qos())
                            .retain(message.retain());
            PublishProperties.unpack(PublishProperties.pack(message), copy);
            assertEquals(message, copy.build());
        }
    }

    @Test
    void takesNoRoomWithoutProperties() {
        assertNull(PublishProperties.pack(Message.to("a").payload("b").build()));
    }

    @Test
    void writesThemAsAPublishPacketDoes() {
        Message message =
                Message.to("a")
                        .utf8Payload(true)
                        .expiry(Duration.ofSeconds(0xFFFF_FFFFL))
                        .contentType("t")
                        .userProperty("k", "")
                        .build();
        byte[] expected = {0x01, 1, 0x02, -1, -1, -1, -1, 0x03, 0, 1, 't', 0x26, 0, 1, 'k', 0, 0};
        assertArrayEquals(expected, PublishProperties.pack(message));
    }

    @Test
    void refusesWhatIsNoProperty() {
        for (byte[] bytes :
                new byte[][] {{0x55}, {0x02, 1}, {0x03, 0, 5, 'a'}, {0x26, 0, 1, 'k'}}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> PublishProperties.unpack(bytes, Message.to("a")));
        }
    }
}
