package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.spi.HandlerPlan;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/** Calls its handler with one message after the other, in the order of arrival. */
final class SerialFeed implements Feed {
    /** How many messages are handed over before other tasks of the executor get their turn. */
    private static final int MESSAGES_PER_TASK = 64;

    private final MessageHandler handler;
    private final ReasonCode outcomeOfFailure;
    private final Loop loop;
    private final Feeds feeds;
    private final Lane lane;

    /** Messages that wait for the lane, oldest first. */
    private final Mailbox<HandOver.Part> waiting = new Mailbox<>();

    /** Whether the lane has been told of all of them. */
    private final AtomicBoolean laneKnows = new AtomicBoolean();

    /** Whether that is about to happen, with all that comes meanwhile; touched on the loop only. */
    private boolean willTellLane;

    /** The highest so far; changed on the loop only. */
    private volatile long resumption;

    SerialFeed(HandlerPlan plan, ReasonCode outcomeOfFailure, Loop loop, Feeds feeds) {
        this.handler = plan.handler();
        this.outcomeOfFailure = outcomeOfFailure;
        this.loop = loop;
        this.feeds = feeds;
        this.lane = feeds.lane(plan.executor());
    }

    @Override
    public void add(HandOver.Part part) {
        long latest = part.incoming().resumption();
        if (latest > resumption) {
            resumption = latest;
            waiting.removeIf(p -> p.endIfVoid(latest));
        }
        waiting.add(part);
        if (!willTellLane) {
            willTellLane = true;
            loop.execute(this::tellOfAll);
        }
    }

    private void tellOfAll() {
        willTellLane = false;
        tellLane();
    }

    private void tellLane() {
        if (!laneKnows.get() && laneKnows.compareAndSet(false, true)) {
            lane.add(this::handOver);
        }
    }

    private void handOver() {
        laneKnows.set(false);
        for (int i = 0; i < MESSAGES_PER_TASK; i++) {
            HandOver.Part next = waiting.poll();
            if (next == null || feeds.isClosed()) {
                return;
            }
            if (next.endIfVoid(resumption)) {
                continue;
            }
            CompletionStage<?> stage = feeds.call(handler, next);
            if (stage == HandlerPlan.DONE) {
                next.end(ReasonCode.SUCCESS);
            } else {
                stage.whenComplete((done, failure) -> feeds.ended(next, failure, outcomeOfFailure));
            }
        }
        tellLane();
    }
}
