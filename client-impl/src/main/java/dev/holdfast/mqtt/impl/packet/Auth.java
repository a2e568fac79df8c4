package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UserProperty;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** AUTH (section 3.15). */
public record Auth(
        ReasonCode reason,
        String authenticationMethod,
        @Nullable ByteBuffer authenticationData,
        @Nullable String reasonString,
        List<UserProperty> userProperties)
        implements Packet {}
