package dev.holdfast.mqtt;

import java.util.concurrent.CompletionStage;

/**
 * Takes the messages of a subscription, one after the other, on the client's callback executor. See
 * {@link MessageHandlers} for the usual forms.
 */
@FunctionalInterface
public interface MessageHandler {
    /**
     * Handles one message. The stage is the acknowledgement: when it completes, the message is
     * acknowledged to the server (QoS 1) or removed from the store (QoS 2). When it fails, or the
     * method throws, the message is refused as {@link Delivery#reject} describes and {@link
     * ClientListener#handlerFailed} is told; the subscription and the connection go on.
     *
     * @param delivery the message and what belongs to its hand-over
     * @return completes when the message has been dealt with
     * @throws Exception to refuse the message
     */
    CompletionStage<?> handle(Delivery delivery) throws Exception;
}
