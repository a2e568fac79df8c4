package dev.holdfast.mqtt.samples.brokers;

/**
 * How a broker is known to differ from the others, or from the standard. The contract asserts that
 * each difference is still there, so that it is noticed when a newer version has lost it.
 */
public enum Difference {
    /**
     * A resumed session brings an unacknowledged QoS 2 PUBLISH under a new Packet Identifier and
     * with DUP 0, against section 4.4. Such a message may be received twice by a client that
     * crashed.
     */
    REDELIVERS_UNDER_NEW_IDENTIFIER,

    /** DISCONNECT with will (0x04) publishes no will, against section 3.14.2.1. */
    NO_WILL_AT_DISCONNECT,

    /**
     * May take a connection for lost that the client closes at once after DISCONNECT, as it must:
     * then what DISCONNECT says of will and session goes unheard. Chance, and so not asserted.
     */
    MAY_MISS_DISCONNECT,

    /**
     * Sends some messages of a burst in another order than they came in, against section 4.6.
     * Chance, and so not asserted.
     */
    MAY_REORDER,

    /** Closes the connection of a session that is taken over without DISCONNECT 0x8E (3.1.4). */
    SILENT_TAKE_OVER,

    /** Keeps QoS 0 messages for an absent subscriber, which section 4.1 leaves to the server. */
    KEEPS_QOS_0,

    /** Holds back the messages behind an unacknowledged one, though Receive Maximum has room. */
    WAITS_FOR_OLDEST_ACKNOWLEDGEMENT,

    /**
     * Sends one message more than the client's Receive Maximum after two were acknowledged at once,
     * against section 3.3.4. The client answers with DISCONNECT 0x93.
     */
    EXCEEDS_RECEIVE_MAXIMUM,

    /**
     * Sends one copy for each of several subscriptions that match, and all Subscription Identifiers
     * with each of them, against section 3.3.4: handlers of overlapping subscriptions get a message
     * more than once.
     */
    ALL_IDENTIFIERS_WITH_EACH_COPY,

    /** Announces neither Maximum QoS nor Receive Maximum, whatever its settings. */
    LIMITS_ARE_FIXED,

    /** As it is run here, in memory, it forgets all sessions when it is restarted. */
    FORGETS_SESSIONS_AT_RESTART,

    /**
     * Forgets the session of a client without subscriptions when it is restarted, against section
     * 4.1: such a publisher is told Session Present 0, and what it had in flight is in doubt.
     */
    FORGETS_PUBLISHERS_AT_RESTART
}
