package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands over as many messages as its subscriber asks for. All signals are given on one lane, so
 * they come one at a time.
 */
final class SubscriberFeed implements Feed, Flow.Subscription {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.delivery");
    private static final int MESSAGES_PER_TASK = 64;

    private final ReasonCode outcomeOfFailure;
    private final Feeds feeds;
    private final Lane lane;
    private final Cancellation cancellation;
    private final ConcurrentLinkedQueue<HandOver.Part> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicLong demand = new AtomicLong();

    /** Whether the lane has been told to look at all that has changed. */
    private final AtomicBoolean laneKnows = new AtomicBoolean();

    private final AtomicBoolean cancelled = new AtomicBoolean();

    /** Whether nothing more will come. */
    private volatile boolean ended;

    /** Why it ends at once. */
    private volatile @Nullable Throwable error;

    /** The highest so far; touched on the loop only. */
    private long resumption;

    /** Null after its last signal; touched on the lane only. */
    private Flow.@Nullable Subscriber<? super Delivery> subscriber;

    /** Whether the subscriber has had its first signal; touched on the lane only. */
    private boolean begun;

    SubscriberFeed(
            Flow.Subscriber<? super Delivery> subscriber,
            Lane lane,
            ReasonCode outcomeOfFailure,
            Feeds feeds,
            Cancellation cancellation) {
        this.subscriber = subscriber;
        this.lane = lane;
        this.outcomeOfFailure = outcomeOfFailure;
        this.feeds = feeds;
        this.cancellation = cancellation;
    }

    // ---- from the client

    @Override
    public void begin() {
        lane.add(
                () -> {
                    if (!begun && subscriber != null) {
                        begun = true;
                        signal(s -> s.onSubscribe(this));
                        tellLane();
                    }
                });
    }

    @Override
    public void add(HandOver.Part part) {
        long latest = part.incoming().resumption();
        if (latest > resumption) {
            resumption = latest;
            waiting.removeIf(p -> p.endIfVoid(latest));
        }
        waiting.add(part);
        tellLane();
    }

    @Override
    public void end(@Nullable Throwable cause) {
        if (cause != null) {
            error = cause;
        }
        ended = true;
        tellLane();
    }

    // ---- from the subscriber

    @Override
    public void request(long n) {
        if (cancelled.get()) {
            return;
        }
        if (n <= 0) {
            error =
                    new IllegalArgumentException(
                            "request("
                                    + n
                                    + "): a subscriber must ask for at least one message"
                                    + " (Reactive Streams, rule 3.9)");
            cancel();
        } else {
            demand.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
            tellLane();
        }
    }

    @Override
    public void cancel() {
        if (cancelled.compareAndSet(false, true)) {
            cancellation.cancel(this);
            tellLane();
        }
    }

    // ---- on the lane

    private void tellLane() {
        if (!laneKnows.get() && laneKnows.compareAndSet(false, true)) {
            lane.add(this::serve);
        }
    }

    private void serve() {
        laneKnows.set(false);
        if (!begun) {
            return;
        }
        for (int i = 0; i < MESSAGES_PER_TASK; i++) {
            if (isOver() || !handOverOne()) {
                return;
            }
        }
        tellLane();
    }

    /** Whether there is nobody to hand over to any more; says goodbye where that is due. */
    private boolean isOver() {
        Throwable cause = error;
        if (cause != null) {
            last(s -> s.onError(cause));
        } else if (cancelled.get()) {
            subscriber = null;
        } else if (ended && waiting.isEmpty()) {
            last(Flow.Subscriber::onComplete);
        }
        if (subscriber == null && !feeds.isClosed()) {
            for (HandOver.Part p = waiting.poll(); p != null; p = waiting.poll()) {
                p.end(ReasonCode.SUCCESS);
            }
        }
        return subscriber == null;
    }

    private boolean handOverOne() {
        if (feeds.isClosed() || demand.get() == 0) {
            return false;
        }
        HandOver.Part next = waiting.poll();
        if (next == null) {
            return false;
        }
        demand.accumulateAndGet(1, (a, b) -> a == Long.MAX_VALUE ? a : a - b);
        Throwable failure = signal(s -> s.onNext(next));
        if (failure != null) {
            feeds.ended(next, failure, outcomeOfFailure);
        } else if (next.message().qos() == QoS.AT_MOST_ONCE) {
            next.end(ReasonCode.SUCCESS);
        }
        return true;
    }

    private interface Signal {
        void to(Flow.Subscriber<? super Delivery> subscriber);
    }

    private void last(Signal signal) {
        signal(signal);
        subscriber = null;
    }

    /** One who throws gets nothing more (Reactive Streams, rule 2.13). */
    private @Nullable Throwable signal(Signal signal) {
        if (subscriber == null) {
            return null;
        }
        try {
            signal.to(subscriber);
            return null;
        } catch (Throwable t) {
            LOG.error("A Flow.Subscriber threw, which it must not; it is cancelled", t);
            cancel();
            return t;
        } finally {
            // An interrupt that one signal leaves behind must not meet the next.
            Thread.interrupted();
        }
    }
}
