package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.session.Incoming;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
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

    /** One handler for one Topic Filter; each is itself and no other. */
    static final class Registration {
        private final String topicFilter;
        private final TopicFilter matcher;
        private final MessageHandler handler;

        /** Shared by the registrations of one handler. */
        private final Feed feed;

        private Registration(
                String topicFilter, TopicFilter matcher, MessageHandler handler, Feed feed) {
            this.topicFilter = topicFilter;
            this.matcher = matcher;
            this.handler = handler;
            this.feed = feed;
        }
    }

    private final List<Registration> registrations = new CopyOnWriteArrayList<>();
    private final Loop loop;
    private final Feeds feeds;
    private final Notices notices;
    private final HandOver.Settlement settlement;
    private final Qos0Limit qos0 = new Qos0Limit();

    /** Counts registrations. */
    private volatile int latest;

    /** The value of {@link #latest} up to which {@link #unclaimed} has been offered to all. */
    private int offered;

    /** The highest {@link Incoming#resumption} so far; touched on the loop only. */
    private long resumption;

    /** Messages at QoS 1 and 2 that no handler matched, oldest first; touched on the loop only. */
    private final ArrayDeque<Incoming> unclaimed = new ArrayDeque<>();

    /**
     * The last Topic Filters that were unsubscribed, oldest first; touched on the loop only. A
     * server may still send what it had buffered for them, and the acknowledgements of other
     * messages must not wait behind those.
     */
    private final Map<String, TopicFilter> ended = new LinkedHashMap<>();

    Handlers(Loop loop, Feeds feeds, Notices notices, HandOver.Settlement settlement) {
        this.loop = loop;
        this.feeds = feeds;
        this.notices = notices;
        this.settlement = settlement;
    }

    // ---- registrations

    /**
     * A second registration for the same Topic Filter replaces the first. A handler with several
     * Topic Filters gets the messages of all of them in their order.
     */
    Registration register(String topicFilter, MessageHandler handler) {
        TopicFilter matcher = new TopicFilter(topicFilter);
        Registration registration;
        synchronized (registrations) {
            registration = new Registration(topicFilter, matcher, handler, feedOf(handler));
            // In one step, or a message in between would find nobody.
            Registration before = find(topicFilter);
            if (before == null) {
                registrations.add(registration);
            } else {
                registrations.set(registrations.indexOf(before), registration);
            }
            latest++;
        }
        loop.execute(
                () -> {
                    ended.remove(topicFilter);
                    offerUnclaimed();
                });
        return registration;
    }

    private Feed feedOf(MessageHandler handler) {
        for (Registration r : registrations) {
            if (r.handler == handler) {
                return r.feed;
            }
        }
        return feeds.feed(handler);
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
            loop.execute(() -> rememberEnded(registration));
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
        // Those that came before this was known.
        unclaimed.removeIf(this::isEnded);
    }

    /** The client is closed: what waits for its handler stays with the server or the store. */
    void close() {
        feeds.close();
    }

    // ---- messages

    /** Takes a message from the core; called on the loop. */
    void deliver(Incoming incoming) {
        boolean atMostOnce = incoming.message().qos() == QoS.AT_MOST_ONCE;
        if (atMostOnce && !qos0.takes(incoming.message())) {
            long total = qos0.countDropped();
            notices.tell(incoming.message(), l -> l.dropped(incoming.message(), total));
            return;
        }
        if (incoming.resumption() > resumption) {
            resumption = incoming.resumption();
            // They must not pile up while connections come and go.
            unclaimed.removeIf(i -> HandOver.isVoid(i, resumption));
        }
        if (offered != latest) {
            offerUnclaimed();
        }
        if (!offer(incoming) && !isEnded(incoming)) {
            keep(incoming);
        }
    }

    private void keep(Incoming incoming) {
        if (incoming.message().qos() == QoS.AT_MOST_ONCE) {
            qos0.handled(incoming.message());
        } else {
            unclaimed.add(incoming);
        }
        LOG.debug("No subscription has a handler for {}", incoming.message());
        notices.tell(incoming.message(), l -> l.unclaimed(incoming.message()));
    }

    private void offerUnclaimed() {
        offered = latest;
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
                settle(new HandOver(incoming, 0, this::settle), ReasonCode.SUCCESS);
                return true;
            }
        }
        return false;
    }

    private boolean offer(Incoming incoming) {
        List<Feed> takers = new ArrayList<>(1);
        for (Registration r : registrations) {
            if (r.matcher.matches(incoming.message().topic())) {
                takers.add(r.feed);
            }
        }
        if (takers.isEmpty()) {
            return false;
        }
        HandOver handOver = new HandOver(incoming, takers.size(), this::settle);
        for (Feed taker : takers) {
            taker.add(handOver.part());
        }
        return true;
    }

    /** All handlers of a message are done with it; from any thread. */
    private void settle(HandOver handOver, ReasonCode outcome) {
        if (handOver.incoming().message().qos() == QoS.AT_MOST_ONCE) {
            qos0.handled(handOver.incoming().message());
        }
        settlement.settle(handOver, outcome);
    }
}
