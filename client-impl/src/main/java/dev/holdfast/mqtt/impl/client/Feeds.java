package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.session.SparseSet;
import dev.holdfast.mqtt.spi.HandlerPlan;
import dev.holdfast.mqtt.spi.SubscriberHandler;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the feeds of a client, and does what they have in common.
 *
 * <p>Not final, so that the simulation can break one rule at a time.
 */
class Feeds implements Registrations.Maker {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.delivery");

    private final Loop loop;
    private final Executor executor;
    private final Executor fallback;
    private final HandlerFailure failure;
    private final Notices notices;

    /** Those of messages that wait to be tried again; touched on the loop only. */
    private final Set<Loop.Timer> timers = new SparseSet<>();

    private volatile boolean closed;

    /**
     * Starts without feeds.
     *
     * @param fallback takes what the executor refuses
     * @param failure for handlers without a policy of their own
     */
    Feeds(
            Loop loop,
            Executor executor,
            Executor fallback,
            HandlerFailure failure,
            Notices notices) {
        this.loop = loop;
        this.executor = executor;
        this.fallback = fallback;
        this.failure = failure;
        this.notices = notices;
    }

    @Override
    public Feed feed(MessageHandler handler, Feed.Cancellation cancellation) {
        HandlerPlan plan = HandlerPlan.of(handler);
        HandlerFailure policy = plan.failure() == null ? failure : plan.failure();
        if (plan.handler() instanceof SubscriberHandler s) {
            Lane lane = lane(plan.executor());
            return new SubscriberFeed(s.subscriber(), lane, policy.outcome(), this, cancellation);
        }
        return plan.key() == null && policy.retries() == 0
                ? new SerialFeed(plan, policy.outcome(), loop, this)
                : new KeyedFeed(plan, policy, this);
    }

    /** A lane on an executor of the handler's own, or the client's. */
    Lane lane(@Nullable Executor own) {
        return new Lane(own == null ? executor : own, fallback);
    }

    /** The client is closed: what waits for its handler stays with the server or the store. */
    void close() {
        closed = true;
        loop.execute(
                () -> {
                    timers.forEach(Loop.Timer::cancel);
                    timers.clear();
                });
    }

    boolean isClosed() {
        return closed;
    }

    // ---- what feeds do

    /** Calls a handler; the stage completes when it is done with the message. */
    CompletionStage<?> call(MessageHandler handler, HandOver.Part part) {
        try {
            CompletionStage<?> stage = handler.handle(part);
            if (stage == null) {
                throw new NullPointerException("The handler returned null instead of a stage");
            }
            // Who acknowledges by hand need not wait for other handlers of the same message, and
            // has
            // not failed when nothing can be acknowledged any more.
            return part.isHandled(stage) ? part.ended() : stage;
        } catch (Throwable t) {
            // Errors too: a handler out of memory has not handled its message.
            return CompletableFuture.failedStage(t);
        } finally {
            // An interrupt that one handler leaves behind must not meet the next.
            Thread.interrupted();
        }
    }

    void ended(HandOver.Part part, @Nullable Throwable cause, ReasonCode outcomeOfFailure) {
        if (cause == null) {
            part.end(ReasonCode.SUCCESS);
        } else if (part.end(outcomeOfFailure)) {
            String end = outcomeOfFailure.isError() ? "refused" : "dropped";
            LOG.warn("A handler failed, and its message is {}: {}", end, part, cause);
            notices.tell(part.message(), listener -> listener.handlerFailed(part, cause));
        }
    }

    /** Has a message handed over again, once the delay is over. */
    void retry(HandOver.Part part, Throwable cause, Duration delay, Runnable handOver) {
        LOG.debug("A handler failed, and gets its message again in {}: {}", delay, part, cause);
        part.mayHaveBeenSeen();
        notices.tell(part.message(), listener -> listener.handlerRetries(part, cause, delay));
        loop.execute(() -> schedule(delay, handOver));
    }

    private void schedule(Duration delay, Runnable handOver) {
        if (closed) {
            return;
        }
        Loop.Timer[] self = new Loop.Timer[1];
        self[0] =
                loop.schedule(
                        () -> {
                            timers.remove(self[0]);
                            handOver.run();
                        },
                        delay.toMillis());
        timers.add(self[0]);
    }
}
