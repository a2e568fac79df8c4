package dev.holdfast.mqtt;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;

/** The usual forms of a {@link MessageHandler}; they differ in when a message counts as handled. */
public final class MessageHandlers {
    private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

    private MessageHandlers() {}

    /**
     * Handled when the method returns.
     *
     * @param consumer called for each message, one at a time; may block, which delays only this
     *     client's handlers
     * @return a handler
     */
    public static MessageHandler forEach(Consumer<? super Message> consumer) {
        return delivery -> {
            consumer.accept(delivery.message());
            return DONE;
        };
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
     * from any thread, in any order. If the consumer throws, the message is refused.
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
