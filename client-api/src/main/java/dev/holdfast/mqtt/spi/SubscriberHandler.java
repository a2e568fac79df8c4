package dev.holdfast.mqtt.spi;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.MessageHandler;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * A subscriber in place of a handler, which gets messages as it asks for them.
 *
 * @param subscriber who asks
 */
public record SubscriberHandler(Flow.Subscriber<? super Delivery> subscriber)
        implements MessageHandler {
    /** Requires a subscriber. */
    public SubscriberHandler {
        Objects.requireNonNull(subscriber);
    }

    @Override
    public CompletionStage<?> handle(Delivery delivery) {
        throw new IllegalStateException(
                "MessageHandlers.fromSubscriber(…) must be given to the client as it is: a handler"
                        + " around it knows nothing of its demand");
    }
}
