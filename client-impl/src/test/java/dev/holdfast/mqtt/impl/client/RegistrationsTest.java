package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.impl.session.Incoming;
import dev.holdfast.mqtt.impl.session.TestSession;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Who gets a message that names no Topic Filter. */
class RegistrationsTest {
    private static final List<String> FILTERS =
            List.of(
                    "a",
                    "a/b",
                    "a/b/c",
                    "b",
                    "/a",
                    "#",
                    "a/#",
                    "a/+",
                    "+/b",
                    "a/b/#",
                    "+",
                    "+/+/c",
                    "/#",
                    "$share/g/a/b",
                    "$share/h/a/b",
                    "$share/g/a/#",
                    "$SYS/load",
                    "$SYS/#");

    private static final List<String> TOPICS =
            List.of("a", "a/b", "a/b/c", "b", "b/b", "/a", "c", "a/", "$SYS/load", "$SYS/x/c");

    private final List<Feed> made = new ArrayList<>();
    private final Registrations registrations =
            new Registrations((handler, cancellation) -> make(), filter -> {});

    /** What the registrations should be, in their order. */
    private final Map<String, Registrations.Registration> expected = new LinkedHashMap<>();

    private final Map<String, Feed> feeds = new HashMap<>();

    private Feed make() {
        Feed feed =
                new Feed() {
                    @Override
                    public void add(HandOver.Part part) {}
                };
        made.add(feed);
        return feed;
    }

    private static Incoming message(String topic) {
        return TestSession.incoming(Message.to(topic).build(), 1);
    }

    private void register(String filter, MessageHandler handler) {
        Registrations.Registration r =
                registrations.register(List.of(filter), handler, all -> {}).get(0);
        expected.put(filter, r); // one that replaces another keeps its place
        feeds.put(filter, made.get(made.size() - 1));
    }

    private void unregister(String filter) {
        Registrations.Registration r = expected.remove(filter);
        assertEquals(r != null, r != null && registrations.unregister(r, null));
        feeds.remove(filter);
    }

    @Test
    void allThatMatchTakeAMessageInTheOrderOfRegistration() {
        Random random = new Random(4711);
        int severalTook = 0;
        for (int round = 0; round < 2_000; round++) {
            String filter = FILTERS.get(random.nextInt(FILTERS.size()));
            if (random.nextInt(3) > 0) {
                register(filter, MessageHandlers.forEach(m -> {}));
            } else {
                unregister(filter);
            }
            String topic = TOPICS.get(random.nextInt(TOPICS.size()));
            List<Feed> takers = new ArrayList<>();
            for (String registered : expected.keySet()) {
                if (TopicFilter.matches(registered, topic)) {
                    takers.add(feeds.get(registered));
                }
            }
            assertEquals(takers, registrations.takers(message(topic)), topic);
            severalTook += takers.size() > 2 ? 1 : 0;
        }
        assertTrue(severalTook > 200);
    }

    @Test
    void aHandlerOfSeveralTopicFiltersTakesAMessageOnce() {
        MessageHandler handler = MessageHandlers.forEach(m -> {});
        for (String filter : List.of("a/b", "a/+", "$share/g/a/b")) {
            register(filter, handler);
        }
        assertEquals(1, registrations.takers(message("a/b")).size());
        assertEquals(List.of(), registrations.takers(message("a/b/c")));
    }
}
