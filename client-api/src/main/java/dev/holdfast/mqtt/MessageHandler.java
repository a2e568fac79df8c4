package dev.holdfast.mqtt;

import dev.holdfast.mqtt.spi.HandlerPlan;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;

/**
 * Takes the messages of a subscription, one after the other in the order of arrival, on the
 * client's callback executor. Handlers of different subscriptions do not wait for each other; one
 * that is given to several subscriptions gets all their messages one at a time. See {@link
 * MessageHandlers} for the usual forms.
 */
@FunctionalInterface
public interface MessageHandler {
    /**
     * Handles one message. The stage is the acknowledgement: when it completes, the message is
     * acknowledged to the server (QoS 1) or removed from the store (QoS 2). When it fails, or the
     * method throws, a {@link HandlerFailure} says what becomes of the message, and {@link
     * ClientListener#handlerFailed} is told; the subscription and the connection go on.
     *
     * @param delivery the message and what belongs to its hand-over
     * @return completes when the message has been dealt with
     * @throws Exception to say that the message could not be handled
     */
    CompletionStage<?> handle(Delivery delivery) throws Exception;

    /**
     * The same handler, called by several threads at once: messages with the same key are handled
     * one after the other, those with different keys in parallel. A message is in progress until
     * its stage completes. Acknowledgements leave in the order that MQTT asks for all the same, so
     * a message that takes long holds back those of its successors at QoS 1.
     *
     * @param key finds the key of a message, as {@link Message#topic} does; called on the callback
     *     executor
     * @param most how many messages may be in progress at a time, 1 to 65,535
     * @return a new handler, to be given to the client as it is
     */
    default MessageHandler parallelBy(Function<? super Message, ?> key, int most) {
        return HandlerPlan.of(this).parallelBy(key, most);
    }

    /**
     * The same handler, called on another executor than the client's. One with a virtual thread for
     * each task will do.
     *
     * @param executor must not run tasks in the calling thread; what it refuses runs on the shared
     *     threads
     * @return a new handler, to be given to the client as it is
     */
    default MessageHandler on(Executor executor) {
        return HandlerPlan.of(this).on(executor);
    }

    /**
     * The same handler with another policy for messages that it fails to handle than the
     * {@linkplain MqttClientBuilder#onHandlerFailure client's}.
     *
     * @param policy what becomes of them
     * @return a new handler, to be given to the client as it is
     */
    default MessageHandler onFailure(HandlerFailure policy) {
        return HandlerPlan.of(this).onFailure(policy);
    }
}
