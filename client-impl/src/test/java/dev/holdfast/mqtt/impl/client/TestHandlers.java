package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Overload;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Incoming;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.spi.DeclaredSubscription;
import dev.holdfast.mqtt.spi.HandlerPlan;
import dev.holdfast.mqtt.spi.SubscriberHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A client's way from the core to the handlers and back, opened to tests of other packages: all of
 * it is real but the loop and the executors.
 */
public final class TestHandlers {
    /** Who looks at what happens on the way. */
    public interface Watcher {
        /** A feed has a message for its handler, of which {@code part} is the handler's view. */
        void given(MessageHandler handler, Incoming incoming, Delivery part);

        /** A handler can have no messages of other subscriptions any more. */
        void ended(MessageHandler handler, @Nullable Throwable cause);

        /** All handlers of a message are done with it. */
        void settled(Incoming incoming, ReasonCode outcome, Remarks remarks);

        /** A subscriber has cancelled. */
        void unsubscribe(String topicFilter);

        /** Nobody has a handler for a message. */
        void unclaimed(Message message);
    }

    private record Registered(MessageHandler handler, Registrations.Registration registration) {}

    private final Watcher watcher;
    private final @Nullable BrokenFeeds broken;
    private final Loop loop;
    private final Handlers handlers;
    private final Dispatcher dispatcher;
    private final Map<String, Registered> byFilter = new HashMap<>();

    /** The last message that was given to a feed, for a look at the next of the same. */
    private HandOver.@Nullable Part lastGiven;

    /** Whether the core hands a message over at this moment. */
    private boolean delivering;

    /** Starts with the handlers of the settings. */
    public TestHandlers(
            ClientSettings settings,
            TestDriver.Clock clock,
            Executor executor,
            @Nullable BrokenFeeds broken,
            Watcher watcher) {
        this.watcher = watcher;
        this.broken = broken;
        loop = TestDriver.loop(clock);
        Lane completions = new Lane(executor, executor);
        ClientListener listener =
                new ClientListener() {
                    @Override
                    public void unclaimed(Message message) {
                        watcher.unclaimed(message);
                    }
                };
        Notices notices = new Notices(completions, listener);
        Feeds feeds = feeds(settings, executor, notices);
        Qos0Limit qos0 = new Qos0Limit(Overload.DROP_NEWEST, () -> {});
        handlers =
                new Handlers(
                        loop,
                        feeds,
                        notices,
                        completions,
                        qos0,
                        this::settled,
                        watcher::unsubscribe);
        Authenticator nobody = new Authenticator(settings, completions, (question, answer) -> {});
        dispatcher =
                new Dispatcher(
                        "simulated",
                        listener,
                        settings.storeLimits(),
                        completions,
                        handlers,
                        nobody);
        for (List<DeclaredSubscription> group : settings.subscriptionGroups()) {
            register(
                    group.stream().map(d -> d.subscription().topicFilter()).toList(),
                    group.get(0).handler());
        }
    }

    private Feeds feeds(ClientSettings settings, Executor executor, Notices notices) {
        return new Feeds(loop, executor, executor, settings.handlerFailure(), notices) {
            @Override
            public Feed feed(MessageHandler handler, Feed.Cancellation cancellation) {
                Watched watched = new Watched(handler);
                watched.feed = super.feed(sabotaged(handler), feed -> cancellation.cancel(watched));
                return watched;
            }

            @Override
            void retry(HandOver.Part part, Throwable cause, Duration delay, Runnable handOver) {
                Duration wait = broken == null ? delay : broken.retry(part, delay);
                if (broken == null || broken.tellsOfRetries()) {
                    super.retry(part, cause, wait, handOver);
                } else {
                    loop.execute(() -> loop.schedule(handOver, wait.toMillis()));
                }
            }
        };
    }

    private MessageHandler sabotaged(MessageHandler handler) {
        if (broken == null) {
            return handler;
        }
        HandlerPlan plan = HandlerPlan.of(handler);
        if (plan.handler() instanceof SubscriberHandler s) {
            SubscriberHandler other = new SubscriberHandler(broken.subscriber(s.subscriber()));
            plan = new HandlerPlan(other, null, 1, plan.executor(), plan.failure());
        }
        return broken.plan(plan);
    }

