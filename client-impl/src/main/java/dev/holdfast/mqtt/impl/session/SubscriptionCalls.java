package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Subscribed;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Calls of subscribe() and unsubscribe() that wait for an answer, and how long they do. A call that
 * has waited too long fails; what it asked for stays asked for.
 */
final class SubscriptionCalls {
    private record Open(boolean subscribes, String topicFilter, long deadline) {}

    private final @Nullable Duration timeout;
    private final Time time;
    private final Outbox outbox;

    /** By token, oldest first, and so in the order of their deadlines. */
    private final Map<Long, Open> open = new SparseMap<>();

    SubscriptionCalls(@Nullable Duration timeout, Time time, Outbox outbox) {
        this.timeout = timeout;
        this.time = time;
        this.outbox = outbox;
    }

    void add(SubscribeCall call) {
        open.put(call.token(), new Open(true, call.subscription().topicFilter(), deadline()));
    }

    void add(UnsubscribeCall call) {
        open.put(call.token(), new Open(false, call.topicFilter(), deadline()));
    }

    private long deadline() {
        return timeout == null ? Time.NEVER : time.now + Time.millis(timeout);
    }

    boolean isOver(long token) {
        return !open.containsKey(token);
    }

    /** Those that still wait. */
    List<Long> waiting(Collection<Long> tokens) {
        return tokens.stream().filter(open::containsKey).toList();
    }

    void subscribed(Collection<Long> tokens, Subscribed answer) {
        for (long token : close(tokens)) {
            outbox.tell(new Event.Subscribed(token, answer));
        }
    }

    void subscribeFailed(Collection<Long> tokens, MqttException cause) {
        for (long token : close(tokens)) {
            outbox.tell(new Event.SubscribeFailed(token, cause));
        }
    }

    /** Tells whether any of them waited. */
    boolean unsubscribed(Collection<Long> tokens) {
        List<Long> waiting = close(tokens);
        waiting.forEach(token -> outbox.tell(new Event.Unsubscribed(token)));
        return !waiting.isEmpty();
    }

    void unsubscribeFailed(Collection<Long> tokens, MqttException cause) {
        for (long token : close(tokens)) {
            outbox.tell(new Event.UnsubscribeFailed(token, cause));
        }
    }

    private List<Long> close(Collection<Long> tokens) {
        List<Long> waiting = waiting(tokens);
        waiting.forEach(open::remove);
        return waiting;
    }

    /** Fails those that have waited too long. */
    void expire() {
        for (Iterator<Map.Entry<Long, Open>> i = open.entrySet().iterator(); i.hasNext(); ) {
            Map.Entry<Long, Open> oldest = i.next();
            if (oldest.getValue().deadline() > time.now) {
                return;
            }
            i.remove();
            long token = oldest.getKey();
            MqttException cause = tooLate(oldest.getValue());
            outbox.tell(
                    oldest.getValue().subscribes()
                            ? new Event.SubscribeFailed(token, cause)
                            : new Event.UnsubscribeFailed(token, cause));
        }
    }

    private MqttException tooLate(Open call) {
        String rest =
                call.subscribes()
                        ? "It stays declared, and is made as soon as the server answers;"
                                + " unsubscribe() takes it back"
                        : "The server is still asked to end it";
        return new MqttException.TimedOut(
                (call.subscribes() ? "The subscription to '" : "The end of the subscription to '")
                        + call.topicFilter()
                        + "' was not confirmed within operationTimeout("
                        + timeout
                        + "). "
                        + rest);
    }

    /** When the next one fails for having waited too long. */
    long nextDeadline() {
        return timeout != null && !open.isEmpty()
                ? open.values().iterator().next().deadline()
                : Time.NEVER;
    }
}
