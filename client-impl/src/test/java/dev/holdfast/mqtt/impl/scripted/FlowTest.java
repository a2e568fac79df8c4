package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.again;
import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.atMostOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.suback;
import static dev.holdfast.mqtt.impl.scripted.Packets.unsuback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Demand: messages come as they are asked for, and the server is held back by it. */
class FlowTest extends ScriptedTest {
    /** Asks for what a test tells it to. */
    private static class Asking implements Flow.Subscriber<Delivery> {
        final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
        final LinkedBlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
        final CompletableFuture<Void> completed = new CompletableFuture<>();
        final AtomicInteger atOnce = new AtomicInteger();
        volatile boolean throwing;

        @Override
        public void onSubscribe(Flow.Subscription s) {
            assertTrue(subscription.complete(s), "onSubscribe came twice");
        }

        @Override
        public void onNext(Delivery delivery) {
            assertEquals(1, atOnce.incrementAndGet(), "Two signals at once");
            deliveries.add(delivery);
            atOnce.decrementAndGet();
            if (throwing) {
                throw new IllegalStateException("a bug of the subscriber");
            }
        }

        @Override
        public void onError(Throwable cause) {
            assertTrue(completed.completeExceptionally(cause), "The last signal came twice");
        }

        @Override
        public void onComplete() {
            assertTrue(completed.complete(null), "The last signal came twice");
        }

        void request(long n) {
            get(subscription).request(n);
        }

        Delivery next() {
            try {
                Delivery next = deliveries.poll(15, TimeUnit.SECONDS);
                assertTrue(next != null, "No message came");
                return next;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        String nextText() {
            return next().message().payloadText();
        }
    }

    private final Asking asking = new Asking();

    private MqttClient clientWith(MessageHandler handler) {
        return client(
                b ->
                        b.receiveMaximum(3)
                                .resubscribe(Resubscribe.NEVER)
                                .subscription(Subscription.to("a"), handler));
    }

    private MqttClient clientWithSubscriber() {
        return clientWith(MessageHandlers.fromSubscriber(asking));
    }

    /** A connected client whose server knows of its subscription. */
    private ScriptedConnection subscribed(MqttClient client, MessageHandler handler) {
        ScriptedConnection connection = connect(client);
        var subscribed = client.subscribe(Subscription.to("a"), handler);
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.GRANTED_QOS_2));
        get(subscribed);
        return connection;
    }

    private ScriptedConnection subscribed(MqttClient client) {
        return subscribed(client, MessageHandlers.fromSubscriber(asking));
    }

    // ---- demand

    @Test
    void leavesWithTheServerWhatNobodyAsksFor() {
        ScriptedConnection connection = connect(clientWithSubscriber());
        connection.send(atLeastOnce(1, "a", "1"), exactlyOnce(2, "a", "2"));
        connection.expect(pubrec(2));
        connection.send(atLeastOnce(3, "a", "3"));
        connection.fence();
        assertNull(asking.deliveries.peek());
        asking.request(2);
        Delivery one = asking.next();
        Delivery two = asking.next();
        connection.fence();
        assertNull(asking.deliveries.peek());
        one.acknowledge();
        connection.expect(puback(1));
        asking.request(Long.MAX_VALUE);
        asking.request(Long.MAX_VALUE); // no overflow
        asking.next().reject(ReasonCode.QUOTA_EXCEEDED);
        connection.expect(new Puback(3, ReasonCode.QUOTA_EXCEEDED));
        get(two.acknowledge());
        // The window is open again for as many as were answered.
        connection.send(atLeastOnce(4, "a", "4"));
        asking.next().acknowledge();
        connection.expect(puback(4));
    }

    @Test
    void keepsTheOrderWhileDemandComesFromWithinOnNext() {
        Asking greedy =
                new Asking() {
                    @Override
                    public void onSubscribe(Flow.Subscription s) {
                        super.onSubscribe(s);
                        s.request(1);
                    }

                    @Override
                    public void onNext(Delivery delivery) {
                        super.onNext(delivery);
                        delivery.acknowledge();
                        request(1);
                    }
                };
        MqttClient client =
                client(
                        b ->
                                b.resubscribe(Resubscribe.NEVER)
                                        .subscription(
                                                Subscription.to("a"),
                                                MessageHandlers.fromSubscriber(greedy)));
        ScriptedConnection connection = connect(client);
        for (int i = 1; i <= 500; i++) {
            connection.send(atLeastOnce(i, "a", "" + i));
        }
        for (int i = 1; i <= 500; i++) {
            connection.expect(puback(i));
            assertEquals("" + i, greedy.nextText());
        }
    }

