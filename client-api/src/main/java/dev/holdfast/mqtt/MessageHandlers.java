package dev.holdfast.mqtt;

import dev.holdfast.mqtt.spi.HandlerPlan;
import dev.holdfast.mqtt.spi.SubscriberHandler;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Function;

/** The usual forms of a {@link MessageHandler}; they differ in when a message counts as handled. */
public final class MessageHandlers {
    private MessageHandlers() {}

    /**
     * Handled when the method returns.
     *
     * @param consumer called for each message, one at a time; may block, which delays only this
     *     handler
     * @return a handler
     */
    public static MessageHandler forEach(Consumer<? super Message> consumer) {
        return delivery -> {
            consumer.accept(delivery.message());
            return HandlerPlan.DONE;
        };
    }

    /**
     * Lets a subscriber ask for messages, one {@code request(n)} after the other. Each is handled
     * when the subscriber, or somebody behind it, calls {@link Delivery#acknowledge()} or {@link
     * Delivery#reject}; at QoS 0 with {@code onNext}.
     *
     * <p>What is not asked for stays where it is: at QoS 1 and 2 the server sends no more than
     * {@link MqttClientBuilder#receiveMaximum Receive Maximum} and {@link
     * StoreLimits#incomingMessages()} allow; at QoS 0 {@link Overload} decides.
     *
     * <p>{@code onSubscribe} is called soon after the handler was given to the client; then one
     * signal at a time, on the callback executor. {@code onComplete} follows when the subscription
     * has ended by {@link MqttClient#unsubscribe} and what had come is handed over, or another
     * handler has taken this one's place; {@code onError} when the server refused the subscription
     * or the client was closed. {@code cancel()} unsubscribes; what has come and was not asked for
     * is acknowledged then, as what comes late for any subscription that has ended. A subscriber
     * that throws is cancelled, and the {@link HandlerFailure} applies to its message.
     *
     * @param subscriber who asks; for one handler
     * @return a handler, to be given to the client as it is
     */
    public static MessageHandler fromSubscriber(Flow.Subscriber<? super Delivery> subscriber) {
        return new SubscriberHandler(subscriber);
    }

    /**
     * Handled when the stage completes; the next message is handed over without waiting for it.
     *
     * @param function starts the work on a message
     * @return a handler
     */
    public static MessageHandler async(
            Function<? super Message, ? extends CompletionStage<?>> function) {
        return delivery -> function.apply(delivery.message());
    }

    /**
     * Handled when the application calls {@link Delivery#acknowledge()} or {@link Delivery#reject},
     * from any thread, in any order; at QoS 0 too, where what is not acknowledged counts against
     * the bound that {@link Overload} names. If the consumer throws, {@link HandlerFailure}
     * applies. Where a handler gets its next message only after the one before, it is that call
     * which counts, not what comes of it.
     *
     * @param consumer receives each message
     * @return a handler
     */
    public static MessageHandler manual(Consumer<? super Delivery> consumer) {
        return delivery -> {
            consumer.accept(delivery);
            return delivery.handled();
        };
    }
}
