package dev.holdfast.mqtt;

/**
 * What the client does when 10,000 messages received at QoS 0, or 16 MiB of them, wait to be
 * handled. Those at QoS 1 and 2 are bounded otherwise: the server sends no more than {@link
 * MqttClientBuilder#receiveMaximum Receive Maximum} and {@link StoreLimits#incomingMessages()}
 * allow.
 */
public enum Overload {
    /**
     * Further messages at QoS 0 are dropped, counted in {@link Session#droppedMessages()} and told
     * to {@link ClientListener#dropped}. The default.
     */
    DROP_NEWEST,
    /**
     * The client reads no more from the network until half of them are handled, so that the server
     * has to wait; what is already on its way is still taken, as a rule below 2 MiB.
     *
     * <p>Acknowledgements come the same way and wait too: a handler must not wait for the outcome
     * of a publication or a subscription then. The end of a connection that is not read from shows
     * when something is sent, PINGREQ at the latest. A server may close such a connection, and drop
     * messages itself.
     */
    STOP_READING
}
