package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.ServerLimits;
import dev.holdfast.mqtt.Subscribed;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.store.Change;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Subscriptions as they are declared, brought into line with what the server has (MQTT 5, sections
 * 3.8 to 3.11). Those that the server confirmed are stored with the session, so that one declared
 * after a restart is noticed to be new.
 */
final class Subscriptions {
    /** What the application wants for one Topic Filter. */
    private static final class Declared {
        Subscription wanted;

        /** Calls of subscribe() that wait for the server's answer. */
        final List<Long> waiting = new ArrayList<>();

        /** The last request for it: a refusal of an older one says nothing of it. */
        private @Nullable Request last;

        /** Whether it was given to the builder, and so stays when the server refuses it. */
        boolean permanent;

        Declared(Subscription wanted) {
            this.wanted = wanted;
        }

        boolean isLast(Request request) {
            return last == request;
        }
    }

    /** A SUBSCRIBE or UNSUBSCRIBE without an answer. */
    private interface Request {
        String topicFilter();
    }

    private record SubscribeRequest(Subscription subscription, List<Long> tokens)
            implements Request {
        @Override
        public String topicFilter() {
            return subscription.topicFilter();
        }

        @Override
        public String toString() {
            return "a SUBSCRIBE";
        }
    }

    /** With what the server had before, as far as it said so; null if nothing. */
    private record UnsubscribeRequest(
            String topicFilter, List<Long> tokens, @Nullable Subscription former)
            implements Request {
        @Override
        public String toString() {
            return "an UNSUBSCRIBE";
        }
    }

    private final Resubscribe resubscribe;
    private final PacketIdentifiers<Object> identifiers;
    private final Outbox outbox;
    private final ToLongFunction<Packet> encodedSize;

    private final Map<String, Declared> declared = new LinkedHashMap<>();

    /** What the server has in this session, as far as it said so; stored. */
    private final Map<String, Subscription> confirmed = new LinkedHashMap<>();

    /**
     * Topic Filters whose last SUBSCRIBE or UNSUBSCRIBE has no answer, or a refusal: the server may
     * have them. None is in {@link #confirmed}.
     */
    private final Set<String> uncertain = new HashSet<>();

    /**
     * Topic Filters with an open request that is older than one answered already: in which order
     * the server took them is not known. A part of {@link #uncertain}.
     */
    private final Set<String> disordered = new HashSet<>();

    /** Whether the server may have any other, from a run or a session that nobody knows of. */
    private boolean mayHaveOthers;

    /** Topic Filters to be unsubscribed, with the calls that wait. */
    private final Map<String, List<Long>> unwanted = new LinkedHashMap<>();

    /** Requests on this connection without an answer, by Packet Identifier. */
    private final Map<Integer, Request> requests = new LinkedHashMap<>();

    private @Nullable ServerLimits limits;

    Subscriptions(
            Resubscribe resubscribe,
            Iterable<Subscription> permanent,
            Iterable<Subscription> recovered,
            boolean mayHaveOthers,
            PacketIdentifiers<Object> identifiers,
            Outbox outbox,
            ToLongFunction<Packet> encodedSize) {
        this.resubscribe = resubscribe;
        this.mayHaveOthers = mayHaveOthers;
        this.identifiers = identifiers;
        this.outbox = outbox;
        this.encodedSize = encodedSize;
        for (Subscription s : permanent) {
            Declared d = new Declared(s);
            d.permanent = true;
            declared.put(s.topicFilter(), d);
        }
        for (Subscription s : recovered) {
            confirmed.put(s.topicFilter(), s);
        }
    }

    // ---- from the application

    void subscribe(long token, Subscription subscription) {
        List<Long> undone = unwanted.remove(subscription.topicFilter());
        if (undone != null) {
            undone.forEach(t -> outbox.tell(new Event.Unsubscribed(t)));
        }
        Declared d =
                declared.computeIfAbsent(
                        subscription.topicFilter(), f -> new Declared(subscription));
        d.wanted = subscription;
        // From now on it is that of the caller, who learns of a refusal.
        d.permanent = false;
        d.waiting.add(token);
        if (limits != null) {
            request(d, limits);
        }
    }

