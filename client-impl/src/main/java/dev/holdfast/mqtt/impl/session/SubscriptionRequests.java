package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Each SUBSCRIBE and UNSUBSCRIBE of this connection that has no answer yet. */
final class SubscriptionRequests {
    /**
     * One Topic Filter of a request.
     *
     * @param tokens calls that wait for the answer
     * @param wanted what is subscribed; null in UNSUBSCRIBE
     * @param former what the server had before, as far as it said so; null in SUBSCRIBE, and if
     *     nothing
     * @param fresh whether the server cannot have had anything before
     */
    record Item(
            String topicFilter,
            List<Long> tokens,
            @Nullable Subscription wanted,
            @Nullable Subscription former,
            boolean fresh) {}

    /** A SUBSCRIBE or UNSUBSCRIBE; each is itself and no other. */
    static final class Request {
        private final boolean subscribes;
        private final List<Item> items;
        private final int identifier;
        private final List<UserProperty> userProperties;

        /**
         * Describes it.
         *
         * @param identifier the Subscription Identifier, 0 for none
         */
        Request(
                boolean subscribes,
                List<Item> items,
                int identifier,
                List<UserProperty> userProperties) {
            this.subscribes = subscribes;
            this.items = items;
            this.identifier = identifier;
            this.userProperties = userProperties;
        }

        boolean subscribes() {
            return subscribes;
        }

        List<Item> items() {
            return items;
        }

        int identifier() {
            return identifier;
        }

        List<UserProperty> userProperties() {
            return userProperties;
        }

        @Override
        public String toString() {
            return subscribes ? "a SUBSCRIBE" : "an UNSUBSCRIBE";
        }
    }

    private final PacketIdentifiers<Object> packetIdentifiers;

    /** By Packet Identifier, oldest first. */
    private final Map<Integer, Request> open = new SparseMap<>();

    /** How many open requests name each Topic Filter. */
    private final Map<String, Integer> openPerFilter = new SparseMap<>();

    /**
     * Topic Filters with an open request that is older than one answered already: in which order
     * the server took them is not known.
     */
    private final Set<String> disordered = new SparseSet<>();

    SubscriptionRequests(PacketIdentifiers<Object> packetIdentifiers) {
        this.packetIdentifiers = packetIdentifiers;
    }

    int count() {
        return open.size();
    }

    boolean isOpen(String topicFilter) {
        return openPerFilter.containsKey(topicFilter);
    }

    /**
     * Remembers a request.
     *
     * @return its Packet Identifier, or 0 if none is free
     */
    int add(Request request) {
        int packetIdentifier = packetIdentifiers.take(request);
        if (packetIdentifier != 0) {
            open.put(packetIdentifier, request);
            request.items().forEach(i -> openPerFilter.merge(i.topicFilter(), 1, Integer::sum));
        }
        return packetIdentifier;
    }

    /** What a packet answers; throws if it answers nothing, or something else. */
    Request answeredBy(
            String packet, boolean subscribes, int packetIdentifier, List<ReasonCode> reasons) {
        Request request = open.get(packetIdentifier);
        if (request == null || request.subscribes() != subscribes) {
            throw ProtocolViolation.protocolError(
                    packet
                            + " with Packet Identifier "
                            + packetIdentifier
                            + ", for which there was no request");
        }
        if (reasons.size() != request.items().size()) {
            throw ProtocolViolation.protocolError(
                    packet
                            + " with "
                            + reasons.size()
                            + " reason codes for "
                            + request.items().size()
                            + " Topic Filters");
        }
        return request;
    }

    /**
     * Ends an answered request.
     *
     * @return the Topic Filters of which it is certain now what the server has
     */
    Set<String> close(int packetIdentifier, Request answered) {
        Set<String> certain = new HashSet<>();
        for (Item item : answered.items()) {
            certain.add(item.topicFilter());
        }
        noteOlder(answered, certain);
        open.remove(packetIdentifier);
        packetIdentifiers.free(packetIdentifier);
        for (Item item : answered.items()) {
            openPerFilter.computeIfPresent(item.topicFilter(), (f, n) -> n == 1 ? null : n - 1);
        }
        certain.removeIf(f -> openPerFilter.containsKey(f) || disordered.remove(f));
        return certain;
    }

    private void noteOlder(Request answered, Set<String> itsFilters) {
        for (Request older : open.values()) {
            if (older == answered) {
                return;
            }
            for (Item item : older.items()) {
                if (itsFilters.contains(item.topicFilter())) {
                    disordered.add(item.topicFilter());
                }
            }
        }
    }

    /** The connection is gone: nothing will be answered any more. */
    List<Request> abandon() {
        List<Request> unanswered = new ArrayList<>(open.values());
        open.keySet().forEach(packetIdentifiers::free);
        open.clear();
        openPerFilter.clear();
        disordered.clear();
        return unanswered;
    }
}
