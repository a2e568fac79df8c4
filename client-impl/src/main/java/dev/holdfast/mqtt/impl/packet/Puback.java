package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UserProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** PUBACK (section 3.4). */
public record Puback(
        int packetIdentifier,
        ReasonCode reason,
        @Nullable String reasonString,
        List<UserProperty> userProperties)
        implements Packet {
    public Puback(int packetIdentifier, ReasonCode reason) {
        this(packetIdentifier, reason, null, List.of());
    }
}
