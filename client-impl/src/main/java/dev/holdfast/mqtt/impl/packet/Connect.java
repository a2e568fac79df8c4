package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.Will;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * CONNECT (section 3.1). Properties with their default value are not sent.
 *
 * @param keepAlive seconds, 0 is off
 * @param sessionExpiryInterval seconds, 0 to 0xFFFFFFFF
 * @param maximumPacketSize {@link Connack#NO_PACKET_LIMIT} for none
 */
public record Connect(
        String clientIdentifier,
        boolean cleanStart,
        int keepAlive,
        long sessionExpiryInterval,
        int receiveMaximum,
        long maximumPacketSize,
        int topicAliasMaximum,
        boolean requestResponseInformation,
        boolean requestProblemInformation,
        @Nullable String authenticationMethod,
        @Nullable ByteBuffer authenticationData,
        @Nullable Credentials credentials,
        @Nullable Will will,
        List<UserProperty> userProperties)
        implements Packet {}
