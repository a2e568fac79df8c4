package dev.holdfast.mqtt;

/**
 * What to do when the server resumes a session of which this client has no state: Clean Start 0,
 * Session Present 1, and an empty store. The standard has the client close the connection (MQTT 5,
 * 3.2.2-4): unfinished QoS 2 exchanges could otherwise duplicate or lose messages.
 */
public enum UnknownSession {
    /**
     * Close and fail {@code connect()}; the server keeps the session and its messages. The default.
     */
    FAIL,
    /**
     * Close and connect again with Clean Start 1; the server drops the session and its messages.
     */
    START_CLEAN,
    /**
     * Go on with it, against the letter of the standard: for clients without a store that want what
     * the server queued while they were down, and can live with a QoS 2 message handed over twice.
     */
    ACCEPT
}
