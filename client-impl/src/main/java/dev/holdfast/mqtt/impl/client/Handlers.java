package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.session.Incoming;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings received messages to the handlers whose subscriptions match, and keeps those that nobody
 * wants yet.
 */
final class Handlers {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.delivery");

    /** QoS 0 messages have no quota that would bound them while their handlers are slow. */
    private static final int MOST_WAITING_AT_QOS_0 = 10_000;

    private static final long MOST_BYTES_WAITING_AT_QOS_0 = 16L << 20;
    private static final int MOST_ENDED = 1_024;

    /** How many messages are handed over before the lane's other tasks get their turn. */
    private static final int MESSAGES_PER_TASK = 64;

    /** What the listener is told of single messages, and has not taken yet. */
    private static final int MOST_NOTICES_WAITING = 1_000;

    private static final long MOST_BYTES_OF_NOTICES_WAITING = 4L << 20;

    /** One handler for one Topic Filter; each is itself and no other. */
    static final class Registration {
        private final String topicFilter;
        private final TopicFilter matcher;
        private final MessageHandler handler;

        private Registration(String topicFilter, TopicFilter matcher, MessageHandler handler) {
            this.topicFilter = topicFilter;
            this.matcher = matcher;
            this.handler = handler;
        }
    }

    private final List<Registration> registrations = new CopyOnWriteArrayList<>();
    private final Lane lane;
    private final ClientListener listener;
    private final Lane completions;
    private final HandOver.Settlement settlement;

    /** Messages that wait for the lane, oldest first. */
    private final ConcurrentLinkedQueue<Incoming> arrived = new ConcurrentLinkedQueue<>();

    /** Whether the lane has been told of all of them. */
    private final AtomicBoolean laneKnows = new AtomicBoolean();

    private final AtomicLong waitingAtQos0 = new AtomicLong();
    private final AtomicLong bytesWaitingAtQos0 = new AtomicLong();

    private final AtomicInteger noticesWaiting = new AtomicInteger();
    private final AtomicLong bytesOfNoticesWaiting = new AtomicLong();

    /** Touched on the loop only. */
    private long dropped;

    /** The highest {@link Incoming#resumption} so far; touched on the loop only. */
    private long resumption;

    /** Messages at QoS 1 and 2 that no handler matched, oldest first; touched on the lane only. */
    private final ArrayDeque<Incoming> unclaimed = new ArrayDeque<>();

    /**
     * The last Topic Filters that were unsubscribed, oldest first; touched on the lane only. A
     * server may still send what it had buffered for them, and the acknowledgements of other
     * messages must not wait behind those.
     */
    private final Map<String, TopicFilter> ended = new LinkedHashMap<>();

    private volatile boolean closed;

    Handlers(Lane lane, Lane completions, ClientListener listener, HandOver.Settlement settlement) {
        this.lane = lane;
        this.completions = completions;
        this.listener = listener;
        this.settlement = settlement;
    }

    // ---- registrations

    /** A second registration for the same Topic Filter replaces the first. */
    Registration register(String topicFilter, MessageHandler handler) {
        Registration registration =
                new Registration(topicFilter, new TopicFilter(topicFilter), handler);
        synchronized (registrations) {
            // In one step, or a message in between would find nobody.
            Registration before = find(topicFilter);
            if (before == null) {
                registrations.add(registration);
            } else {
                registrations.set(registrations.indexOf(before), registration);
            }
        }
        lane.add(
                () -> {
                    ended.remove(topicFilter);
                    offerUnclaimed();
                });
        return registration;
    }

    @Nullable Registration find(String topicFilter) {
        for (Registration r : registrations) {
            if (r.topicFilter.equals(topicFilter)) {
                return r;
            }
        }
        return null;
    }

    /** Takes a handler back, unless another has come in its place; tells whether it did. */
    boolean unregister(Registration registration) {
        synchronized (registrations) {
            return registrations.remove(registration);
        }
    }

    /** The server has ended the subscription of a handler. */
    void end(Registration registration) {
        if (unregister(registration)) {
            lane.add(() -> rememberEnded(registration));
        }
    }

    private void rememberEnded(Registration registration) {
        if (find(registration.topicFilter) != null) {
            return;
        }
        ended.put(registration.topicFilter, registration.matcher);
        if (ended.size() > MOST_ENDED) {
            ended.remove(ended.keySet().iterator().next());
        }
        // Those that came before the lane knew.
        unclaimed.removeIf(this::isEnded);
    }

    /** The client is closed: what waits for its handler stays with the server or the store. */
    void close() {
        closed = true;
    }

    // ---- messages

    /** Takes a message from the core; called on the loop. */
    void deliver(Incoming incoming) {
        if (incoming.message().qos() == QoS.AT_MOST_ONCE && !takesQos0(incoming.message())) {
            long total = ++dropped;
            notice(incoming.message(), () -> listener.dropped(incoming.message(), total));
            return;
        }
        if (incoming.resumption() > resumption) {
            resumption = incoming.resumption();
            forgetVoid(resumption);
        }
        arrived.add(incoming);
        tellLane();
    }

