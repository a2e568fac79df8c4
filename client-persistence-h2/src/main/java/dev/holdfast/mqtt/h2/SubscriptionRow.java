package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.Subscription;
import org.jspecify.annotations.Nullable;

/**
 * What is stored for one Topic Filter.
 *
 * @param identifier its Subscription Identifier, 0 for none
 * @param confirmed null while the server's answer is not known
 */
record SubscriptionRow(String topicFilter, int identifier, @Nullable Subscription confirmed) {
    static SubscriptionRow confirmed(Subscription subscription, int identifier) {
        return new SubscriptionRow(subscription.topicFilter(), identifier, subscription);
    }
}
