package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.impl.session.Incoming;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who gets which message, opened to tests of other packages. */
public final class TestRegistrations {
    private final IdentityHashMap<Feed, MessageHandler> handlers = new IdentityHashMap<>();
    private final Registrations registrations = new Registrations(this::feed, filter -> {});
    private final Map<String, MessageHandler> byFilter = new HashMap<>();

    private Feed feed(MessageHandler handler, Feed.Cancellation cancellation) {
        Feed feed =
                new Feed() {
                    @Override
                    public void add(HandOver.Part part) {
                        throw new AssertionError("Nothing is handed over here");
                    }
                };
        handlers.put(feed, handler);
        return feed;
    }

    public void register(List<String> topicFilters, MessageHandler handler) {
        registrations.register(topicFilters, handler);
        topicFilters.forEach(f -> byFilter.put(f, handler));
    }

    /** Unless another handler has come in its place. */
    public void unregister(String topicFilter, @Nullable MessageHandler handler) {
        Registrations.Registration registration = registrations.find(topicFilter);
        if (registration != null && byFilter.get(topicFilter) == handler) {
            registrations.unregister(registration, null);
            byFilter.remove(topicFilter);
        }
    }

    public @Nullable MessageHandler handler(String topicFilter) {
        return byFilter.get(topicFilter);
    }

    /** Those that would get a message if nobody knew for whom it was sent. */
    public List<MessageHandler> matching(Incoming incoming) {
        List<MessageHandler> all = new ArrayList<>();
        byFilter.forEach(
                (filter, handler) -> {
                    if (TopicFilter.matches(filter, incoming.message().topic())
                            && !all.contains(handler)) {
                        all.add(handler);
                    }
                });
        return all;
    }

    /** Those that get a message. */
    public List<MessageHandler> takers(Incoming incoming) {
        return registrations.takers(incoming).stream().map(handlers::get).toList();
    }
}
