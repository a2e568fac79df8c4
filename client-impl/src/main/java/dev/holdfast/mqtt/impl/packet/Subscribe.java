package dev.holdfast.mqtt.impl.packet;

import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
import java.util.List;

/**
 * SUBSCRIBE (section 3.8).
 *
 * @param subscriptionIdentifier 1 to 268,435,455, or 0 for none
 */
public record Subscribe(
        int packetIdentifier,
        List<Subscription> subscriptions,
        int subscriptionIdentifier,
        List<UserProperty> userProperties)
        implements Packet {}
