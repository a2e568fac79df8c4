package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UserProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** PUBREL (section 3.6). */
public record Pubrel(
        int packetIdentifier,
        ReasonCode reason,
        @Nullable String reasonString,
        List<UserProperty> userProperties)
        implements Packet {
    public Pubrel(int packetIdentifier, ReasonCode reason) {
        this(packetIdentifier, reason, null, List.of());
    }
}
