package dev.holdfast.mqtt.store;

import dev.holdfast.mqtt.Subscription;

/**
 * One durable fact. {@link SessionState#apply} says what each means; a store is a faster way to do
 * the same.
 */
public sealed interface Change {
    /**
     * How sure it is that the server has a session for this client changed.
     *
     * @param presence the new certainty
     */
    record Presence(SessionState.Presence presence) implements Change {}

    /**
     * Numbers of publications and deliveries below this one may have been given out: after a
     * restart counting goes on from here, so that no number is used twice.
     *
     * @param below higher than before
     */
    record NumbersReserved(long below) implements Change {}

    /**
     * A message was accepted for publishing.
     *
     * @param message in state QUEUED, its sequence number higher than any before
     */
    record Accepted(OutgoingMessage message) implements Change {}

    /**
     * A queued message got a Packet Identifier, because it is about to be sent.
     *
     * @param sequence which message
     * @param packetIdentifier not used by another outgoing message
     */
    record Sent(long sequence, int packetIdentifier) implements Change {}

    /**
     * PUBREC came for a message in flight.
     *
     * @param sequence which message
     * @param releaseOrder higher than that of any message released before and still pending
     */
    record Released(long sequence, long releaseOrder) implements Change {}

    /**
     * The server may come to hold Packet Identifiers, up to this one, for messages at QoS 2 that
     * are not stored: after a restart they are not used before it has let go of them.
     *
     * @param upTo higher than before, at most 65,535
     */
    record IdentifiersReserved(int upTo) implements Change {}

    /**
     * A message in flight or released is queued again as if never sent: its session is lost. Its
     * Packet Identifier is free.
     *
     * @param sequence which message
     */
    record Requeued(long sequence) implements Change {}

    /**
     * An outgoing message is done with: acknowledged, refused, expired or dropped. Its Packet
     * Identifier is free.
     *
     * @param sequence which message
     */
    record Completed(long sequence) implements Change {}

    /**
     * A QoS 2 message was received.
     *
     * @param packetIdentifier the server's; not held already
     * @param message with a delivery id higher than any before
     */
    record Received(int packetIdentifier, IncomingMessage message) implements Change {}

    /**
     * A received Packet Identifier is no longer held, because PUBREL came or the session is lost: a
     * PUBLISH with it is a new message.
     *
     * @param packetIdentifier held until now
     */
    record Forgotten(int packetIdentifier) implements Change {}

    /**
     * A received QoS 2 message was dealt with by its handler.
     *
     * @param deliveryId which message
     */
    record Consumed(long deliveryId) implements Change {}

    /**
     * The server confirmed a subscription in this session.
     *
     * @param subscription replaces one with the same Topic Filter
     * @param identifier the Subscription Identifier it has there, 1 to 268,435,455; 0 for none
     */
    record Subscribed(Subscription subscription, int identifier) implements Change {
        /**
         * A subscription without a Subscription Identifier.
         *
         * @param subscription replaces one with the same Topic Filter
         */
        public Subscribed(Subscription subscription) {
            this(subscription, 0);
        }
    }

    /**
     * Whether the server has a subscription is not known, or not any more; if it has it, it is
     * under this Subscription Identifier.
     *
     * @param topicFilter of the subscription
     * @param identifier 1 to 268,435,455
     */
    record Identified(String topicFilter, int identifier) implements Change {}

    /**
     * The server no longer has a subscription, or may have it without a Subscription Identifier.
     *
     * @param topicFilter which one; unknown ones are no error
     */
    record Unsubscribed(String topicFilter) implements Change {}
}
