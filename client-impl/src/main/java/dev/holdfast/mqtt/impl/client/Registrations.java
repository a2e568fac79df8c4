package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.impl.session.Incoming;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who gets which message. Where the server says by Subscription Identifiers for which Topic Filters
 * it sent a message, their handlers get it and no others; otherwise all whose Topic Filter matches.
 * A handler with several of them gets it once. May be used by several threads at once.
 */
final class Registrations {
    /** One handler for one Topic Filter; each is itself and no other. */
    static final class Registration {
        final String topicFilter;
        final TopicFilter matcher;
        private final MessageHandler handler;
        private final Feed feed;
        private final List<Feed> alone;

        /** Its place among all; one that replaces another takes over the other's. */
        private int place;

        private Registration(String topicFilter, MessageHandler handler, Feed feed) {
            this.topicFilter = topicFilter;
            this.matcher = new TopicFilter(topicFilter);
            this.handler = handler;
            this.feed = feed;
            this.alone = List.of(feed);
        }
    }

    /** The one feed of a handler, as long as it is registered. */
    private static final class Shared {
        final Feed feed;
        int registrations;

        Shared(Feed feed) {
            this.feed = feed;
        }
    }

    /** Has the server end subscriptions; from any thread. */
    interface Unsubscriber {
        /** Called in one step with a look at who is registered; runs no code of others. */
        void unsubscribe(String topicFilter);

        /** Those of one handler have been named. */
        default void allNamed() {}
    }

    /** Makes the feed of a handler, which may cancel itself. */
    interface Maker {
        Feed feed(MessageHandler handler, Feed.Cancellation cancellation);
    }

    private final Maker feeds;
    private final Unsubscriber unsubscriber;

    /** Made with the first handler; guarded by this. */
    private @Nullable IdentityHashMap<MessageHandler, Shared> shared;

    /** Made with the first handler, as {@link #exact}. */
    private volatile Map<String, Registration> byFilter = Map.of();

    /** Those with wildcards, for messages that name no Topic Filter; the list never changes. */
    private volatile List<Registration> wildcards = List.of();

    /** Those without, by the one Topic Name that matches; the lists never change. */
    private volatile Map<String, List<Registration>> exact = Map.of();

    private int places;

    private volatile int latest;

    Registrations(Maker feeds, Unsubscriber unsubscriber) {
        this.feeds = feeds;
        this.unsubscriber = unsubscriber;
    }

    /**
     * A second registration for the same Topic Filter replaces the first. {@link #begin} must
     * follow.
     *
     * @param sameStep what must happen in the order of the registrations, and before any other
     *     change of them; runs no code of others
     */
    List<Registration> register(
            List<String> topicFilters,
            MessageHandler handler,
            Consumer<List<Registration>> sameStep) {
        List<Feed> over = new ArrayList<>(0);
        List<Registration> registered;
        synchronized (this) {
            registered = register(topicFilters, handler, over);
            sameStep.accept(registered);
        }
        over.forEach(feed -> feed.end(null)); // which tells code of the application
        return registered;
    }

    private synchronized List<Registration> register(
            List<String> topicFilters, MessageHandler handler, List<Feed> over) {
        if (shared == null) {
            shared = new IdentityHashMap<>(1);
            byFilter = new ConcurrentHashMap<>();
            exact = new ConcurrentHashMap<>(1);
        }
        Shared feed = shared.computeIfAbsent(handler, h -> new Shared(feeds.feed(h, this::cancel)));
        feed.registrations += topicFilters.size();
        List<Registration> registered = new ArrayList<>();
        for (String filter : topicFilters) {
            Registration registration = new Registration(filter, handler, feed.feed);
            Registration before = byFilter.put(filter, registration);
            if (before == null) {
                add(registration);
            } else {
                replace(before, registration);
                if (leave(before)) {
                    over.add(before.feed);
                }
            }
            registered.add(registration);
        }
        latest++;
        return registered;
    }

    private void add(Registration r) {
        r.place = places++;
        if (r.matcher.isExact()) {
            exact.merge(r.matcher.filter, List.of(r), (before, one) -> with(before, r));
        } else {
            wildcards = with(wildcards, r);
        }
    }

    /** In one step, or a message in between would find nobody. */
    private void replace(Registration before, Registration r) {
        r.place = before.place;
        if (r.matcher.isExact()) {
            exact.computeIfPresent(r.matcher.filter, (topic, all) -> exchanged(all, before, r));
        } else {
            wildcards = exchanged(wildcards, before, r);
        }
    }

