package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.client.Registrations.Registration;
import dev.holdfast.mqtt.impl.session.Incoming;
import dev.holdfast.mqtt.impl.session.SparseMap;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the handlers whose subscriptions match a received message, and keeps the messages that
 * nobody wants yet. How the handlers get theirs is the matter of their {@link Feed}.
 */
final class Handlers {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.delivery");
    private static final int MOST_ENDED = 1_024;

    /** Until a message is handed over: most of many clients only wait for one. */
    private static final Map<Incoming, HandOver> NONE = Collections.emptyMap();

    private static final Collection<Incoming> NONE_UNCLAIMED = Collections.emptyList();

    private final Registrations registrations;
    private final Loop loop;
    private final Feeds feeds;
    private final Notices notices;
    private final Lane completions;
    private final HandOver.Settlement core;
    private final Qos0Limit qos0;

    private final HandOver.Settlement settlement =
            new HandOver.Settlement() {
                @Override
                public void settle(HandOver handOver, ReasonCode outcome) {
                    Handlers.this.settle(handOver, outcome);
                }

                @Override
                public void awaited(HandOver handOver) {
                    if (isAtMostOnce(handOver.incoming())) {
                        loop.execute(() -> remember(handOver));
                    }
                }
            };

    /**
     * The value of {@link Registrations#latest} up to which {@link #unclaimed} has been offered to
     * all.
     */
    private int offered;

    /** The highest {@link Incoming#resumption} so far; touched on the loop only. */
    private long resumption;

    /** Messages at QoS 1 and 2 that no handler matched, oldest first; touched on the loop only. */
    private Collection<Incoming> unclaimed = NONE_UNCLAIMED;

    /**
     * Messages handed over whose handlers can still learn what became of them; touched on the loop
     * only. At QoS 0 only those whose handlers wait for that. Bounded as what the core holds of
     * them is, and by {@link #qos0}.
     */
    private Map<Incoming, HandOver> open = NONE;

    /** Why nothing will become of messages any more; touched on the loop only. */
    private @Nullable MqttException over;

    /**
     * The last Topic Filters that were unsubscribed, oldest first; touched on the loop only. A
     * server may still send what it had buffered for them, and the acknowledgements of other
     * messages must not wait behind those.
     */
    private final Map<String, TopicFilter> ended = new SparseMap<>();

    /**
     * Handlers whose subscriptions the server was asked to end, also by calls that have waited too
     * long, by Topic Filter; touched on the loop only.
     */
    private final Map<String, Registration> ending = new SparseMap<>();

    Handlers(
            Loop loop,
            Feeds feeds,
            Notices notices,
            Lane completions,
            Qos0Limit qos0,
            HandOver.Settlement core,
            Registrations.Unsubscriber unsubscriber) {
        this.loop = loop;
        this.feeds = feeds;
        registrations = new Registrations(feeds, unsubscriber);
        this.notices = notices;
        this.completions = completions;
        this.qos0 = qos0;
        this.core = core;
    }

    // ---- registrations

    /**
     * Registers a handler; it replaces those that its Topic Filters have. A handler with several
     * Topic Filters gets the messages of all of them in their order. {@link #begin} must follow.
     */
    List<Registration> register(List<String> topicFilters, MessageHandler handler) {
        return register(topicFilters, handler, registered -> {});
    }

    /**
     * As {@link #register(List, MessageHandler)}.
     *
     * @param sameStep brings the subscriptions to the core in the order of their handlers; see
     *     {@link Registrations#register}
     */
    List<Registration> register(
            List<String> topicFilters,
            MessageHandler handler,
            Consumer<List<Registration>> sameStep) {
        List<Registration> registered = registrations.register(topicFilters, handler, sameStep);
        loop.execute(
                () -> {
                    topicFilters.forEach(ended::remove);
                    // Those it has replaced have ended; another call may have come for it already.
                    topicFilters.forEach(
                            f -> ending.computeIfPresent(f, (k, r) -> find(k) == r ? r : null));
                    offerUnclaimed();
                });
        return registered;
    }

