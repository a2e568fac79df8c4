package dev.holdfast.mqtt.spi;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A handler with what {@link MessageHandler} lets one say about how it is called.
 *
 * @param handler what is called; no plan itself
 * @param key null for one message after the other
 * @param parallel how many messages may be in progress, where there is a key
 * @param executor null for the client's
 * @param failure null for the client's
 */
public record HandlerPlan(
        MessageHandler handler,
        @Nullable Function<? super Message, ?> key,
        int parallel,
        @Nullable Executor executor,
        @Nullable HandlerFailure failure)
        implements MessageHandler {

    /** What handlers return that are done with the message by then; told apart at a glance. */
    public static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

    /**
     * Checks that the parts go together.
     *
     * @throws IllegalArgumentException if they do not
     */
    public HandlerPlan {
        Objects.requireNonNull(handler);
        if (parallel < 1 || parallel > 65_535) {
            throw new IllegalArgumentException(
                    "1 to 65,535 messages may be in progress at a time, not " + parallel);
        }
        if (handler instanceof SubscriberHandler && key != null) {
            throw new IllegalArgumentException(
                    "A Flow.Subscriber gets one message after the other: leave out parallelBy(…)");
        }
        if (handler instanceof SubscriberHandler && failure != null && failure.retries() > 0) {
            throw new IllegalArgumentException(
                    "A Flow.Subscriber that throws is cancelled, so nothing can be handed over to it"
                            + " again: leave out retry(…)");
        }
    }

    /**
     * The plan of a handler.
     *
     * @param handler a plan already, or a plain handler
     * @return a plan that says nothing yet, for a plain one
     */
    public static HandlerPlan of(MessageHandler handler) {
        return handler instanceof HandlerPlan plan
                ? plan
                : new HandlerPlan(handler, null, 1, null, null);
    }

    @Override
    public CompletionStage<?> handle(Delivery delivery) throws Exception {
        return handler.handle(delivery);
    }

    @Override
    public HandlerPlan parallelBy(Function<? super Message, ?> key, int most) {
        return new HandlerPlan(handler, Objects.requireNonNull(key), most, executor, failure);
    }

    @Override
    public HandlerPlan on(Executor executor) {
        return new HandlerPlan(handler, key, parallel, Objects.requireNonNull(executor), failure);
    }

    @Override
    public HandlerPlan onFailure(HandlerFailure policy) {
        return new HandlerPlan(handler, key, parallel, executor, Objects.requireNonNull(policy));
    }
}
