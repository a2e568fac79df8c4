package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.ServerLimits;
import dev.holdfast.mqtt.Subscribed;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.impl.session.SubscriptionRequests.Item;
import dev.holdfast.mqtt.impl.session.SubscriptionRequests.Request;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.spi.DeclaredSubscription;
import dev.holdfast.mqtt.store.Recovered;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    /** Requests without an answer; more wait until there are fewer. */
    static final int MOST_OPEN = 64;

    /** Topic Filters in one packet, and so those of one Subscription Identifier. */
    static final int MOST_IN_PACKET = 64;

    /** Topic Filters that the server is to be asked to end; calls for others are refused. */
    static final int MOST_UNWANTED = 65_536;

    /** Topic Filters that were named in one call; each is itself and no other. */
    private static final class Group {
        final List<String> filters;
        final List<UserProperty> userProperties;

        Group(List<String> filters, List<UserProperty> userProperties) {
            this.filters = filters;
            this.userProperties = userProperties;
        }
    }

    /** What the application wants for one Topic Filter. */
    private static final class Declared {
        Subscription wanted;

        /** Those that were declared with it, for the same handler. */
        Group group;

        /** Calls of subscribe() that wait for the server's answer. */
        final ArrayDeque<Long> waiting = new ArrayDeque<>();

        /** The last request for it: a refusal of an older one says nothing of it. */
        @Nullable Request last;

        /** Whether it was given to the builder, and so stays when the server refuses it. */
        boolean permanent;

        Declared(Subscription wanted, Group group) {
            this.wanted = wanted;
            this.group = group;
        }
    }

    /** A Topic Filter to be unsubscribed, with the calls that wait and those it came with. */
    private record Unwanted(ArrayDeque<Long> waiting, Group group) {}

    private final Resubscribe resubscribe;
    private final boolean wantsIdentifiers;
    private final Outbox outbox;
    private final ToLongFunction<Packet> encodedSize;
    private final ServerSubscriptions server;
    private final SubscriptionRequests requests;
    private final SubscriptionCalls calls;

    private final Map<String, Declared> declared = new SparseMap<>();

    private final Map<String, Unwanted> unwanted = new SparseMap<>();

    /** Topic Filters, declared or unwanted, whose request is to leave; in this order. */
    private final Set<String> due = new SparseSet<>();

    private @Nullable ServerLimits limits;

    Subscriptions(
            ClientSettings settings,
            Recovered recovered,
            PacketIdentifiers<Object> packetIdentifiers,
            Outbox outbox,
            Time time,
            ToLongFunction<Packet> encodedSize) {
        this.resubscribe = settings.resubscribe();
        this.wantsIdentifiers = settings.subscriptionIdentifiers();
        this.outbox = outbox;
        this.encodedSize = encodedSize;
        server = new ServerSubscriptions(recovered, outbox);
        requests = new SubscriptionRequests(packetIdentifiers);
        calls = new SubscriptionCalls(settings.operationTimeout(), time, outbox);
        for (List<DeclaredSubscription> all : settings.subscriptionGroups()) {
            Group group =
                    new Group(
                            all.stream().map(d -> d.subscription().topicFilter()).toList(),
                            all.get(0).userProperties());
            for (DeclaredSubscription one : all) {
                Declared d = new Declared(one.subscription(), group);
                d.permanent = true;
                declared.put(one.subscription().topicFilter(), d);
            }
        }
    }

    // ---- from the application

    /** Several Topic Filters for one handler. */
    void subscribe(List<SubscribeCall> together, List<UserProperty> userProperties) {
        Group group =
                new Group(
                        together.stream().map(c -> c.subscription().topicFilter()).toList(),
                        userProperties);
        for (SubscribeCall call : together) {
            calls.add(call);
            String filter = call.subscription().topicFilter();
            Unwanted undone = unwanted.remove(filter);
            if (undone != null) {
                calls.unsubscribed(undone.waiting());
            }
            Declared d =
                    declared.computeIfAbsent(filter, f -> new Declared(call.subscription(), group));
            d.wanted = call.subscription();
            d.group = group;
            // From now on it is that of the caller, who learns of a refusal.
            d.permanent = false;
            addTo(d.waiting, call.token());
            due.add(filter);
        }
        send();
    }

    /** Those that have waited too long make room, so that calls do not pile up offline. */
    private void addTo(ArrayDeque<Long> waiting, long token) {
        while (!waiting.isEmpty() && calls.isOver(waiting.peek())) {
            waiting.remove();
        }
        waiting.add(token);
    }

    void unsubscribe(List<UnsubscribeCall> together, List<UserProperty> userProperties) {
        Group group =
                new Group(
                        together.stream().map(UnsubscribeCall::topicFilter).toList(),
                        userProperties);
        for (UnsubscribeCall call : together) {
            calls.add(call);
            String filter = call.topicFilter();
            if (unwanted.size() >= MOST_UNWANTED && !unwanted.containsKey(filter)) {
                calls.unsubscribeFailed(List.of(call.token()), tooManyUnwanted(filter));
                continue;
            }
            Declared d = declared.remove(filter);
            if (d != null) {
                calls.subscribeFailed(d.waiting, undeclared(filter));
            }
            due.remove(filter);
            if (!mayBeThere(filter)) {
                calls.unsubscribed(List.of(call.token()));
                continue;
            }
            addTo(
                    unwanted.computeIfAbsent(filter, f -> new Unwanted(new ArrayDeque<>(), group))
                            .waiting(),
                    call.token());
            due.add(filter);
        }
        send();
    }

    private static MqttException tooManyUnwanted(String filter) {
        return new MqttException.StoreFull(
                "'"
                        + filter
                        + "' stays subscribed: the server is to be asked to end "
                        + MOST_UNWANTED
                        + " subscriptions already, and more are not noted: wait for a connection");
    }

    private static MqttException undeclared(String filter) {
        return new MqttException.ClientClosed(
                "'" + filter + "' was unsubscribed before it was subscribed");
    }

    private boolean mayBeThere(String topicFilter) {
        return server.mayHave(topicFilter) || unwanted.containsKey(topicFilter);
    }

    /** Fails calls that have waited too long. */
    void expire() {
        calls.expire();
    }

    long deadline() {
        return calls.nextDeadline();
    }

    // ---- connections

    /** The server has no session any more, and with it no subscriptions. */
    void sessionLost() {
        server.sessionLost(declared::containsKey);
        Map<String, Unwanted> gone = new LinkedHashMap<>(unwanted);
        unwanted.clear();
        gone.forEach((filter, u) -> ended(filter, u.waiting()));
    }

    /** The session may be a new one, without subscriptions: then all are asked for again. */
    void connected(ServerLimits serverLimits, boolean resumed, boolean maybeNew) {
        limits = serverLimits;
        if (resumed) {
            server.resumed();
        }
        if (maybeNew) {
            server.doubtAll();
        }
        due.clear();
        due.addAll(unwanted.keySet());
        Map<Integer, Group> owners = new HashMap<>();
        for (Declared d : declared.values()) {
            if (isDue(d, owners)) {
                due.add(d.wanted.topicFilter());
            }
        }
        send();
    }

    private boolean isDue(Declared d, Map<Integer, Group> owners) {
        String filter = d.wanted.topicFilter();
        boolean absent =
                !d.wanted.equals(server.confirmed(filter))
                        || (usesIdentifiers() && isWronglyIdentified(d, owners));
        return !d.waiting.isEmpty()
                || resubscribe == Resubscribe.ALWAYS
                || (resubscribe == Resubscribe.WHEN_ABSENT && absent);
    }

    /** Whether it has no identifier, or that of Topic Filters with another handler. */
    private boolean isWronglyIdentified(Declared d, Map<Integer, Group> owners) {
        int identifier = server.identifiers.of(d.wanted.topicFilter());
        return identifier == 0 || owners.computeIfAbsent(identifier, i -> d.group) != d.group;
    }

    private boolean usesIdentifiers() {
        return wantsIdentifiers && limits != null && limits.subscriptionIdentifiers();
    }

    void disconnected() {
        limits = null;
        due.clear();
        for (Request unanswered : requests.abandon()) {
            for (Item item : unanswered.items()) {
                if (unanswered.subscribes()) {
                    subscribeAgain(item);
                } else {
                    unsubscribeAgain(item, unanswered.userProperties());
                }
            }
        }
    }

    private void subscribeAgain(Item item) {
        Declared d = declared.get(item.topicFilter());
        if (d != null) {
            d.waiting.addAll(item.tokens());
        } else {
            calls.subscribeFailed(
                    item.tokens(),
                    new MqttException.ConnectionLost(
                            "The connection ended before the server answered", null, false));
        }
    }

    /**
     * It may have arrived, so what the server has is not known; unless it is wanted again, it is
     * asked for again.
     */
    private void unsubscribeAgain(Item item, List<UserProperty> properties) {
        if (declared.containsKey(item.topicFilter())) {
            calls.unsubscribed(item.tokens());
        } else {
            unwanted.computeIfAbsent(
                            item.topicFilter(),
                            f ->
                                    new Unwanted(
                                            new ArrayDeque<>(), new Group(List.of(f), properties)))
                    .waiting()
                    .addAll(item.tokens());
        }
    }

    // ---- to the server

    /** Sends what is due, as far as there is a connection, and room for more open requests. */
    private void send() {
        ServerLimits now = limits;
        while (now != null && !due.isEmpty() && requests.count() < MOST_OPEN) {
            String next = due.iterator().next();
            Declared d = declared.get(next);
            if (d != null) {
                subscribe(d, now);
            } else {
                unsubscribe(next, now);
            }
        }
    }

    private void subscribe(Declared first, ServerLimits now) {
        List<Declared> together = new ArrayList<>();
        List<Subscription> wanted = new ArrayList<>();
        for (String filter : first.group.filters) {
            Declared d = declared.get(filter);
            if (d == null || d.group != first.group || !due.contains(filter)) {
                continue;
            }
            MqttException refusal = SubscriptionRules.refusal(d.wanted, now);
            wanted.add(d.wanted);
            long larger = size(wanted, first.group);
            if (refusal == null && larger > now.maximumPacketSize() && together.isEmpty()) {
                refusal = SubscriptionRules.tooLarge("SUBSCRIBE", filter, larger, now);
            }
            if (refusal != null) {
                wanted.remove(wanted.size() - 1);
                refuse(d, refusal);
                continue;
            }
            if (larger > now.maximumPacketSize()) {
                wanted.remove(wanted.size() - 1);
                break;
            }
            together.add(d);
            if (together.size() == MOST_IN_PACKET) {
                break;
            }
        }
        if (!together.isEmpty()) {
            send(together, wanted);
        }
    }

    private long size(List<Subscription> wanted, Group group) {
        int identifier = usesIdentifiers() ? SubscriptionIdentifiers.MAXIMUM : 0;
        return encodedSize.applyAsLong(new Subscribe(1, wanted, identifier, group.userProperties));
    }

    private Item item(Declared d) {
        String filter = d.wanted.topicFilter();
        Item item = new Item(filter, List.copyOf(d.waiting), d.wanted, null, !mayBeThere(filter));
        d.waiting.clear();
        due.remove(filter);
        return item;
    }

    private void refuse(Declared d, MqttException cause) {
        Request refused = new Request(true, List.of(item(d)), 0, List.of());
        d.last = refused;
        refused(refused, refused.items().get(0), cause);
    }

    private void send(List<Declared> together, List<Subscription> wanted) {
        int identifier = usesIdentifiers() ? identifierOf(together) : 0;
        List<Item> items = together.stream().map(this::item).toList();
        List<UserProperty> properties = together.get(0).group.userProperties;
        Request request = new Request(true, items, identifier, properties);
        together.forEach(d -> d.last = request);
        int packetIdentifier = requests.add(request);
        if (packetIdentifier == 0) {
            items.forEach(i -> refused(request, i, SubscriptionRules.noPacketIdentifier()));
            return;
        }
        wanted.forEach(s -> server.subscribing(s, identifier));
        outbox.send(new Subscribe(packetIdentifier, wanted, identifier, properties));
    }

    /** The one they have, unless it is also that of Topic Filters with another handler. */
    private int identifierOf(List<Declared> together) {
        Group group = together.get(0).group;
        List<String> filters = together.stream().map(d -> d.wanted.topicFilter()).toList();
        SubscriptionIdentifiers given = server.identifiers;
        int first = given.of(filters.get(0));
        boolean fits = first != 0 && filters.stream().allMatch(f -> given.of(f) == first);
        for (String filter : fits ? given.sharing(first) : List.<String>of()) {
            Declared d = declared.get(filter);
            fits &= d == null || d.group == group;
        }
        return fits ? first : given.give(filters);
    }

    private void unsubscribe(String first, ServerLimits now) {
        List<String> together = new ArrayList<>();
        Group group = Objects.requireNonNull(unwanted.get(first), first).group();
        List<UserProperty> properties = group.userProperties;
        for (String filter : group.filters) {
            if (!due.contains(filter) || !unwanted.containsKey(filter)) {
                continue;
            }
            together.add(filter);
            long size = encodedSize.applyAsLong(new Unsubscribe(1, together, properties));
            if (size > now.maximumPacketSize()) {
                together.remove(together.size() - 1);
                if (together.isEmpty()) {
                    MqttException cause =
                            SubscriptionRules.tooLarge("UNSUBSCRIBE", filter, size, now);
                    calls.unsubscribeFailed(takeUnwanted(filter).tokens(), cause);
                    continue;
                }
                break;
            }
            if (together.size() == MOST_IN_PACKET) {
                break;
            }
        }
        if (!together.isEmpty()) {
            sendUnsubscribe(together, properties);
        }
    }

    private Item takeUnwanted(String filter) {
        due.remove(filter);
        Unwanted u = Objects.requireNonNull(unwanted.remove(filter), filter);
        return new Item(filter, List.copyOf(u.waiting()), null, server.confirmed(filter), false);
    }

    private void sendUnsubscribe(List<String> filters, List<UserProperty> properties) {
        List<Item> items = filters.stream().map(this::takeUnwanted).toList();
        int packetIdentifier = requests.add(new Request(false, items, 0, properties));
        if (packetIdentifier == 0) {
            MqttException cause = SubscriptionRules.noPacketIdentifier();
            items.forEach(i -> calls.unsubscribeFailed(i.tokens(), cause));
            return;
        }
        filters.forEach(server::doubt);
        outbox.send(new Unsubscribe(packetIdentifier, List.copyOf(filters), properties));
    }

    // ---- answers

    void received(Suback p) {
        Request r = requests.answeredBy("SUBACK", true, p.packetIdentifier(), p.reasons());
        List<@Nullable QoS> granted = new ArrayList<>();
        for (ReasonCode reason : p.reasons()) {
            granted.add(reason.isError() ? null : SubscriptionRules.granted(reason));
        }
        Set<String> certain = requests.close(p.packetIdentifier(), r);
        for (int i = 0; i < r.items().size(); i++) {
            Item item = r.items().get(i);
            QoS qos = granted.get(i);
            Subscription wanted = Objects.requireNonNull(item.wanted());
            if (qos == null) {
                refused(
                        r,
                        item,
                        SubscriptionRules.refusedByServer(
                                item.topicFilter(), p.reasons().get(i), p));
                if (item.fresh() && certain.contains(item.topicFilter())) {
                    server.absent(item.topicFilter(), declared.containsKey(item.topicFilter()));
                }
                continue;
            }
            if (certain.contains(item.topicFilter())) {
                server.confirm(wanted, r.identifier());
            }
            calls.subscribed(
                    item.tokens(),
                    new Subscribed(
                            wanted,
                            qos,
                            Optional.ofNullable(p.reasonString()),
                            p.userProperties()));
        }
        send();
    }

    /**
     * A call of subscribe() that is refused takes its declaration back. One that was given to the
     * builder, that nobody waits for, or that the server had confirmed before, stays, and is tried
     * again with the next connection.
     */
    private void refused(Request r, Item item, MqttException cause) {
        Declared d = declared.get(item.topicFilter());
        if (d != null && (d.permanent || calls.waiting(item.tokens()).isEmpty())) {
            outbox.tell(
                    new Event.SubscriptionRefused(Objects.requireNonNull(item.wanted()), cause));
        } else if (d != null && d.waiting.isEmpty() && d.last == r) {
            declared.remove(item.topicFilter());
            due.remove(item.topicFilter());
        }
        calls.subscribeFailed(item.tokens(), cause);
    }

    void received(Unsuback p) {
        Request r = requests.answeredBy("UNSUBACK", false, p.packetIdentifier(), p.reasons());
        Set<String> certain = requests.close(p.packetIdentifier(), r);
        for (int i = 0; i < r.items().size(); i++) {
            Item item = r.items().get(i);
            String filter = item.topicFilter();
            ReasonCode reason = p.reasons().get(i);
            if (!reason.isError()) {
                if (certain.contains(filter)) {
                    server.absent(filter, declared.containsKey(filter));
                }
                ended(filter, item.tokens());
                continue;
            }
            if (item.former() != null && certain.contains(filter)) {
                server.confirm(item.former(), server.identifiers.of(filter));
            }
            calls.unsubscribeFailed(
                    item.tokens(),
                    new MqttException.SubscribeRejected(
                            "The server refused to unsubscribe '"
                                    + filter
                                    + "': "
                                    + reason
                                    + (p.reasonString() == null ? "" : ", " + p.reasonString()),
                            reason,
                            p.reasonString(),
                            p.userProperties()));
        }
        send();
    }

    /** The server does not have it any more, unless another request for it has left since. */
    private void ended(String filter, Collection<Long> tokens) {
        boolean last =
                !declared.containsKey(filter)
                        && !unwanted.containsKey(filter)
                        && !requests.isOpen(filter);
        if (!calls.unsubscribed(tokens) && last) {
            outbox.tell(new Event.SubscriptionEnded(filter));
        }
    }

    // ---- sight

    /** The Subscription Identifiers of a message that say for whom it is; none if they do not. */
    List<Integer> telling(List<Integer> received) {
        return server.telling(received);
    }

    /** The Topic Filters that {@link #telling} identifiers stand for. */
    List<String> filters(List<Integer> telling) {
        return server.identifiers.filters(telling);
    }

    List<Subscription> confirmed() {
        return server.confirmed();
    }
}