    /** The subscriptions are on their way, and can be ended from now on. */
    void begin(List<Registration> registered) {
        registrations.begin(registered);
    }

    void beginAll() {
        registrations.beginAll();
    }

    @Nullable Registration find(String topicFilter) {
        return registrations.find(topicFilter);
    }

    /** As {@link Registrations#find(List, Consumer)}. */
    void find(List<String> topicFilters, Consumer<List<@Nullable Registration>> sameStep) {
        registrations.find(topicFilters, sameStep);
    }

    /** The server has refused the subscription of a handler, unless another has come since. */
    void refuse(Registration registration, Throwable cause) {
        registrations.unregister(registration, cause);
    }

    /** The server is asked to end the subscription of a handler; called on the loop. */
    void isEnding(String topicFilter, @Nullable Registration registration) {
        if (registration == null) {
            ending.remove(topicFilter);
        } else {
            ending.put(topicFilter, registration);
        }
    }

    /** The server has ended a subscription, and no call waits for that; called on the loop. */
    void endLate(String topicFilter) {
        end(topicFilter, ending.get(topicFilter));
    }

    /**
     * The server has ended a subscription. One of an earlier run may have no handler here, and yet
     * messages on their way.
     *
     * @param registration of its handler when that was asked for
     */
    void end(String topicFilter, @Nullable Registration registration) {
        if (registration != null) {
            registrations.unregister(registration, null);
        }
        loop.execute(
                () -> {
                    ending.remove(topicFilter, registration);
                    rememberEnded(topicFilter);
                });
    }

    private void rememberEnded(String topicFilter) {
        if (find(topicFilter) != null) {
            return;
        }
        ended.put(topicFilter, new TopicFilter(topicFilter));
        if (ended.size() > MOST_ENDED) {
            ended.remove(ended.keySet().iterator().next());
        }
        // Those that came before this was known.
        unclaimed.removeIf(this::isEnded);
    }

    /** The client is closed: what waits for its handler stays with the server or the store. */
    void close(Throwable cause) {
        feeds.close();
        fail(cause);
    }

    /** No message will come any more. */
    void fail(Throwable cause) {
        registrations.endAll(cause);
    }

    /** How many messages were dropped since the start. */
    long dropped() {
        return qos0.dropped();
    }

    // ---- messages

    /** Takes a message from the core; called on the loop. */
    void deliver(Incoming incoming) {
        if (isAtMostOnce(incoming) && !qos0.takes(incoming.message())) {
            long total = qos0.countDropped();
            notices.tell(incoming.message(), l -> l.dropped(incoming.message(), total));
            return;
        }
        if (incoming.resumption() > resumption) {
            resumption = incoming.resumption();
            // They must not pile up while connections come and go.
            unclaimed.removeIf(i -> HandOver.isVoid(i, resumption));
            open.values().removeIf(this::endIfVoid);
        }
        if (!offerInTurn(incoming) && !isEnded(incoming)) {
            keep(incoming);
        }
    }

    /** Nobody will ever tell what becomes of it, if its handler does not. */
    private boolean endIfVoid(HandOver handOver) {
        boolean over = HandOver.isVoid(handOver.incoming(), resumption);
        if (over) {
            tell(handOver, HandOver.noMoreToAcknowledge());
        }
        return over;
    }

    /** Not before those that wait, also if their handler is registered at this moment. */
    private boolean offerInTurn(Incoming incoming) {
        if (unclaimed.isEmpty()) {
            return offer(incoming, registrations.takers(incoming));
        }
        while (true) {
            List<Feed> takers = null;
            synchronized (registrations) {
                if (offered == registrations.latest()) {
                    takers = registrations.takers(incoming);
                }
            }
            if (takers != null) {
                return offer(incoming, takers);
            }
            offerUnclaimed();
        }
    }