    /**
     * What the server delivers again can no longer be acknowledged in its old copy, and such copies
     * must not pile up while handlers hang and connections come and go.
     */
    private void forgetVoid(long resumption) {
        arrived.removeIf(i -> isVoid(i, resumption));
        lane.add(() -> unclaimed.removeIf(i -> isVoid(i, resumption)));
    }

    private static boolean isVoid(Incoming incoming, long resumption) {
        return incoming.message().qos() == QoS.AT_LEAST_ONCE && incoming.resumption() < resumption;
    }

    private void tellLane() {
        if (!laneKnows.get() && laneKnows.compareAndSet(false, true)) {
            lane.add(this::handOverArrived);
        }
    }

    private void handOverArrived() {
        laneKnows.set(false);
        for (int i = 0; i < MESSAGES_PER_TASK; i++) {
            Incoming next = arrived.poll();
            if (next == null) {
                return;
            }
            handOver(next);
        }
        tellLane();
    }

    /** Tells the listener of a message, unless it is so slow that this would fill the memory. */
    private void notice(Message message, Runnable call) {
        if (noticesWaiting.get() >= MOST_NOTICES_WAITING
                || bytesOfNoticesWaiting.get() >= MOST_BYTES_OF_NOTICES_WAITING) {
            return;
        }
        long bytes = OutgoingMessage.sizeOf(message);
        noticesWaiting.incrementAndGet();
        bytesOfNoticesWaiting.addAndGet(bytes);
        completions.add(
                () -> {
                    noticesWaiting.decrementAndGet();
                    bytesOfNoticesWaiting.addAndGet(-bytes);
                    call.run();
                });
    }

    private boolean takesQos0(Message message) {
        if (waitingAtQos0.get() >= MOST_WAITING_AT_QOS_0
                || bytesWaitingAtQos0.get() >= MOST_BYTES_WAITING_AT_QOS_0) {
            return false;
        }
        waitingAtQos0.incrementAndGet();
        bytesWaitingAtQos0.addAndGet(OutgoingMessage.sizeOf(message));
        return true;
    }

    private void handOver(Incoming incoming) {
        if (closed) {
            return;
        }
        if (incoming.message().qos() == QoS.AT_MOST_ONCE) {
            waitingAtQos0.decrementAndGet();
            bytesWaitingAtQos0.addAndGet(-OutgoingMessage.sizeOf(incoming.message()));
        }
        if (!offer(incoming) && !isEnded(incoming)) {
            if (incoming.message().qos() != QoS.AT_MOST_ONCE) {
                unclaimed.add(incoming);
            }
            LOG.debug("No subscription has a handler for {}", incoming.message());
            notice(incoming.message(), () -> listener.unclaimed(incoming.message()));
        }
    }

    private void offerUnclaimed() {
        for (Iterator<Incoming> i = unclaimed.iterator(); i.hasNext(); ) {
            if (offer(i.next())) {
                i.remove();
            }
        }
    }

    /** Whether the message comes late for a subscription that has ended; then it is done with. */
    private boolean isEnded(Incoming incoming) {
        for (TopicFilter filter : ended.values()) {
            if (filter.matches(incoming.message().topic())) {
                LOG.debug("The subscription has ended that {} comes for", incoming.message());
                settlement.settle(new HandOver(incoming, 0, settlement), ReasonCode.SUCCESS);
                return true;
            }
        }
        return false;
    }

    private boolean offer(Incoming incoming) {
        List<MessageHandler> takers = new ArrayList<>(1);
        for (Registration r : registrations) {
            if (r.matcher.matches(incoming.message().topic())) {
                takers.add(r.handler);
            }
        }
        if (takers.isEmpty()) {
            return false;
        }
        HandOver handOver = new HandOver(incoming, takers.size(), settlement);
        for (MessageHandler taker : takers) {
            call(taker, handOver.part());
        }
        return true;
    }

    private void call(MessageHandler handler, HandOver.Part part) {
        try {
            CompletionStage<?> stage = handler.handle(part);
            if (stage == null) {
                throw new NullPointerException("The handler returned null instead of a stage");
            }
            stage.whenComplete((done, failure) -> ended(part, failure));
        } catch (Throwable t) {
            // Errors too: a handler out of memory has not handled its message.
            failed(part, t);
        }
        // An interrupt that one handler leaves behind must not meet the next.
        Thread.interrupted();
    }

    private void ended(HandOver.Part part, @Nullable Throwable failure) {
        if (failure == null) {
            part.end(ReasonCode.SUCCESS);
        } else {
            failed(part, failure);
        }
    }

    private void failed(HandOver.Part part, Throwable cause) {
        if (part.end(ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR)) {
            LOG.warn("A handler failed, and its message is refused: {}", part, cause);
            notice(part.message(), () -> listener.handlerFailed(part, cause));
        }
    }
}