    /** A feed as it is, watched from outside. */
    private final class Watched implements Feed {
        private final MessageHandler handler;
        private Feed feed;

        Watched(MessageHandler handler) {
            this.handler = handler;
        }

        @Override
        public void add(HandOver.Part part) {
            if (broken == null || !broken.delaysUnclaimed() || delivering) {
                addNow(part);
            } else {
                loop.schedule(() -> addNow(part), 200);
            }
        }

        private void addNow(HandOver.Part part) {
            watcher.given(handler, part.incoming(), part);
            if (broken == null) {
                feed.add(part);
            } else {
                HandOver.Part last = lastGiven;
                boolean same = last != null && last.incoming() == part.incoming();
                broken.add(feed, part, same ? last : null, loop);
            }
            lastGiven = part;
        }

        @Override
        public void begin() {
            feed.begin();
        }

        @Override
        public void end(@Nullable Throwable cause) {
            watcher.ended(handler, cause);
            if (broken == null) {
                feed.end(cause);
            } else {
                broken.end(feed, cause);
            }
        }
    }

    private void settled(HandOver handOver, ReasonCode outcome) {
        if (broken != null && broken.tellsEarly()) {
            handOver.settled(null);
        }
        watcher.settled(handOver.incoming(), outcome, handOver.remarks());
    }

    // ---- from the core

    /** Takes Deliver, Settled and StoreFailed. */
    public void take(Event event) {
        if (event instanceof Event.StoreFailed e) {
            // Without the words in the log, which would be many.
            dispatcher.failAll(e.cause());
            handlers.fail(e.cause());
            return;
        }
        boolean settles = event instanceof Event.Settled;
        if (settles && broken != null && !broken.tellsHandled()) {
            return;
        }
        HandOver.Part before = lastGiven;
        delivering = true;
        dispatcher.take(List.of(event));
        delivering = false;
        if (event instanceof Event.Deliver e
                && broken != null
                && broken.dropsUnclaimed()
                && lastGiven == before) {
            settled(new HandOver(e.incoming(), 0, this::settled), ReasonCode.SUCCESS);
        }
    }

    // ---- subscriptions

    /** As subscribe() does before it asks the core. {@link #begin} must follow. */
    public void register(List<String> topicFilters, MessageHandler handler) {
        List<Registrations.Registration> registered = handlers.register(topicFilters, handler);
        registered.forEach(r -> byFilter.put(r.topicFilter, new Registered(handler, r)));
    }

    public void begin(List<String> topicFilters) {
        handlers.begin(topicFilters.stream().map(f -> byFilter.get(f).registration()).toList());
    }

    public void beginAll() {
        handlers.beginAll();
    }

    /** The server has refused a subscription, unless another handler has come in its place. */
    public void refuse(String topicFilter, @Nullable MessageHandler handler, MqttException cause) {
        Registered registered = byFilter.get(topicFilter);
        if (registered != null && registered.handler() == handler) {
            byFilter.remove(topicFilter);
            handlers.refuse(registered.registration(), cause);
        }
    }

    /**
     * The server has ended a subscription.
     *
     * @param handler of the subscription when that was asked for; null if it had none
     */
    public void end(String topicFilter, @Nullable MessageHandler handler) {
        Registered registered = byFilter.get(topicFilter);
        boolean same = registered != null && registered.handler() == handler;
        if (same) {
            byFilter.remove(topicFilter);
        }
        handlers.end(topicFilter, same ? registered.registration() : null);
    }

    // ---- sight

    public @Nullable MessageHandler handler(String topicFilter) {
        Registered registered = byFilter.get(topicFilter);
        return registered == null ? null : registered.handler();
    }

    /** Those that would get a message if nobody knew for whom it was sent. */
    public List<MessageHandler> matching(Incoming incoming) {
        List<MessageHandler> all = new ArrayList<>();
        byFilter.forEach(
                (filter, registered) -> {
                    if (TopicFilter.matches(filter, incoming.message().topic())
                            && !all.contains(registered.handler())) {
                        all.add(registered.handler());
                    }
                });
        return all;
    }
}
