package dev.holdfast.mqtt.store;

import dev.holdfast.mqtt.Message;
import java.util.List;

/**
 * A received QoS 2 message that its handler has not dealt with yet.
 *
 * @param deliveryId its number, the same at each hand-over, positive
 * @param message with its full topic
 * @param subscriptionIdentifiers those the server sent with it that this client knew, 1 to
 *     268,435,455 each; they say which handlers it is for
 */
public record IncomingMessage(
        long deliveryId, Message message, List<Integer> subscriptionIdentifiers) {
    /** Keeps the list from changing. */
    public IncomingMessage {
        subscriptionIdentifiers = List.copyOf(subscriptionIdentifiers);
    }

    /**
     * A message without Subscription Identifiers.
     *
     * @param deliveryId its number, positive
     * @param message with its full topic
     */
    public IncomingMessage(long deliveryId, Message message) {
        this(deliveryId, message, List.of());
    }
}
