package dev.holdfast.mqtt;

import java.util.concurrent.CompletableFuture;

/** One hand-over of a message to a handler. Its methods may be called from any thread. */
public interface Delivery {
    /**
     * The message.
     *
     * @return as received, with its full topic
     */
    Message message();

    /**
     * Names this message. At QoS 2 the number stays the same when the message is handed over again
     * after a crash or a restart, so that an application that remembers it handles each message
     * exactly once. At QoS 0 and 1 it is only unique within the client.
     *
     * @return a positive number
     */
    long id();

    /**
     * Whether the handler may have seen the message before.
     *
     * @return whether it has failed with it before, see {@link HandlerFailure}; otherwise at QoS 1
     *     the DUP flag of the server, at QoS 2 whether it comes from the store after a restart
     */
    boolean redelivered();

    /**
     * Says that the message has been dealt with. QoS 1: PUBACK is sent, in the order of arrival.
     * QoS 2: the message is removed from the store. Later calls change nothing.
     *
     * @return completes when that is done; fails with {@link MqttException.ConnectionLost} if the
     *     connection that brought a QoS 1 message is gone: the server delivers it again
     */
    default CompletableFuture<Void> acknowledge() {
        return acknowledge(Remarks.none());
    }

    /**
     * Says that the message has been dealt with, as {@link #acknowledge()}, and adds to PUBACK.
     *
     * @param remarks for the server; at QoS 0 and 2 there is no packet to carry them, as PUBREC has
     *     left before. User Properties take the place of those of {@link
     *     MqttClientBuilder#acknowledgementProperty}. If several handlers get the same message,
     *     those of the last one that gives any are sent, unless another refuses it
     * @return as {@link #acknowledge()}
     */
    CompletableFuture<Void> acknowledge(Remarks remarks);

    /**
     * Refuses the message. QoS 1: PUBACK with the reason, after which the server forgets the
     * message. QoS 2: the server has been told before that the message arrived, so it is only
     * removed from the store. Later calls change nothing.
     *
     * @param reason one of UNSPECIFIED_ERROR, IMPLEMENTATION_SPECIFIC_ERROR, NOT_AUTHORIZED,
     *     TOPIC_NAME_INVALID, QUOTA_EXCEEDED, PAYLOAD_FORMAT_INVALID
     * @return as {@link #acknowledge()}
     * @throws IllegalArgumentException for any other reason
     */
    default CompletableFuture<Void> reject(ReasonCode reason) {
        return reject(reason, Remarks.none());
    }

    /**
     * Refuses the message, as {@link #reject(ReasonCode)}, and adds to PUBACK.
     *
     * @param reason as of {@link #reject(ReasonCode)}
     * @param remarks for the server, as of {@link #acknowledge(Remarks)}. If several handlers
     *     refuse the same message, reason and remarks are those of the last one
     * @return as {@link #acknowledge()}
     * @throws IllegalArgumentException for a reason that PUBACK must not carry
     */
    CompletableFuture<Void> reject(ReasonCode reason, Remarks remarks);

    /**
     * What {@link #acknowledge()} or {@link #reject} came to. It also fails without them: when the
     * client is closed, or when the server delivers the message again on another connection.
     *
     * @return the stage that those methods return, before one of them is called
     */
    CompletableFuture<Void> handled();
}
