package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UserProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SUBACK (section 3.9), one reason code for each Topic Filter. */
public record Suback(
        int packetIdentifier,
        List<ReasonCode> reasons,
        @Nullable String reasonString,
        List<UserProperty> userProperties)
        implements Packet {}
