package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Recovered;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which Topic Filters each Subscription Identifier stands for (MQTT 5, section 3.8.2.1.2). A Topic
 * Filter keeps its identifier as long as the server may have it, also when its options or its
 * handler change: copies under way find whoever has the Topic Filter then. Identifiers count up and
 * are not used again, so that none is taken for an older one of which the server still has
 * messages.
 */
final class SubscriptionIdentifiers {
    static final int MAXIMUM = 268_435_455;

    /** Ended ones that are remembered, since the server may still have messages for them. */
    private static final int MOST_ENDED = 1_024;

    private final Outbox outbox;

    /** Those in use. Stored. */
    private final Map<String, Integer> byFilter = new SparseMap<>();

    /** What each stands for: the Topic Filters that use it, or the last that did. */
    private final Map<Integer, List<String>> filters = new SparseMap<>();

    /** Those that no Topic Filter uses any more, oldest first. */
    private final Set<Integer> ended = new SparseSet<>();

    /** Topic Filters with a new identifier that is not stored yet. */
    private final Set<String> unstored = new SparseSet<>();

    /** The one given last. */
    private int last;

    SubscriptionIdentifiers(Recovered recovered, Outbox outbox) {
        this.outbox = outbox;
        byFilter.putAll(recovered.subscriptionIdentifiers());
        last = recovered.highestSubscriptionIdentifier();
        Map<Integer, List<String>> shared = new HashMap<>();
        byFilter.forEach((f, i) -> shared.computeIfAbsent(i, n -> new ArrayList<>()).add(f));
        shared.forEach((identifier, all) -> filters.put(identifier, List.copyOf(all)));
    }

    /** The identifier of a Topic Filter; 0 if it has none. */
    int of(String topicFilter) {
        return byFilter.getOrDefault(topicFilter, 0);
    }

    /** All Topic Filters that use an identifier. */
    List<String> sharing(int identifier) {
        return filters.getOrDefault(identifier, List.of());
    }

    /** Gives several Topic Filters a new identifier together. */
    int give(List<String> topicFilters) {
        do {
            last = last == MAXIMUM ? 1 : last + 1;
        } while (filters.containsKey(last));
        filters.put(last, List.copyOf(topicFilters));
        for (String filter : topicFilters) {
            release(filter);
            byFilter.put(filter, last);
            unstored.add(filter);
        }
        return last;
    }

    /** Whether the identifier of a Topic Filter is new, and no call below has stored it. */
    boolean isUnstored(String topicFilter) {
        return unstored.contains(topicFilter);
    }

    /** All Topic Filters that have one. */
    List<String> topicFilters() {
        return List.copyOf(byFilter.keySet());
    }

    /** Stores that the server has a subscription, and under which identifier. */
    void persistConfirmed(Subscription subscription) {
        String filter = subscription.topicFilter();
        unstored.remove(filter);
        outbox.persist(new Change.Subscribed(subscription, of(filter)));
    }

    /** Stores that the server may have a Topic Filter, and under which identifier. */
    void persistUnconfirmed(String topicFilter) {
        int identifier = of(topicFilter);
        unstored.remove(topicFilter);
        outbox.persist(
                identifier == 0
                        ? new Change.Unsubscribed(topicFilter)
                        : new Change.Identified(topicFilter, identifier));
    }

    /**
     * The server does not have the Topic Filter any more, or not with an identifier; tells whether
     * it had one. The caller stores that.
     */
    boolean release(String topicFilter) {
        Integer identifier = byFilter.remove(topicFilter);
        if (identifier == null) {
            return false;
        }
        if (sharing(identifier).size() == 1) {
            ended.add(identifier);
            if (ended.size() > MOST_ENDED) {
                Integer oldest = ended.iterator().next();
                ended.remove(oldest);
                filters.remove(oldest);
            }
        } else {
            // From now on it stands for the others alone.
            filters.computeIfPresent(
                    identifier,
                    (i, all) -> all.stream().filter(f -> !f.equals(topicFilter)).toList());
        }
        return true;
    }

    /** Those of a message that this client knows, each once. */
    List<Integer> known(List<Integer> received) {
        if (received.size() == 1 && filters.containsKey(received.get(0))) {
            return received;
        }
        Set<Integer> known = new LinkedHashSet<>();
        for (Integer identifier : received) {
            if (filters.containsKey(identifier)) {
                known.add(identifier);
            }
        }
        return List.copyOf(known);
    }

    /** The Topic Filters that known identifiers stand for; none for none. */
    List<String> filters(List<Integer> known) {
        if (known.isEmpty()) {
            return List.of();
        }
        if (known.size() == 1) {
            return filters.getOrDefault(known.get(0), List.of());
        }
        Set<String> all = new LinkedHashSet<>();
        known.forEach(i -> all.addAll(filters.getOrDefault(i, List.of())));
        return List.copyOf(all);
    }
}
