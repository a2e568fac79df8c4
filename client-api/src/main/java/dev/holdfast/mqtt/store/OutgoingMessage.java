package dev.holdfast.mqtt.store;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.UserProperty;

/**
 * A message on its way to the server, as it is stored. QUEUED → IN_FLIGHT → RELEASED (QoS 2) →
 * gone.
 *
 * @param sequence its number and its place in the order, positive
 * @param message with its full topic, QoS 1 or 2
 * @param expiresAt when it expires, in milliseconds since 1970; {@link #NEVER} if it does not
 * @param state how far it is
 * @param packetIdentifier 1 to 65,535 from IN_FLIGHT on, else 0
 * @param releaseOrder place among the RELEASED, in the order of their PUBRECs; 0 before
 */
public record OutgoingMessage(
        long sequence,
        Message message,
        long expiresAt,
        State state,
        int packetIdentifier,
        long releaseOrder) {
    /** The time of expiry of a message that does not expire. */
    public static final long NEVER = Long.MAX_VALUE;

    private static final int OVERHEAD = 32;

    /** How far an outgoing message is. */
    public enum State {
        /** Accepted, never sent in this session, without a Packet Identifier. */
        QUEUED,
        /**
         * Sent, or about to be, as a PUBLISH with its Packet Identifier; PUBACK or PUBREC is
         * awaited.
         */
        IN_FLIGHT,
        /** PUBREC has come; PUBREL is sent, PUBCOMP is awaited. QoS 2 only. */
        RELEASED
    }

    /**
     * A message just accepted.
     *
     * @param sequence its number
     * @param message QoS 1 or 2
     * @param expiresAt milliseconds since 1970, or {@link #NEVER}
     * @return in state QUEUED
     */
    public static OutgoingMessage queued(long sequence, Message message, long expiresAt) {
        return new OutgoingMessage(sequence, message, expiresAt, State.QUEUED, 0, 0);
    }

    /**
     * The same, sent.
     *
     * @param packetIdentifier its Packet Identifier
     * @return in state IN_FLIGHT
     */
    public OutgoingMessage inFlight(int packetIdentifier) {
        return new OutgoingMessage(
                sequence, message, expiresAt, State.IN_FLIGHT, packetIdentifier, 0);
    }

    /**
     * The same after PUBREC.
     *
     * @param releaseOrder its place among the RELEASED
     * @return in state RELEASED
     */
    public OutgoingMessage released(long releaseOrder) {
        return new OutgoingMessage(
                sequence, message, expiresAt, State.RELEASED, packetIdentifier, releaseOrder);
    }

    /**
     * What it counts against {@link dev.holdfast.mqtt.StoreLimits#outgoingBytes()}.
     *
     * @return bytes, roughly: characters of the texts, bytes of the rest, and a little for the row
     */
    public long size() {
        return sizeOf(message);
    }

    /**
     * What a message counts.
     *
     * @param message any
     * @return as {@link #size()}
     */
    public static long sizeOf(Message message) {
        long size = (long) OVERHEAD + message.topic().length() + message.payloadSize();
        if (message.contentType().isPresent()) {
            size += message.contentType().get().length();
        }
        if (message.responseTopic().isPresent()) {
            size += message.responseTopic().get().length();
        }
        if (message.correlationData().isPresent()) {
            size += message.correlationData().get().remaining();
        }
        if (!message.userProperties().isEmpty()) {
            for (UserProperty p : message.userProperties()) {
                size += p.name().length() + p.value().length();
            }
        }
        return size;
    }
}
