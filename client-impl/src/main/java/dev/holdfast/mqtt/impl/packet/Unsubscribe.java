package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.UserProperty;
import java.util.List;

/** UNSUBSCRIBE (section 3.10). */
public record Unsubscribe(
        int packetIdentifier, List<String> topicFilters, List<UserProperty> userProperties)
        implements Packet {}
