package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Which messages wait for which. */
class HandOverTest extends ScriptedTest {
    private final ConcurrentLinkedQueue<String> handled = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<Void> released = new CompletableFuture<>();

    private ScriptedConnection connectWith(Object... filtersAndHandlers) {
        MqttClient client =
                client(
                        b -> {
                            b.resubscribe(Resubscribe.NEVER);
                            for (int i = 0; i < filtersAndHandlers.length; i += 2) {
                                b.subscription(
                                        Subscription.to((String) filtersAndHandlers[i]),
                                        (MessageHandler) filtersAndHandlers[i + 1]);
                            }
                        });
        return connect(client);
    }

    private MessageHandler blocking() {
        return MessageHandlers.forEach(
                m -> {
                    released.join();
                    handled.add(m.payloadText());
                });
    }

    private MessageHandler quick() {
        return MessageHandlers.forEach(m -> handled.add(m.payloadText()));
    }

    /** The acknowledgement keeps its place all the same (MQTT 5, section 4.6). */
    @Test
    void slowHandlerOfOneSubscriptionDoesNotHoldUpAnother() {
        ScriptedConnection connection = connectWith("slow", blocking(), "quick", quick());
        connection.send(atLeastOnce(1, "slow", "1"), atLeastOnce(2, "quick", "2"));
        await("the quick one", () -> handled.contains("2"));
        connection.fence();
        released.complete(null);
        connection.expect(puback(1));
        connection.expect(puback(2));
        assertEquals(List.of("2", "1"), List.copyOf(handled));
    }

    @Test
    void oneHandlerOfSeveralSubscriptionsGetsTheirMessagesInOrder() {
        MessageHandler both = blocking();
        ScriptedConnection connection = connectWith("a", both, "b", both);
        connection.send(atLeastOnce(1, "a", "1"), atLeastOnce(2, "b", "2"));
        connection.send(atLeastOnce(3, "a", "3"));
        connection.fence();
        released.complete(null);
        for (int i = 1; i <= 3; i++) {
            connection.expect(puback(i));
        }
        assertEquals(List.of("1", "2", "3"), List.copyOf(handled));
    }
}
