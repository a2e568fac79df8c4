package dev.holdfast.mqtt;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Function;

/**
 * Publishes the messages of a {@link Flow.Publisher}, asking for no more than a window of them at a
 * time. For one stream; a second one is cancelled at once. Which publications count in the window,
 * and when the stream is {@link #done}, is chosen by the method that makes it.
 */
public final class MessagePublisher implements Flow.Subscriber<Message> {
    private final MqttClient client;
    private final int window;
    private final Function<Publication, CompletionStage<?>> stage;
    private final CompletableFuture<Long> done = new CompletableFuture<>();

    // All below is guarded by this.

    private Flow.Subscription stream = NONE;
    private long published;
    private int open;
    private boolean complete;

    private static final Flow.Subscription NONE =
            new Flow.Subscription() {
                @Override
                public void request(long n) {}

                @Override
                public void cancel() {}
            };

    private MessagePublisher(
            MqttClient client, int window, Function<Publication, CompletionStage<?>> stage) {
        if (window < 1) {
            throw new IllegalArgumentException(
                    "A window takes at least one message, or nothing is ever asked for; not "
                            + window);
        }
        this.client = Objects.requireNonNull(client);
        this.window = window;
        this.stage = stage;
    }

    /**
     * Lets the server's acknowledgements set the pace: while there is no connection, the stream
     * waits.
     *
     * @param client publishes the messages
     * @param window how many may be unacknowledged, at least 1
     * @return a subscriber that is {@link #done} when all messages are acknowledged
     */
    public static MessagePublisher untilAcknowledged(MqttClient client, int window) {
        return new MessagePublisher(client, window, Publication::acknowledged);
    }

    /**
     * Lets the store set the pace: the stream goes on without a connection until {@link
     * StoreLimits} are reached. Messages at QoS 0, which are not stored, count as such when they
     * are sent.
     *
     * @param client publishes the messages
     * @param window how many may be on their way to the store, at least 1
     * @return a subscriber that is {@link #done} when all messages are stored
     */
    public static MessagePublisher untilStored(MqttClient client, int window) {
        return new MessagePublisher(
                client,
                window,
                p -> p.message().qos() == QoS.AT_MOST_ONCE ? p.acknowledged() : p.stored());
    }

    /**
     * The end of the stream.
     *
     * @return completes when the stream has completed and all its messages have come as far as was
     *     chosen, with their number; fails with the first error of the stream or of a publication,
     *     at which the stream is cancelled. Messages published before that stay published.
     *     Cancelling the future cancels the stream with its next message or outcome
     */
    public CompletableFuture<Long> done() {
        return done;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        Objects.requireNonNull(subscription);
        synchronized (this) {
            if (stream == NONE) {
                stream = subscription;
            } else {
                subscription.cancel();
                return;
            }
        }
        subscription.request(window);
    }

    @Override
    public void onNext(Message message) {
        Objects.requireNonNull(message);
        if (done.isDone()) {
            cancelStream();
            return;
        }
        synchronized (this) {
            published++;
            open++;
        }
        try {
            stage.apply(client.publish(message))
                    .whenComplete((outcome, failure) -> publicationEnded(failure));
        } catch (RuntimeException refused) {
            // Closed meanwhile, or not a message that can be sent.
            fail(refused);
        }
    }

    private void publicationEnded(Throwable failure) {
        if (failure != null) {
            fail(failure);
            return;
        }
        boolean all;
        Flow.Subscription next;
        synchronized (this) {
            open--;
            all = complete && open == 0;
            next = complete ? NONE : stream;
        }
        if (all) {
            done.complete(published);
        } else if (done.isDone()) {
            cancelStream();
        } else {
            next.request(1);
        }
    }

    private void fail(Throwable cause) {
        done.completeExceptionally(cause);
        cancelStream();
    }

    private void cancelStream() {
        Flow.Subscription last;
        synchronized (this) {
            last = stream;
            complete = true;
        }
        last.cancel();
    }

    @Override
    public void onError(Throwable cause) {
        Objects.requireNonNull(cause);
        synchronized (this) {
            complete = true;
        }
        done.completeExceptionally(cause);
    }

    @Override
    public void onComplete() {
        boolean all;
        synchronized (this) {
            complete = true;
            all = open == 0;
        }
        if (all) {
            done.complete(published);
        }
    }
}
