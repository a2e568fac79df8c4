package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UserProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * DISCONNECT (section 3.14).
 *
 * @param sessionExpiryInterval seconds, or {@link #ABSENT}; sent by clients only
 * @param serverReference sent by servers only
 */
public record Disconnect(
        ReasonCode reason,
        long sessionExpiryInterval,
        @Nullable String reasonString,
        List<UserProperty> userProperties,
        @Nullable String serverReference)
        implements Packet {
    public static final int ABSENT = -1;

    public Disconnect(ReasonCode reason) {
        this(reason, ABSENT, null, List.of(), null);
    }
}
