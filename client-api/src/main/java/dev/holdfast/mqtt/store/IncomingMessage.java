package dev.holdfast.mqtt.store;

import dev.holdfast.mqtt.Message;

/**
 * A received QoS 2 message that its handler has not dealt with yet.
 *
 * @param deliveryId its number, the same at each hand-over, positive
 * @param message with its full topic
 */
public record IncomingMessage(long deliveryId, Message message) {}