    void unsubscribe(long token, String topicFilter) {
        Declared d = declared.remove(topicFilter);
        if (d != null) {
            failWaiting(d, topicFilter);
        }
        if (!mayBeThere(topicFilter)) {
            outbox.tell(new Event.Unsubscribed(token));
            return;
        }
        unwanted.computeIfAbsent(topicFilter, f -> new ArrayList<>()).add(token);
        if (limits != null) {
            requestUnsubscribe(topicFilter, limits);
        }
    }

    private void failWaiting(Declared d, String topicFilter) {
        for (long token : d.waiting) {
            outbox.tell(
                    new Event.SubscribeFailed(
                            token,
                            new MqttException.ClientClosed(
                                    "'"
                                            + topicFilter
                                            + "' was unsubscribed before it was subscribed")));
        }
        d.waiting.clear();
    }

    private boolean mayBeThere(String topicFilter) {
        return mayHaveOthers
                || confirmed.containsKey(topicFilter)
                || uncertain.contains(topicFilter)
                || unwanted.containsKey(topicFilter);
    }

    // ---- to the server

    /** The server has no session any more, and with it no subscriptions. */
    void sessionLost() {
        confirmed.keySet().forEach(f -> outbox.persist(new Change.Unsubscribed(f)));
        confirmed.clear();
        uncertain.clear();
        mayHaveOthers = false;
        unwanted.values().forEach(l -> l.forEach(t -> outbox.tell(new Event.Unsubscribed(t))));
        unwanted.clear();
    }

    /** The session may be a new one, without subscriptions: then all are asked for again. */
    void connected(ServerLimits serverLimits, boolean maybeNew) {
        limits = serverLimits;
        if (maybeNew) {
            List.copyOf(confirmed.keySet()).forEach(this::doubt);
        }
        for (String filter : List.copyOf(unwanted.keySet())) {
            requestUnsubscribe(filter, serverLimits);
        }
        for (Declared d : List.copyOf(declared.values())) {
            if (isDue(d)) {
                request(d, serverLimits);
            }
        }
    }

    private boolean isDue(Declared d) {
        boolean absent = !d.wanted.equals(confirmed.get(d.wanted.topicFilter()));
        return !d.waiting.isEmpty()
                || resubscribe == Resubscribe.ALWAYS
                || (resubscribe == Resubscribe.WHEN_ABSENT && absent);
    }

    void disconnected() {
        limits = null;
        for (Map.Entry<Integer, Request> open : requests.entrySet()) {
            identifiers.free(open.getKey());
            if (open.getValue() instanceof SubscribeRequest r) {
                waitAgain(r);
            } else if (open.getValue() instanceof UnsubscribeRequest r) {
                waitAgain(r);
            }
        }
        requests.clear();
        disordered.clear();
    }

    /**
     * It may have arrived, so what the server has is not known; unless it is wanted again, it is
     * asked for again.
     */
    private void waitAgain(UnsubscribeRequest r) {
        if (declared.containsKey(r.topicFilter())) {
            r.tokens().forEach(t -> outbox.tell(new Event.Unsubscribed(t)));
        } else {
            unwanted.computeIfAbsent(r.topicFilter(), f -> new ArrayList<>()).addAll(r.tokens());
        }
    }

    private void waitAgain(SubscribeRequest r) {
        Declared d = declared.get(r.subscription().topicFilter());
        if (d != null) {
            d.waiting.addAll(r.tokens());
            return;
        }
        r.tokens()
                .forEach(
                        t ->
                                outbox.tell(
                                        new Event.SubscribeFailed(
                                                t,
                                                new MqttException.ConnectionLost(
                                                        "The connection ended before the server answered",
                                                        null,
                                                        false))));
    }