    /** The core has refused a message. */
    void payloadInvalid(Message message) {
        LOG.warn("The payload claims to be UTF-8, and is not: {} is refused", message);
        notices.tell(message, listener -> listener.payloadInvalid(message));
    }

    private void keep(Incoming incoming) {
        if (isAtMostOnce(incoming)) {
            qos0.handled(incoming.message());
        } else {
            if (unclaimed == NONE_UNCLAIMED) {
                unclaimed = new ArrayDeque<>(1);
            }
            unclaimed.add(incoming);
        }
        LOG.debug("No subscription has a handler for {}", incoming.message());
        notices.tell(incoming.message(), l -> l.unclaimed(incoming.message()));
    }

    private void offerUnclaimed() {
        offered = registrations.latest();
        for (Iterator<Incoming> i = unclaimed.iterator(); i.hasNext(); ) {
            Incoming next = i.next();
            if (offer(next, registrations.takers(next))) {
                i.remove();
            }
        }
    }

    /** Whether the message comes late for a subscription that has ended; then it is done with. */
    private boolean isEnded(Incoming incoming) {
        Message message = incoming.message();
        boolean named = false;
        boolean late = false;
        for (String filter : incoming.topicFilters()) {
            if (TopicFilter.matches(filter, message.topic())) {
                named = true;
                late = ended.containsKey(filter);
                if (!late) {
                    break;
                }
            }
        }
        if (!named) {
            late = ended.values().stream().anyMatch(f -> f.matches(message.topic()));
        }
        if (late) {
            LOG.debug("The subscription has ended that {} comes for", message);
            settle(new HandOver(incoming, 0, settlement), ReasonCode.SUCCESS);
        }
        return late;
    }

    private boolean offer(Incoming incoming, List<Feed> takers) {
        if (takers.isEmpty()) {
            return false;
        }
        HandOver handOver = new HandOver(incoming, takers.size(), settlement);
        if (!isAtMostOnce(incoming)) {
            remember(incoming, handOver);
        }
        for (Feed taker : takers) {
            taker.add(handOver.part());
        }
        return true;
    }

    private void remember(HandOver handOver) {
        if (over != null) {
            tell(handOver, over);
        } else if (!handOver.isEnded()) { // otherwise settling it is due, or done
            remember(handOver.incoming(), handOver);
        }
    }

    @SuppressWarnings("IdentityHashMapUsage") // each Incoming is itself and no other in any map
    private void remember(Incoming incoming, HandOver handOver) {
        if (open == NONE) {
            open = new IdentityHashMap<>(1);
        }
        open.put(incoming, handOver);
    }

    /** The core is done with a message; called on the loop. */
    void settled(Incoming incoming, @Nullable MqttException cause) {
        HandOver handOver = open.remove(incoming);
        if (handOver != null) {
            tell(handOver, cause);
        }
    }

    private void tell(HandOver handOver, @Nullable MqttException cause) {
        if (!handOver.settledUnawaited(cause)) {
            completions.add(() -> handOver.settled(cause));
        }
    }

    /** Nothing will become of what is handed over; called on the loop. */
    void failOpen(MqttException cause) {
        over = cause;
        open.values().forEach(h -> tell(h, cause));
        open.clear();
    }

    /** All handlers of a message are done with it; from any thread. */
    private void settle(HandOver handOver, ReasonCode outcome) {
        Incoming incoming = handOver.incoming();
        if (!isAtMostOnce(incoming)) {
            core.settle(handOver, outcome);
            return;
        }
        // No answer goes to the server, so the core need not know.
        qos0.handled(incoming.message());
        if (!handOver.settledUnawaited(null)) {
            loop.execute(
                    () -> {
                        open.remove(incoming);
                        tell(handOver, null);
                    });
        }
    }

    private static boolean isAtMostOnce(Incoming incoming) {
        return incoming.message().qos() == QoS.AT_MOST_ONCE;
    }
}
