package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UserProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** PUBCOMP (section 3.7). */
public record Pubcomp(
        int packetIdentifier,
        ReasonCode reason,
        @Nullable String reasonString,
        List<UserProperty> userProperties)
        implements Packet {
    public Pubcomp(int packetIdentifier, ReasonCode reason) {
        this(packetIdentifier, reason, null, List.of());
    }
}
