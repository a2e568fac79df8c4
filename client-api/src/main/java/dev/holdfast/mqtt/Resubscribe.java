package dev.holdfast.mqtt;

/** When the declared subscriptions are sent to the server after CONNACK. */
public enum Resubscribe {
    /**
     * Those that the server's session does not have: all at Session Present 0; at Session Present 1
     * those that were declared since. The default.
     */
    WHEN_ABSENT,
    /** All at each connect; retained messages may come again. */
    ALWAYS,
    /** None; the server is expected to have them. */
    NEVER
}
