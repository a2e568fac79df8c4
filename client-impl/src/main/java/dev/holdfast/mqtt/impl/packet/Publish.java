package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.Message;
import java.util.List;

/**
 * PUBLISH (section 3.3). The message holds topic, payload, QoS, RETAIN and properties. Topic
 * Aliases are a matter of the codec: here the topic is always there.
 *
 * @param packetIdentifier 1 to 65,535; 0 at QoS 0
 * @param subscriptionIdentifiers received ones only
 */
public record Publish(
        Message message, int packetIdentifier, boolean dup, List<Integer> subscriptionIdentifiers)
        implements Packet {
    public Publish(Message message, int packetIdentifier, boolean dup) {
        this(message, packetIdentifier, dup, List.of());
    }
}
