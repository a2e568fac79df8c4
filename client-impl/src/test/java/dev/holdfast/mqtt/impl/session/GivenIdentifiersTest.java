package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.SessionState;
import dev.holdfast.mqtt.store.SessionState.Presence;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which Subscription Identifiers are given, and what they stand for. */
class GivenIdentifiersTest {
    private static final int HIGHEST = 268_435_455;

    private final SessionState disk = new SessionState();

    private SubscriptionIdentifiers identifiers() {
        return new SubscriptionIdentifiers(disk.recovered(), new Outbox(new WriteAhead(), true));
    }

    @Test
    void beginsAgainBehindTheHighestAndLeavesOutThoseInUse() {
        disk.apply(new Change.Subscribed(Subscription.to("a"), 1));
        disk.apply(new Change.Identified("b", HIGHEST));
        SubscriptionIdentifiers identifiers = identifiers();
        assertEquals(2, identifiers.give(List.of("c")));
    }

    @Test
    void goesOnBehindTheHighestThatWasEverGiven() {
        disk.apply(new Change.Identified("a", 7));
        disk.apply(new Change.Unsubscribed("a"));
        assertEquals(8, identifiers().give(List.of("b")));
    }

    @Test
    void remembersEndedOnesForAWhileOnly() {
        SubscriptionIdentifiers identifiers = identifiers();
        for (int i = 1; i <= 1_025; i++) {
            identifiers.give(List.of("t" + i));
            identifiers.release("t" + i);
        }
        assertEquals(List.of(2, 1_025), identifiers.known(List.of(1, 2, 1_025, 1_026, 2)));
        assertEquals(List.of("t2"), identifiers.filters(List.of(2)));
    }

    @Test
    void standsForTheOthersAloneWhenOneLeaves() {
        SubscriptionIdentifiers identifiers = identifiers();
        int shared = identifiers.give(List.of("a", "b"));
        int own = identifiers.give(List.of("b"));
        assertEquals(List.of("a"), identifiers.filters(List.of(shared)));
        assertEquals(List.of("b"), identifiers.filters(List.of(own)));
    }

    /** The file is of a release that knew no identifiers. */
    @Test
    void subscribesAnewWhatHasNoIdentifierAndTrustsNoneUntilThen() {
        disk.apply(new Change.Presence(Presence.HELD));
        disk.apply(new Change.Subscribed(Subscription.to("a/#")));
        TestCore core = new TestCore(TestCore.settings(), disk);
        core.session.subscribe(1, Subscription.to("a/b"));
        core.connect(true);
        Subscribe fresh = core.sent(Subscribe.class);
        Message message = Message.to("a/b").qos(QoS.AT_MOST_ONCE).build();
        List<Integer> given = List.of(fresh.subscriptionIdentifier());
        core.session.received(new Publish(message, 0, false, given));
        core.session.subscribe(2, Subscription.to("a/#"));
        Subscribe old = core.sent(Subscribe.class);
        core.answer(fresh);
        core.answer(old);
        core.session.received(new Publish(message, 0, false, given));
        List<List<String>> named = new ArrayList<>();
        core.told(Event.Deliver.class).forEach(d -> named.add(d.incoming().topicFilters()));
        assertEquals(List.of(List.of(), List.of("a/b")), named);
        assertEquals(
                Map.of("a/#", old.subscriptionIdentifier(), "a/b", given.get(0)),
                disk.recovered().subscriptionIdentifiers());
    }
}