    private void remove(Registration r) {
        if (r.matcher.isExact()) {
            exact.computeIfPresent(
                    r.matcher.filter, (topic, all) -> all.size() == 1 ? null : without(all, r));
        } else {
            wildcards = without(wildcards, r);
        }
    }

    private static List<Registration> with(List<Registration> all, Registration r) {
        return Stream.concat(all.stream(), Stream.of(r)).toList();
    }

    private static List<Registration> exchanged(
            List<Registration> all, Registration before, Registration r) {
        return all.stream().map(one -> one == before ? r : one).toList();
    }

    private static List<Registration> without(List<Registration> all, Registration r) {
        return all.stream().filter(one -> one != r).toList();
    }

    private List<Registration> inOrder() {
        return byFilter.values().stream().sorted(Comparator.comparingInt(r -> r.place)).toList();
    }

    /** Whether it was the last of its feed. */
    private boolean leave(Registration registration) {
        return Objects.requireNonNull(shared, "made with the first handler")
                        .computeIfPresent(
                                registration.handler,
                                (h, feed) -> --feed.registrations > 0 ? feed : null)
                == null;
    }

    /** The subscriptions are on their way, and can be ended from now on. */
    void begin(List<Registration> registered) {
        registered.forEach(r -> r.feed.begin());
    }

    void beginAll() {
        begin(inOrder());
    }

    /** No handler can come meanwhile, whose subscription would be ended in its place. */
    private void cancel(Feed feed) {
        synchronized (this) {
            for (Registration r : inOrder()) {
                if (r.feed == feed) {
                    unsubscriber.unsubscribe(r.topicFilter);
                }
            }
        }
        unsubscriber.allNamed();
    }

    /** No message will come any more. */
    void endAll(Throwable cause) {
        inOrder().forEach(r -> r.feed.end(cause));
    }

    /** Changes with each registration. */
    int latest() {
        return latest;
    }

    @Nullable Registration find(String topicFilter) {
        return byFilter.get(topicFilter);
    }

    /**
     * Finds several.
     *
     * @param sameStep as of {@link #register(List, MessageHandler, Consumer)}
     */
    synchronized void find(
            List<String> topicFilters, Consumer<List<@Nullable Registration>> sameStep) {
        List<@Nullable Registration> found = new ArrayList<>(topicFilters.size());
        topicFilters.forEach(filter -> found.add(find(filter)));
        sameStep.accept(found);
    }

    /**
     * Takes a handler back, unless another has come in its place; tells whether it did.
     *
     * @param cause null if its subscription has ended as the application wished
     */
    boolean unregister(Registration registration, @Nullable Throwable cause) {
        boolean last;
        synchronized (this) {
            if (!byFilter.remove(registration.topicFilter, registration)) {
                return false;
            }
            remove(registration);
            last = leave(registration);
        }
        if (last) {
            registration.feed.end(cause);
        }
        return true;
    }

    /** The feeds of the handlers that get a message, each once; empty if there is none yet. */
    List<Feed> takers(Incoming incoming) {
        String topic = incoming.message().topic();
        if (incoming.topicFilters().isEmpty()) {
            List<Registration> all = matching(topic);
            return all.size() == 1 ? all.get(0).alone : feeds(all);
        }
        List<Feed> takers = new ArrayList<>(1);
        boolean named = false;
        for (String filter : incoming.topicFilters()) {
            Registration r = byFilter.get(filter);
            if (r == null ? TopicFilter.matches(filter, topic) : r.matcher.matches(topic)) {
                named = true;
                add(takers, r);
            }
        }
        return named ? takers : feeds(matching(topic));
    }

    private static List<Feed> feeds(List<Registration> registrations) {
        List<Feed> feeds = new ArrayList<>(registrations.size());
        registrations.forEach(r -> add(feeds, r));
        return feeds;
    }

    /** In the order of registration. */
    private List<Registration> matching(String topic) {
        List<Registration> exactly = exact.getOrDefault(topic, List.of());
        @Nullable List<Registration> all = null;
        for (Registration r : wildcards) {
            if (r.matcher.matches(topic)) {
                all = all == null ? new ArrayList<>(exactly) : all;
                all.add(r);
            }
        }
        if (all == null) {
            return exactly;
        }
        all.sort(Comparator.comparingInt(r -> r.place));
        return all;
    }

    private static void add(List<Feed> takers, @Nullable Registration r) {
        if (r != null && !takers.contains(r.feed)) {
            takers.add(r.feed);
        }
    }
}
