package dev.holdfast.mqtt.store;

import dev.holdfast.mqtt.Subscription;
import java.util.List;
import java.util.Map;

/**
 * What a session held when it was opened. Queued messages, of which there may be more than the heap
 * holds, are only counted; {@link StoredSession#readQueued} reads them.
 *
 * @param presence whether the server is known to have a session for this client
 * @param numbersReserved counting goes on from here; at least 1
 * @param inFlight messages in flight and released, in the order of their sequence numbers
 * @param queuedMessages how many messages are queued
 * @param queuedBytes how much they take, as {@link OutgoingMessage#size()} counts
 * @param receivedIdentifiers Packet Identifiers of received QoS 2 messages whose PUBREL has not
 *     come, with their delivery ids
 * @param inbox received QoS 2 messages that were not dealt with, in the order of their delivery ids
 * @param subscriptions confirmed by the server in this session
 * @param subscriptionIdentifiers under which the server has subscriptions, or may have them, by
 *     Topic Filter; those without one are not there
 * @param highestSubscriptionIdentifier the highest that was ever given to a subscription of this
 *     session's client; 0 if none was
 * @param identifiersReserved Packet Identifiers of which the server may hold some for messages that
 *     are not here: 1 to this one; 0 for none
 */
public record Recovered(
        SessionState.Presence presence,
        long numbersReserved,
        List<OutgoingMessage> inFlight,
        long queuedMessages,
        long queuedBytes,
        Map<Integer, Long> receivedIdentifiers,
        List<IncomingMessage> inbox,
        List<Subscription> subscriptions,
        Map<String, Integer> subscriptionIdentifiers,
        int highestSubscriptionIdentifier,
        int identifiersReserved) {
    /** Keeps the collections from changing. */
    public Recovered {
        inFlight = List.copyOf(inFlight);
        receivedIdentifiers = Map.copyOf(receivedIdentifiers);
        inbox = List.copyOf(inbox);
        subscriptions = List.copyOf(subscriptions);
        subscriptionIdentifiers = Map.copyOf(subscriptionIdentifiers);
    }
}
