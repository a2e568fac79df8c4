package dev.holdfast.mqtt;

import java.util.List;
import java.util.Optional;

/**
 * The server's positive answer to one subscription (MQTT 5, section 3.9).
 *
 * @param subscription what was asked for
 * @param grantedQos the highest QoS the server will use
 * @param reasonString the server's words for people
 * @param userProperties the server's User Properties in their order
 */
public record Subscribed(
        Subscription subscription,
        QoS grantedQos,
        Optional<String> reasonString,
        List<UserProperty> userProperties) {
    /** Keeps the list from changing. */
    public Subscribed {
        userProperties = List.copyOf(userProperties);
    }
}
