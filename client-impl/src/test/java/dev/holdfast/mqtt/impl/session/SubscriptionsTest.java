package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import org.junit.jupiter.api.Test;

/** Declared subscriptions and the server's are brought into line. */
class SubscriptionsTest {
    private final TestCore core = new TestCore();

    @Test
    void subscriptionRenewedWhileItsUnsubscribeIsOpenIsMadeAgainAfterTheResume() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.session.unsubscribe(2, "a");
        core.sent(Unsubscribe.class);
        core.session.subscribe(3, Subscription.to("a"));
        // SUBACK comes, UNSUBACK does not.
        core.answer(core.sent(Subscribe.class));
        core.cut();

        core.connect(true);

        Subscribe again = core.sent(Subscribe.class);
        assertEquals("a", again.subscriptions().get(0).topicFilter());
        core.assertNothingSent();
    }

    @Test
    void unsubscribeWithoutAnswerIsSentAgainAfterTheResume() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.session.unsubscribe(2, "a");
        core.sent(Unsubscribe.class);
        core.cut();

        core.connect(true);

        assertEquals("a", core.sent(Unsubscribe.class).topicFilters().get(0));
        core.assertNothingSent();
    }

    @Test
    void subscriptionDeclaredSinceTheLastRunIsMadeInAResumedSession() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.answer(core.sent(Subscribe.class));
        core.cut();
        core.session.subscribe(2, Subscription.to("b"));

        core.connect(true);

        assertEquals("b", core.sent(Subscribe.class).subscriptions().get(0).topicFilter());
        core.assertNothingSent();
    }

    @Test
    void subscriptionThatMayHaveReachedTheServerIsUnsubscribedThere() {
        core.connect(false);
        core.session.subscribe(1, Subscription.to("a"));
        core.sent(Subscribe.class);
        core.cut();
        core.session.unsubscribe(2, "a");
        assertEquals(0, core.told(Event.Unsubscribed.class).size());

        core.connect(true);

        assertEquals("a", core.sent(Unsubscribe.class).topicFilters().get(0));
        core.assertNothingSent();
    }
}
