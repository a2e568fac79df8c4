package dev.holdfast.mqtt.samples.brokers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.h2.H2SessionStore;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
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
            Ears atSubscriber = new Ears();
            MqttClient subscriber =
                    build(
                            lasting("s")
                                    .store(H2SessionStore.at(folder.resolve("subscriber")))
                                    .listener(atSubscriber)
                                    .subscription(Subscription.to(name), toReceived()));
            connect(subscriber);
            subscribe(subscriber, Subscription.to(name));
            Ears atPublisher = new Ears();
            MqttClient publisher =
                    build(
                            lasting("p")
                                    .store(H2SessionStore.at(folder.resolve("publisher")))
                                    .listener(atPublisher));
            connect(publisher);
            get(publisher.publish(name, m -> m.payload("before")).acknowledged());
            assertEquals("before", next().payloadText());
            atSubscriber.connected.take();
            atPublisher.connected.take();

            // Some of these leave before the publisher knows that the broker is gone.
            CompletableFuture<Void> restart = CompletableFuture.runAsync(() -> broker.restart());
            get(atSubscriber.disconnected);
            Map<String, Publication> meanwhile = publishMany(publisher, "meanwhile");
            get(restart);

            boolean forgets = product.has(Difference.FORGETS_SESSIONS_AT_RESTART);
            assertEquals(!forgets, atSubscriber.connected.take().sessionPresent());
            assertEquals(forgets, atSubscriber.lost.isDone());
            boolean publisherIsKnown = atPublisher.connected.take().sessionPresent();
            product.confirm(Difference.FORGETS_PUBLISHERS_AT_RESTART, !publisherIsKnown);

            Set<String> owed = acknowledged(meanwhile, !publisherIsKnown);
            if (forgets) {
                // The subscription is made anew, perhaps behind the messages; what is published
                // from now on arrives.
                subscribe(subscriber, Subscription.to(name));
                owed.clear();
            }
            owed.addAll(acknowledged(publishMany(publisher, "afterwards"), false));
            while (!owed.isEmpty()) {
                owed.remove(next().payloadText());
            }
        } finally {
            broker.close();
        }
    }

    /** Waits for the end of each: acknowledged, or in doubt if the session was lost. */
    private static Set<String> acknowledged(Map<String, Publication> all, boolean sessionLost) {
        Set<String> acknowledged = new TreeSet<>();
        all.forEach(
                (text, publication) -> {
                    Throwable failure =
                            get(publication.acknowledged().handle((done, thrown) -> thrown));
                    if (failure == null) {
                        acknowledged.add(text);
                    } else if (!sessionLost || !(failure instanceof MqttException.SessionLost)) {
                        throw new AssertionError(text + " was not acknowledged", failure);
                    }
                });
        return acknowledged;
    }

    private Map<String, Publication> publishMany(MqttClient publisher, String when) {
        Map<String, Publication> publications = new LinkedHashMap<>();
        for (int i = 0; i < 100; i++) {
            String text = when + " " + i;
            QoS qos = i % 2 == 0 ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE;
            publications.put(text, publisher.publish(name, m -> m.payload(text).qos(qos)));
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
