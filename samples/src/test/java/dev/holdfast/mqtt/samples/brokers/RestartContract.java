package dev.holdfast.mqtt.samples.brokers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.h2.H2SessionStore;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A broker that is stopped and started again under clients with sessions. */
@Timeout(120) // seconds; the broker starts twice
abstract class RestartContract extends BrokerTest {
    private final Product product;
    private Broker broker;

    RestartContract(Product product) {
        this.product = product;
    }

    @Override
    URI uri() {
        return broker.uri();
    }

    @Test
    void messagesReachTheSubscriberOverARestartOfTheBroker() throws Exception {
        broker = product.start(folder.resolve("broker"), Limits.WIDE);
        try {
            Ears ears = new Ears();
            MqttClient subscriber =
                    build(
                            lasting("s")
                                    .store(H2SessionStore.at(folder.resolve("subscriber")))
                                    .listener(ears)
                                    .subscription(Subscription.to(name), toReceived()));
            connect(subscriber);
            subscribe(subscriber, Subscription.to(name));
            MqttClient publisher =
                    build(lasting("p").store(H2SessionStore.at(folder.resolve("publisher"))));
            connect(publisher);
            get(publisher.publish(name, m -> m.payload("before")).acknowledged());
            assertEquals("before", next().payloadText());
            ears.connected.take();

            CompletableFuture<Void> restart = CompletableFuture.runAsync(() -> broker.restart());
            get(ears.disconnected);
            List<Publication> meanwhile = publishMany(publisher);
            get(restart);

            boolean forgets = product.has(Difference.FORGETS_SESSIONS_AT_RESTART);
            assertEquals(!forgets, ears.connected.take().sessionPresent());
            assertEquals(forgets, ears.lost.isDone());
            if (forgets) {
                // The subscription is made anew, perhaps behind the messages; what is published
                // from now on arrives.
                subscribe(subscriber, Subscription.to(name));
                settle(meanwhile);
                meanwhile = publishMany(publisher);
            }
            meanwhile.forEach(p -> get(p.acknowledged()));
            Set<String> arrived = new TreeSet<>();
            while (arrived.size() < meanwhile.size()) {
                arrived.add(next().payloadText());
            }
        } finally {
            broker.close();
        }
    }

    /** Waits for the end of each: acknowledged, or in doubt because the session is gone. */
    private static void settle(List<Publication> publications) {
        for (Publication p : publications) {
            Throwable failure = get(p.acknowledged().handle((done, thrown) -> thrown));
            assertTrue(
                    failure == null || failure instanceof MqttException.SessionLost, "" + failure);
        }
    }

    private List<Publication> publishMany(MqttClient publisher) {
        received.clear();
        List<Publication> publications = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String text = "" + i;
            QoS qos = i % 2 == 0 ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE;
            publications.add(publisher.publish(name, m -> m.payload(text).qos(qos)));
        }
        return publications;
    }

    private static final class Ears implements ClientListener {
        final BlockingQueue<Connected> connected = new LinkedBlockingQueue<>();
        final CompletableFuture<MqttException> disconnected = new CompletableFuture<>();
        final CompletableFuture<Void> lost = new CompletableFuture<>();

        @Override
        public void connected(Connected c) {
            connected.add(c);
        }

        @Override
        public void disconnected(MqttException cause) {
            disconnected.complete(cause);
        }

        @Override
        public void sessionLost() {
            lost.complete(null);
        }
    }
}
