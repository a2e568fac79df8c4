package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Overload;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.impl.session.Incoming;
import dev.holdfast.mqtt.impl.session.TestSession;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** Which messages wait for a handler, and how long. */
class HandlersTest {
    private final List<Long> settled = new ArrayList<>();
    private final Handlers handlers = handlers();

    /** All on one thread, at once. */
    private Handlers handlers() {
        Loop loop =
                new Loop() {
                    @Override
                    public void execute(Runnable task) {
                        task.run();
                    }

                    @Override
                    public Timer schedule(Runnable task, long delay) {
                        throw new AssertionError("Nothing waits here");
                    }

                    @Override
                    public long now() {
                        return 0;
                    }

                    @Override
                    public long wallClock() {
                        return 0;
                    }
                };
        Lane lane = new Lane(Runnable::run, Runnable::run);
        Notices notices = new Notices(lane, new ClientListener() {});
        return new Handlers(
                loop,
                new Feeds(loop, Runnable::run, Runnable::run, HandlerFailure.drop(), notices),
                notices,
                lane,
                new Qos0Limit(Overload.DROP_NEWEST, () -> {}),
                (handOver, outcome) -> settled.add(handOver.incoming().deliveryId()),
                filter -> {});
    }

    private static Incoming message(long id, String topic) {
        Message message = Message.to(topic).payload("x").qos(QoS.AT_LEAST_ONCE).build();
        return TestSession.incoming(message, id);
    }

    @Test
    void keepsNoMessageOfASubscriptionThatHadNoHandlerAndHasEnded() {
        handlers.deliver(message(1, "old/one"));
        handlers.deliver(message(2, "other"));
        assertEquals(List.of(), settled);

        handlers.end("old/#", null);
        handlers.deliver(message(3, "old/two"));

        assertEquals(List.of(1L, 3L), settled);
    }

    @Test
    void keepsTheHandlerThatCameBeforeTheEndOfTheLastOne() {
        handlers.register(List.of("a"), MessageHandlers.forEach(m -> {}));
        Registrations.Registration first = handlers.find("a");
        handlers.register(List.of("a"), MessageHandlers.forEach(m -> {}));

        handlers.end("a", first);
        handlers.deliver(message(1, "a"));

        assertEquals(List.of(1L), settled);
        assertEquals(true, handlers.find("a") != null, "The second handler is gone");
    }

    private Delivery receivedAtMostOnce() {
        List<Delivery> received = new ArrayList<>();
        handlers.register(List.of("a"), MessageHandlers.manual(received::add));
        Message message = Message.to("a").payload("x").qos(QoS.AT_MOST_ONCE).build();
        handlers.deliver(TestSession.incoming(message, 1));
        return received.get(0);
    }

    @Test
    void theCoreIsNotAskedToSettleWhatNeedsNoAnswer() {
        Delivery delivery = receivedAtMostOnce();
        CompletableFuture<Void> handled = delivery.handled();
        assertFalse(handled.isDone());

        delivery.acknowledge();

        assertTrue(handled.isDone() && !handled.isCompletedExceptionally());
        assertEquals(List.of(), settled);
    }

    @Test
    void whoWaitsForAMessageAtQos0LearnsThatTheClientIsOver() {
        Delivery delivery = receivedAtMostOnce();
        CompletableFuture<Void> handled = delivery.handled();
        MqttException cause = new MqttException.ClientClosed("closed");

        handlers.failOpen(cause);

        assertSame(cause, assertThrows(ExecutionException.class, handled::get).getCause());
    }

    @Test
    void whoAsksTooLateForAMessageAtQos0LearnsThatTheClientIsOver() {
        Delivery delivery = receivedAtMostOnce();
        MqttException cause = new MqttException.ClientClosed("closed");
        handlers.failOpen(cause);

        CompletableFuture<Void> handled = delivery.handled();

        assertSame(cause, assertThrows(ExecutionException.class, handled::get).getCause());
    }
}
