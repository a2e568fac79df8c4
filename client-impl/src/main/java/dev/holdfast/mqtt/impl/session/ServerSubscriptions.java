package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState.Presence;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What the server has in this session, as far as it is known; and under which identifiers. */
final class ServerSubscriptions {
    final SubscriptionIdentifiers identifiers;

    /** As far as the server said so; stored. */
    private final Map<String, Subscription> confirmed = new SparseMap<>();

    /**
     * Topic Filters whose last SUBSCRIBE or UNSUBSCRIBE has no answer, or a refusal: the server may
     * have them. None is in {@link #confirmed}.
     */
    private final Set<String> uncertain = new SparseSet<>();

    /**
     * Topic Filters that the server may have without a Subscription Identifier. While there are
     * any, identifiers do not say for whom a message is: one of these may want it too.
     */
    private final Set<String> plain = new SparseSet<>();

    /** Whether the server may have any other: unless the session began with this connection. */
    private boolean mayHaveOthers;

    ServerSubscriptions(Recovered recovered, Outbox outbox) {
        identifiers = new SubscriptionIdentifiers(recovered, outbox);
        mayHaveOthers = recovered.presence() != Presence.NONE;
        for (Subscription s : recovered.subscriptions()) {
            confirmed.put(s.topicFilter(), s);
            if (identifiers.of(s.topicFilter()) == 0) {
                plain.add(s.topicFilter());
            }
        }
    }

    List<Subscription> confirmed() {
        return List.copyOf(confirmed.values());
    }

    /** What the server confirmed for a Topic Filter; null if nothing. */
    @Nullable Subscription confirmed(String topicFilter) {
        return confirmed.get(topicFilter);
    }

    boolean mayHave(String topicFilter) {
        return mayHaveOthers
                || confirmed.containsKey(topicFilter)
                || uncertain.contains(topicFilter);
    }

    /** The server has no session any more, and with it no subscriptions. */
    void sessionLost(Predicate<String> isDeclared) {
        Set<String> changed = new LinkedHashSet<>(confirmed.keySet());
        confirmed.clear();
        uncertain.clear();
        plain.clear();
        mayHaveOthers = false;
        for (String filter : identifiers.topicFilters()) {
            if (!isDeclared.test(filter)) {
                identifiers.release(filter);
                changed.add(filter);
            }
        }
        changed.forEach(identifiers::persistUnconfirmed);
    }

    /** Of an earlier connection not all is known: it may have been with another server. */
    void resumed() {
        mayHaveOthers = true;
    }

    /** The session may be a new one, without subscriptions. */
    void doubtAll() {
        List.copyOf(confirmed.keySet()).forEach(this::doubt);
    }

    /** A SUBSCRIBE is about to leave. */
    void subscribing(Subscription wanted, int identifier) {
        String filter = wanted.topicFilter();
        if (identifier == 0) {
            plain.add(filter);
        }
        if (identifier != identifiers.of(filter)
                || identifiers.isUnstored(filter)
                || !wanted.equals(confirmed.get(filter))) {
            doubt(filter);
        }
    }

    /**
     * What the server has is about to change, and is not known until it answers. Stored before the
     * request leaves, so that after a crash a declared subscription is asked for again.
     */
    void doubt(String topicFilter) {
        uncertain.add(topicFilter);
        boolean wasConfirmed = confirmed.remove(topicFilter) != null;
        if (wasConfirmed || identifiers.isUnstored(topicFilter)) {
            identifiers.persistUnconfirmed(topicFilter);
        }
    }

    /** The server has it. */
    void confirm(Subscription subscription, int identifier) {
        String filter = subscription.topicFilter();
        uncertain.remove(filter);
        confirmed.put(filter, subscription);
        if (identifier == 0) {
            identifiers.release(filter);
        } else {
            plain.remove(filter);
        }
        identifiers.persistConfirmed(subscription);
    }

    /** The server does not have it. One that stays declared keeps its identifier. */
    void absent(String topicFilter, boolean declared) {
        uncertain.remove(topicFilter);
        plain.remove(topicFilter);
        if (!declared && identifiers.release(topicFilter)) {
            identifiers.persistUnconfirmed(topicFilter);
        }
    }

    /** The Subscription Identifiers of a message that say for whom it is; none if they do not. */
    List<Integer> telling(List<Integer> received) {
        return received.isEmpty() || !plain.isEmpty() ? List.of() : identifiers.known(received);
    }
}
