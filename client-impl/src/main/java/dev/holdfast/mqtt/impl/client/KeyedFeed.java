package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.spi.HandlerPlan;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Calls its handler with messages of one key one after the other, each when the one before is done
 * with, and with those of different keys in parallel. A message that is to be tried again holds
 * back those of its key, but no lane.
 */
final class KeyedFeed implements Feed {
    private static final int MESSAGES_PER_TASK = 64;

    /** The messages of one key, in the order of arrival. */
    private static final class Line {
        private final @Nullable Object key;
        private final ArrayDeque<HandOver.Part> behind = new ArrayDeque<>(1);

        /** Whose turn it is; null only while the line is being made. */
        private HandOver.@Nullable Part first;

        /** How often the handler has failed with the first. */
        private int failures;

        Line(@Nullable Object key) {
            this.key = key;
        }
    }

    /** A line that is to be served next, by this lane. */
    private record Turn(Line line, Lane lane, HandOver.Part part) {}

    private final HandlerPlan plan;
    private final HandlerFailure policy;
    private final Feeds feeds;

    /** Where keys are found, which is for code of the application. */
    private final Lane sorter;

    /** Messages whose keys are not known yet, oldest first. */
    private final ConcurrentLinkedQueue<HandOver.Part> unsorted = new ConcurrentLinkedQueue<>();

    /** Whether the sorter has been told of all of them. */
    private final AtomicBoolean sorterKnows = new AtomicBoolean();

    // All below is guarded by this.

    /** Those with a message waiting or in progress, and no others. */
    private final Map<@Nullable Object, Line> lines = new HashMap<>();

    /** Those with a message that waits for a lane only. */
    private final ArrayDeque<Line> ready = new ArrayDeque<>(1);

    private final ArrayDeque<Lane> idle = new ArrayDeque<>(1);
    private int lanes;

    /** The highest so far. */
    private long resumption;

    KeyedFeed(HandlerPlan plan, HandlerFailure policy, Feeds feeds) {
        this.plan = plan;
        this.policy = policy;
        this.feeds = feeds;
        this.sorter = feeds.lane(plan.executor());
    }

    // ---- into lines

    @Override
    public void add(HandOver.Part part) {
        forgetVoid(part.incoming().resumption());
        if (plan.key() == null) {
            queue(null, part);
            serve();
        } else {
            unsorted.add(part);
            tellSorter();
        }
    }

    private void forgetVoid(long latest) {
        synchronized (this) {
            if (latest <= resumption) {
                return;
            }
            resumption = latest;
            lines.values().forEach(l -> l.behind.removeIf(p -> p.endIfVoid(latest)));
        }
        unsorted.removeIf(p -> p.endIfVoid(latest));
    }

    private void tellSorter() {
        if (!sorterKnows.get() && sorterKnows.compareAndSet(false, true)) {
            sorter.add(this::sort);
        }
    }

    private void sort() {
        sorterKnows.set(false);
        for (int i = 0; i < MESSAGES_PER_TASK; i++) {
            HandOver.Part next = unsorted.poll();
            if (next == null || feeds.isClosed()) {
                return;
            }
            sort(next);
        }
        tellSorter();
    }

    private void sort(HandOver.Part part) {
        try {
            queue(plan.key() == null ? null : plan.key().apply(part.message()), part);
        } catch (Throwable t) {
            // Without a key there is no place where it could wait to be tried again.
            feeds.ended(part, t, policy.outcome());
        }
        serve();
    }

    private synchronized void queue(@Nullable Object key, HandOver.Part part) {
        Line line = lines.computeIfAbsent(key, Line::new);
        if (line.first != null) {
            line.behind.add(part);
        } else {
            line.first = part;
            ready.add(line);
        }
    }

    // ---- out of them

    private void serve() {
        for (Turn t = nextTurn(); t != null; t = nextTurn()) {
            Turn turn = t;
            turn.lane.add(() -> take(turn));
        }
    }

    private synchronized @Nullable Turn nextTurn() {
        while (!ready.isEmpty() && (!idle.isEmpty() || lanes < plan.parallel())) {
            Line line = ready.remove();
            while (line.first != null && isOver(line.first)) {
                advance(line);
            }
            if (line.first == null) {
                lines.remove(line.key);
            } else {
                return new Turn(line, takeLane(), line.first);
            }
        }
        return null;
    }

    /** Also what is acknowledged while it waits to be tried again needs no other try. */
    private boolean isOver(HandOver.Part part) {
        return part.isDone() || part.endIfVoid(resumption);
    }

    private Lane takeLane() {
        if (!idle.isEmpty()) {
            return idle.pop();
        }
        lanes++;
        return feeds.lane(plan.executor());
    }

    private static void advance(Line line) {
        line.first = line.behind.poll();
        line.failures = 0;
    }

    private void take(Turn turn) {
        if (feeds.isClosed()) {
            return;
        }
        if (turn.part.isDone()) {
            // It was acknowledged while this waited for the executor.
            leave(turn);
            serve();
            return;
        }
        feeds.call(plan.handler(), turn.part).whenComplete((done, failure) -> ended(turn, failure));
    }

    private void ended(Turn turn, @Nullable Throwable failure) {
        if (failure != null && turn.line.failures < policy.retries() && !turn.part.isDone()) {
            tryAgain(turn, failure);
        } else {
            feeds.ended(turn.part, failure, policy.outcome());
            leave(turn);
        }
        serve();
    }

    private synchronized void leave(Turn turn) {
        idle.push(turn.lane);
        advance(turn.line);
        if (turn.line.first == null) {
            lines.remove(turn.line.key);
        } else {
            ready.add(turn.line);
        }
    }

    private void tryAgain(Turn turn, Throwable failure) {
        int retry;
        synchronized (this) {
            retry = ++turn.line.failures;
            idle.push(turn.lane);
        }
        feeds.retry(turn.part, failure, policy.delay(retry), () -> comeBack(turn.line));
    }

    private void comeBack(Line line) {
        synchronized (this) {
            ready.addFirst(line);
        }
        serve();
    }
}
