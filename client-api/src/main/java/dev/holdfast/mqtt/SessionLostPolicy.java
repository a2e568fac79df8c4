package dev.holdfast.mqtt;

/**
 * What becomes of messages in flight when the server no longer has the session (Session Present 0
 * to a client that has one; MQTT 5, section 3.2.2.1.1). Messages that were never sent are no part
 * of the session: they stay queued.
 *
 * @param atLeastOnce for QoS 1 messages without PUBACK; publishing them again may duplicate, as QoS
 *     1 may
 * @param exactlyOnce for QoS 2 messages without PUBCOMP; whether the server took them cannot be
 *     known, so publishing them again may duplicate
 */
public record SessionLostPolicy(InFlight atLeastOnce, InFlight exactlyOnce) {
    private static final SessionLostPolicy DEFAULTS =
            new SessionLostPolicy(InFlight.REPUBLISH, InFlight.FAIL);

    /** The choice for a message in flight. */
    public enum InFlight {
        /** It is published again, as a new message, in its old place of the order. */
        REPUBLISH,
        /** Its stage {@code acknowledged()} fails with {@link MqttException.SessionLost}. */
        FAIL
    }

    /**
     * QoS 1 is published again; QoS 2 fails, so that the application decides.
     *
     * @return the default
     */
    public static SessionLostPolicy defaults() {
        return DEFAULTS;
    }
}