    private void request(Declared d, ServerLimits limits) {
        SubscribeRequest request = new SubscribeRequest(d.wanted, List.copyOf(d.waiting));
        d.waiting.clear();
        d.last = request;
        MqttException refusal = refusal(d.wanted, limits);
        int identifier = refusal == null ? identifiers.take(request) : 0;
        if (refusal != null) {
            refused(request, refusal);
        } else if (identifier == 0) {
            refused(request, noIdentifier());
        } else {
            if (!d.wanted.equals(confirmed.get(d.wanted.topicFilter()))) {
                doubt(d.wanted.topicFilter());
            }
            requests.put(identifier, request);
            outbox.send(new Subscribe(identifier, List.of(d.wanted), 0, List.of()));
        }
    }

    private void requestUnsubscribe(String topicFilter, ServerLimits limits) {
        List<Long> tokens = unwanted.remove(topicFilter);
        UnsubscribeRequest request =
                new UnsubscribeRequest(
                        topicFilter,
                        tokens == null ? List.of() : tokens,
                        confirmed.get(topicFilter));
        Unsubscribe probe = new Unsubscribe(1, List.of(topicFilter), List.of());
        MqttException refusal = tooLarge(probe, "UNSUBSCRIBE", topicFilter, limits);
        int identifier = refusal == null ? identifiers.take(request) : 0;
        if (identifier == 0) {
            MqttException cause = refusal == null ? noIdentifier() : refusal;
            request.tokens().forEach(t -> outbox.tell(new Event.UnsubscribeFailed(t, cause)));
        } else {
            doubt(topicFilter);
            requests.put(identifier, request);
            outbox.send(new Unsubscribe(identifier, List.of(topicFilter), List.of()));
        }
    }

    /**
     * What the server has is about to change, and is not known until it answers. Stored before the
     * request leaves, so that after a crash a declared subscription is asked for again.
     */
    private void doubt(String topicFilter) {
        uncertain.add(topicFilter);
        if (confirmed.remove(topicFilter) != null) {
            outbox.persist(new Change.Unsubscribed(topicFilter));
        }
    }

    private void confirm(Subscription subscription) {
        uncertain.remove(subscription.topicFilter());
        confirmed.put(subscription.topicFilter(), subscription);
        outbox.persist(new Change.Subscribed(subscription));
    }

    private boolean isOpen(String topicFilter) {
        return requests.values().stream().anyMatch(r -> r.topicFilter().equals(topicFilter));
    }

    private @Nullable MqttException refusal(Subscription s, ServerLimits limits) {
        String filter = s.topicFilter();
        boolean wildcard = filter.indexOf('+') >= 0 || filter.indexOf('#') >= 0;
        if (wildcard && !limits.wildcardSubscriptions()) {
            return new MqttException.SubscribeRejected(
                    "The server allows no wildcards: subscribe without those of '" + filter + "'",
                    ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED);
        }
        if (filter.startsWith("$share/") && !limits.sharedSubscriptions()) {
            return new MqttException.SubscribeRejected(
                    "The server allows no shared subscriptions such as '" + filter + "'",
                    ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED);
        }
        Subscribe probe = new Subscribe(1, List.of(s), 0, List.of());
        return tooLarge(probe, "SUBSCRIBE", filter, limits);
    }

    private @Nullable MqttException tooLarge(
            Packet packet, String name, String filter, ServerLimits limits) {
        long size = encodedSize.applyAsLong(packet);
        if (size <= limits.maximumPacketSize()) {
            return null;
        }
        return new MqttException.SubscribeRejected(
                "The "
                        + name
                        + " of '"
                        + filter
                        + "' takes "
                        + size
                        + " bytes; the server allows "
                        + limits.maximumPacketSize(),
                ReasonCode.PACKET_TOO_LARGE);
    }

    private static MqttException noIdentifier() {
        return new MqttException.SubscribeRejected(
                "All 65,535 Packet Identifiers are in use: wait for acknowledgements",
                ReasonCode.QUOTA_EXCEEDED);
    }

    // ---- answers