    @Test
    void forgetsTheCopiesThatTheServerDeliversAgain() {
        ScriptedConnection connection = connect(clientWithSubscriber());
        connection.send(atLeastOnce(1, "a", "1"), atLeastOnce(2, "a", "2"));
        connection.fence();
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        next.send(again(atLeastOnce(1, "a", "1")), again(atLeastOnce(2, "a", "2")));
        next.fence();
        asking.request(10);
        for (int i = 1; i <= 2; i++) {
            Delivery delivery = asking.next();
            assertTrue(delivery.redelivered());
            delivery.acknowledge();
            next.expect(puback(i));
        }
        next.fence();
        assertNull(asking.deliveries.peek());
    }

    // ---- the end

    @Test
    void unsubscribesWhenCancelled() {
        ScriptedConnection connection = subscribed(client());
        connection.send(atLeastOnce(1, "a", "1"), atLeastOnce(2, "a", "2"));
        asking.request(1);
        Delivery one = asking.next();
        get(asking.subscription).cancel();
        get(asking.subscription).cancel();
        Unsubscribe unsubscribe = connection.expect(Unsubscribe.class);
        assertEquals(List.of("a"), unsubscribe.topicFilters());
        connection.send(atLeastOnce(3, "a", "3"));
        connection.send(unsuback(unsubscribe, ReasonCode.SUCCESS));
        asking.request(5);
        connection.fence();
        one.reject(ReasonCode.NOT_AUTHORIZED);
        connection.expect(new Puback(1, ReasonCode.NOT_AUTHORIZED));
        // Nobody wants the others any more, and nothing must wait behind them.
        connection.expect(puback(2));
        connection.expect(puback(3));
        assertNull(asking.deliveries.peek());
    }

    @Test
    void failsWhoAsksForNothing() {
        ScriptedConnection connection = subscribed(client());
        asking.request(0);
        failure(IllegalArgumentException.class, asking.completed);
        connection.expect(Unsubscribe.class);
    }

    @Test
    void cancelsASubscriberThatThrowsAndRefusesItsMessage() {
        ScriptedConnection connection =
                subscribed(
                        client(),
                        MessageHandlers.fromSubscriber(asking)
                                .onFailure(HandlerFailure.reject(ReasonCode.QUOTA_EXCEEDED)));
        asking.throwing = true;
        asking.request(5);
        connection.send(atLeastOnce(1, "a", "1"));
        connection.expectInAnyOrder(
                new Puback(1, ReasonCode.QUOTA_EXCEEDED),
                new Unsubscribe(2, List.of("a"), List.of()));
        assertEquals(
                "a bug of the subscriber",
                listener.await(Recorder.HandlerFailed.class).cause().getMessage());
    }

    @Test
    void completesWhenUnsubscribedAndAllIsHandedOver() {
        MqttClient client = client();
        ScriptedConnection connection = subscribed(client);
        connection.send(atLeastOnce(1, "a", "1"));
        connection.fence();
        var unsubscribed = client.unsubscribe("a");
        connection.send(unsuback(connection.expect(Unsubscribe.class), ReasonCode.SUCCESS));
        get(unsubscribed);
        assertTrue(!asking.completed.isDone());
        asking.request(1);
        asking.next().acknowledge();
        connection.expect(puback(1));
        get(asking.completed);
    }

