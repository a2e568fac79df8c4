package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.store.Change;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a group need not write, it does not write. */
class SessionChangesTest {
    private final SessionRow session = new SessionRow(1, "press-17");
    private final SessionChanges changes = new SessionChanges(session);

    private void add(Change... all) {
        changes.add(List.of(all), 0);
    }

    @Test
    void forgetsAMessageThatIsAcceptedAndCompleted() {
        add(
                Samples.accepted(1, 10),
                Samples.sent(1),
                new Change.Released(1, 1),
                Samples.completed(1));
        assertEquals(Map.of(), changes.outgoing);
        assertEquals(0, changes.bytes);
    }

    @Test
    void keepsOnlyTheLastStateOfAnAcceptedMessage() {
        add(Samples.accepted(1, 10), new Change.Sent(1, 7), new Change.Requeued(1));
        assertTrue(changes.outgoing.get(1L).isQueued());
        add(new Change.Sent(1, 8));
        assertEquals(8, changes.outgoing.get(1L).packetIdentifier());
        assertFalse(changes.outgoing.get(1L).isQueued());
    }

    @Test
    void startsFromTheFlightInTheFile() {
        Flight flight = new Flight(Keys.sent(1, 5), 7, 0, false);
        session.keep(5, flight);
        add(new Change.Released(5, 3), Samples.sent(6));
        assertEquals(flight, changes.outgoing.get(5L).before);
        assertEquals(3, changes.outgoing.get(5L).releaseOrder());
        assertNull(changes.outgoing.get(6L).before);
    }

    @Test
    void forgetsAnIdentifierThatIsReceivedAndForgotten() {
        add(Samples.received(7, 1, "a"), new Change.Forgotten(7));
        assertFalse(changes.identifiers.get(7).stored);
        assertEquals(0, changes.identifiers.get(7).deliveryId);
    }

    @Test
    void replacesAnIdentifierThatIsForgottenAndReceivedAgain() {
        add(new Change.Forgotten(7), Samples.received(7, 9, "b"));
        assertTrue(changes.identifiers.get(7).stored);
        assertEquals(9, changes.identifiers.get(7).deliveryId);
    }

    @Test
    void forgetsADeliveryThatIsReceivedAndConsumed() {
        add(Samples.received(7, 1, "a"), new Change.Consumed(1), new Change.Consumed(2));
        assertEquals(Map.of(), changes.received);
        assertEquals(List.of(2L), changes.consumed);
    }

    @Test
    void keepsTheLastWordOnASubscription() {
        add(
                new Change.Subscribed(Subscription.to("a")),
                new Change.Unsubscribed("a"),
                new Change.Unsubscribed("b"),
                new Change.Subscribed(Subscription.to("b")));
        assertEquals(
                Map.of(
                        "a",
                        Optional.empty(),
                        "b",
                        Optional.of(SubscriptionRow.confirmed(Subscription.to("b"), 0))),
                changes.subscriptions);
    }

    @Test
    void refusesWhatTheFoldRefuses() {
        add(Samples.accepted(1, 10));
        refused(Samples.accepted(1, 10));
        refused(new Change.Released(1, 1));
        refused(new Change.Requeued(1));
        add(Samples.sent(1));
        refused(Samples.sent(1));
        session.keep(5, new Flight(Keys.sent(1, 5), 7, 0, false));
        add(Samples.completed(5));
        refused(Samples.completed(5));
        add(Samples.received(7, 2, "a"));
        refused(Samples.received(7, 3, "b"));
        add(new Change.Forgotten(7));
        refused(new Change.Forgotten(7));
        add(new Change.NumbersReserved(10));
        refused(new Change.NumbersReserved(10));
        add(new Change.IdentifiersReserved(8));
        refused(new Change.IdentifiersReserved(8));
    }

    private void refused(Change change) {
        assertThrows(IllegalStateException.class, () -> add(change), change.toString());
    }
}