    void received(Suback p) {
        if (!(requests.get(p.packetIdentifier()) instanceof SubscribeRequest r)) {
            throw unexpected("SUBACK", p.packetIdentifier());
        }
        ReasonCode reason = only(p.reasons(), "SUBACK");
        boolean certain = answered(p.packetIdentifier(), r);
        String filter = r.topicFilter();
        if (reason.isError()) {
            refused(
                    r,
                    new MqttException.SubscribeRejected(
                            "The server refused the subscription to '"
                                    + filter
                                    + "': "
                                    + reason
                                    + (p.reasonString() == null ? "" : ", " + p.reasonString()),
                            reason));
            return;
        }
        if (certain) {
            confirm(r.subscription());
        }
        Subscribed subscribed =
                new Subscribed(
                        r.subscription(),
                        granted(reason),
                        Optional.ofNullable(p.reasonString()),
                        p.userProperties());
        r.tokens().forEach(t -> outbox.tell(new Event.Subscribed(t, subscribed)));
    }

    private static QoS granted(ReasonCode reason) {
        return switch (reason) {
            case SUCCESS -> QoS.AT_MOST_ONCE;
            case GRANTED_QOS_1 -> QoS.AT_LEAST_ONCE;
            case GRANTED_QOS_2 -> QoS.EXACTLY_ONCE;
            default -> throw ProtocolViolation.protocolError("SUBACK grants " + reason);
        };
    }

    /**
     * A call of subscribe() that is refused takes its declaration back. One that was given to the
     * builder, or that the server had confirmed before, stays, and is tried again with the next
     * connection.
     */
    private void refused(SubscribeRequest r, MqttException cause) {
        Declared d = declared.get(r.topicFilter());
        if (d != null && (d.permanent || r.tokens().isEmpty())) {
            outbox.tell(new Event.SubscriptionRefused(r.subscription(), cause));
        } else if (d != null && d.waiting.isEmpty() && d.isLast(r)) {
            declared.remove(r.topicFilter());
        }
        r.tokens().forEach(t -> outbox.tell(new Event.SubscribeFailed(t, cause)));
    }

    void received(Unsuback p) {
        if (!(requests.get(p.packetIdentifier()) instanceof UnsubscribeRequest r)) {
            throw unexpected("UNSUBACK", p.packetIdentifier());
        }
        ReasonCode reason = only(p.reasons(), "UNSUBACK");
        boolean certain = answered(p.packetIdentifier(), r);
        if (reason.isError()) {
            MqttException cause =
                    new MqttException.SubscribeRejected(
                            "The server refused to unsubscribe '"
                                    + r.topicFilter()
                                    + "': "
                                    + reason,
                            reason);
            if (r.former() != null && certain) {
                confirm(r.former());
            }
            r.tokens().forEach(t -> outbox.tell(new Event.UnsubscribeFailed(t, cause)));
            return;
        }
        if (certain) {
            uncertain.remove(r.topicFilter());
        }
        r.tokens().forEach(t -> outbox.tell(new Event.Unsubscribed(t)));
    }

    private static ProtocolViolation unexpected(String name, int packetIdentifier) {
        return ProtocolViolation.protocolError(
                name
                        + " with Packet Identifier "
                        + packetIdentifier
                        + ", for which there was no request");
    }

    private static ReasonCode only(List<ReasonCode> reasons, String name) {
        if (reasons.size() != 1) {
            throw ProtocolViolation.protocolError(
                    name + " with " + reasons.size() + " reason codes for one Topic Filter");
        }
        return reasons.get(0);
    }

    /** Tells whether it is certain now what the server has of this Topic Filter. */
    private boolean answered(int packetIdentifier, Request answered) {
        String filter = answered.topicFilter();
        for (Request older : requests.values()) {
            if (older == answered) {
                break;
            }
            if (older.topicFilter().equals(filter)) {
                disordered.add(filter);
            }
        }
        requests.remove(packetIdentifier);
        identifiers.free(packetIdentifier);
        return !isOpen(filter) && !disordered.remove(filter);
    }

    List<Subscription> confirmed() {
        return List.copyOf(confirmed.values());
    }
}