    @Test
    void completesForTheOneThatIsReplacedAndFailsWhenTheClientIsClosed() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Flow.Publisher<Delivery> deliveries = client.deliveries(Subscription.to("a"));
        Asking second = new Asking();
        deliveries.subscribe(asking);
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.GRANTED_QOS_2));
        get(asking.subscription);
        deliveries.subscribe(second);
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.GRANTED_QOS_2));
        get(asking.completed);
        second.request(1);
        connection.send(atLeastOnce(1, "a", "1"));
        assertEquals("1", second.nextText());
        client.close();
        failure(MqttException.ClientClosed.class, second.completed);
        Asking third = new Asking();
        deliveries.subscribe(third);
        failure(IllegalStateException.class, third.completed);
        assertThrows(NullPointerException.class, () -> deliveries.subscribe(null));
    }

    @Test
    void failsWhenTheServerRefusesTheSubscription() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        client.deliveries(Subscription.to("a")).subscribe(asking);
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.NOT_AUTHORIZED));
        failure(MqttException.SubscribeRejected.class, asking.completed);
    }

    @Test
    void takesASubscriberOnlyAsItIs() {
        MessageHandler handler = MessageHandlers.fromSubscriber(asking);
        assertThrows(IllegalArgumentException.class, () -> handler.parallelBy(Message::topic, 2));
        assertThrows(
                IllegalArgumentException.class,
                () -> handler.onFailure(HandlerFailure.retry(java.time.Duration.ZERO, 1)));
        ScriptedConnection connection = connect(clientWith(handler::handle));
        connection.send(atLeastOnce(1, "a", "1"));
        connection.expect(new Puback(1, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR));
        assertInstanceOf(
                IllegalStateException.class, listener.await(Recorder.HandlerFailed.class).cause());
    }

    // ---- the end, though nobody waits for it

    private static final Duration SHORT = Duration.ofMillis(400);

    private static MqttException.TimedOut expectTimedOut(CompletableFuture<?> call) {
        return failure(MqttException.TimedOut.class, call);
    }

    @Test
    void completesWhenTheServerConfirmsTooLate() {
        MqttClient client = client(b -> b.operationTimeout(SHORT));
        ScriptedConnection connection = subscribed(client);
        var ended = client.unsubscribe("a");
        Unsubscribe unsubscribe = connection.expect(Unsubscribe.class);
        expectTimedOut(ended);
        assertFalse(asking.completed.isDone());

        connection.send(unsuback(unsubscribe, ReasonCode.SUCCESS));

        get(asking.completed);
    }

    @Test
    void completesWhenTheSessionThatHeldItIsLostTooLate() {
        MqttClient client = client(b -> b.operationTimeout(SHORT));
        ScriptedConnection connection = subscribed(client);
        var ended = client.unsubscribe("a");
        connection.expect(Unsubscribe.class);
        expectTimedOut(ended);
        connection.cut();

        server.accept().accept().fence();

        get(asking.completed);
    }

    /** Another has come in its place meanwhile. */
    @Test
    void doesNotCompleteForTheEndOfWhatItReplaced() {
        MqttClient client = client(b -> b.operationTimeout(SHORT));
        ScriptedConnection connection = subscribed(client, MessageHandlers.forEach(message -> {}));
        var ended = client.unsubscribe("a");
        Unsubscribe unsubscribe = connection.expect(Unsubscribe.class);
        expectTimedOut(ended);
        client.subscribe(Subscription.to("a"), MessageHandlers.fromSubscriber(asking));
        Subscribe subscribe = connection.expect(Subscribe.class);

        connection.send(unsuback(unsubscribe, ReasonCode.SUCCESS));
        connection.send(suback(subscribe, ReasonCode.GRANTED_QOS_2));

        asking.request(1);
        connection.send(atMostOnce("a", "x"));
        assertEquals("x", asking.nextText());
        assertFalse(asking.completed.isDone());
    }

    /** With orTimeout(…), say: what the call asked for is done all the same. */
    @Test
    void completesAlsoWhenTheApplicationHasCompletedTheFuture() {
        MqttClient client = client();
        ScriptedConnection connection = subscribed(client);
        client.unsubscribe("a").cancel(false);
        Unsubscribe unsubscribe = connection.expect(Unsubscribe.class);

        connection.send(unsuback(unsubscribe, ReasonCode.SUCCESS));

        get(asking.completed);
    }

    @Test
    void failsAlsoWhenTheApplicationHasCompletedTheFutureOfTheRefusedCall() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        client.subscribe(Subscription.to("a"), MessageHandlers.fromSubscriber(asking))
                .cancel(false);
        Subscribe subscribe = connection.expect(Subscribe.class);

        connection.send(suback(subscribe, ReasonCode.NOT_AUTHORIZED));

        failure(MqttException.SubscribeRejected.class, asking.completed);
    }
}
