package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UserProperty;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * CONNACK (section 3.2). Absent properties hold the standard's default.
 *
 * @param sessionExpiryInterval seconds, or {@link #ABSENT}: as in CONNECT
 * @param maximumPacketSize bytes, or {@link #NO_PACKET_LIMIT}
 * @param serverKeepAlive seconds, or {@link #ABSENT}: as in CONNECT
 */
public record Connack(
        boolean sessionPresent,
        ReasonCode reason,
        long sessionExpiryInterval,
        int receiveMaximum,
        QoS maximumQos,
        boolean retainAvailable,
        long maximumPacketSize,
        @Nullable String assignedClientIdentifier,
        int topicAliasMaximum,
        @Nullable String reasonString,
        List<UserProperty> userProperties,
        boolean wildcardSubscriptionAvailable,
        boolean subscriptionIdentifierAvailable,
        boolean sharedSubscriptionAvailable,
        int serverKeepAlive,
        @Nullable String responseInformation,
        @Nullable String serverReference,
        @Nullable String authenticationMethod,
        @Nullable ByteBuffer authenticationData)
        implements Packet {
    public static final int ABSENT = -1;

    /**
     * The largest packet that the Remaining Length can express, which is what holds without a
     * limit.
     */
    public static final long NO_PACKET_LIMIT = 268_435_460;
}
