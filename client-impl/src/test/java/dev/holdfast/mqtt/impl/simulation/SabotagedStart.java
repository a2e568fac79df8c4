package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.store.IncomingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** Other things found on disk than were stored. */
final class SabotagedStart {
    private SabotagedStart() {}

    static Recovered withoutInFlight(Recovered r) {
        return with(r, List.of(), r.receivedIdentifiers(), r.inbox());
    }

    static Recovered withInFlightReversed(Recovered r) {
        List<OutgoingMessage> reversed = new ArrayList<>(r.inFlight());
        Collections.reverse(reversed);
        return with(r, reversed, r.receivedIdentifiers(), r.inbox());
    }

    static Recovered withReleaseOrderReversed(Recovered r) {
        List<OutgoingMessage> reversed =
                r.inFlight().stream()
                        .map(m -> m.releaseOrder() == 0 ? m : m.released(1_000 - m.releaseOrder()))
                        .toList();
        return with(r, reversed, r.receivedIdentifiers(), r.inbox());
    }

    static Recovered withoutReceivedIdentifiers(Recovered r) {
        return with(r, r.inFlight(), Map.of(), r.inbox());
    }

    static Recovered withPlainInbox(Recovered r) {
        List<IncomingMessage> plain =
                r.inbox().stream()
                        .map(m -> new IncomingMessage(m.deliveryId(), m.message()))
                        .toList();
        return with(r, r.inFlight(), r.receivedIdentifiers(), plain);
    }

    static Recovered withoutSubscriptionIdentifiers(Recovered r) {
        return new Recovered(
                r.presence(),
                r.numbersReserved(),
                r.inFlight(),
                r.queuedMessages(),
                r.queuedBytes(),
                r.receivedIdentifiers(),
                r.inbox(),
                r.subscriptions(),
                Map.of(),
                0,
                r.identifiersReserved());
    }

    static Recovered withoutReservedIdentifiers(Recovered r) {
        return new Recovered(
                r.presence(),
                r.numbersReserved(),
                r.inFlight(),
                r.queuedMessages(),
                r.queuedBytes(),
                r.receivedIdentifiers(),
                r.inbox(),
                r.subscriptions(),
                r.subscriptionIdentifiers(),
                r.highestSubscriptionIdentifier(),
                0);
    }

    static Recovered withoutInbox(Recovered r) {
        return with(r, r.inFlight(), r.receivedIdentifiers(), List.of());
    }

    static Recovered withNewDeliveryIds(Recovered r) {
        List<IncomingMessage> renumbered =
                r.inbox().stream()
                        .map(m -> new IncomingMessage(m.deliveryId() + 1_000_000, m.message()))
                        .toList();
        return with(r, r.inFlight(), r.receivedIdentifiers(), renumbered);
    }

    private static Recovered with(
            Recovered r,
            List<OutgoingMessage> inFlight,
            Map<Integer, Long> receivedIdentifiers,
            List<IncomingMessage> inbox) {
        return new Recovered(
                r.presence(),
                r.numbersReserved(),
                inFlight,
                r.queuedMessages(),
                r.queuedBytes(),
                receivedIdentifiers,
                inbox,
                r.subscriptions(),
                r.subscriptionIdentifiers(),
                r.highestSubscriptionIdentifier(),
                r.identifiersReserved());
    }
}
