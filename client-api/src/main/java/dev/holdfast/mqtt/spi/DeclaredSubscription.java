package dev.holdfast.mqtt.spi;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
import java.util.List;
import java.util.Objects;

/**
 * A subscription that was given to the builder.
 *
 * @param subscription what to subscribe to
 * @param handler takes the messages
 * @param userProperties of each SUBSCRIBE for it
 */
public record DeclaredSubscription(
        Subscription subscription, MessageHandler handler, List<UserProperty> userProperties) {
    /** Keeps the list from changing. */
    public DeclaredSubscription {
        Objects.requireNonNull(subscription);
        Objects.requireNonNull(handler);
        userProperties = List.copyOf(userProperties);
    }
}
