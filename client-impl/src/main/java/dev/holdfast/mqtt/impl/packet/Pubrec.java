package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UserProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** PUBREC (section 3.5). */
public record Pubrec(
        int packetIdentifier,
        ReasonCode reason,
        @Nullable String reasonString,
        List<UserProperty> userProperties)
        implements Packet {
    public Pubrec(int packetIdentifier, ReasonCode reason) {
        this(packetIdentifier, reason, null, List.of());
    }
}
