package dev.holdfast.mqtt.samples.brokers;

import static org.junit.jupiter.api.Assertions.assertNull;

import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Subscription;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** What the parts of the contract need: clients, a queue for what they receive, and patience. */
abstract class BrokerTest {
    /** Seconds; generous, since it is met only by failures. */
    static final long LONG = 20;

    /** How long to wait for what should not come. */
    private static final long QUIET_MILLIS = 300;

    @TempDir Path folder;

    /** Unlike any other run's, because brokers outlive a test. */
    final String name = "holdfast-" + Long.toHexString(System.nanoTime());

    final BlockingQueue<Message> received = new LinkedBlockingQueue<>();
    private final List<MqttClient> clients = new ArrayList<>();

    abstract URI uri();

    @AfterEach
    void closeClients() {
        clients.forEach(MqttClient::close);
    }

    MqttClientBuilder client(String role) {
        return MqttClient.newBuilder(uri())
                .clientIdentifier(name + "-" + role)
                .reconnect(
                        ReconnectPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(1)));
    }

    /** A client whose session lasts for minutes. */
    MqttClientBuilder lasting(String role) {
        return client(role).sessionExpiry(Duration.ofMinutes(5));
    }

    MqttClient build(MqttClientBuilder builder) {
        MqttClient client = builder.build();
        clients.add(client);
        return client;
    }

    /** Builds and connects a client that needs nothing else. */
    MqttClient connected(String role) {
        MqttClient client = build(client(role));
        connect(client);
        return client;
    }

    void close(MqttClient client) {
        clients.remove(client);
        client.close();
    }

    static Connected connect(MqttClient client) {
        return get(client.connect());
    }

    /** Subscribes, with what comes in {@link #received}; returns when the broker has confirmed. */
    void subscribe(MqttClient client, Subscription subscription) {
        get(client.subscribe(subscription, toReceived()));
    }

    MessageHandler toReceived() {
        return MessageHandlers.forEach(received::add);
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(LONG, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("No success within " + LONG + " s: " + e, e);
        }
    }

    static <E extends Throwable> E failure(Class<E> type, CompletableFuture<?> future) {
        Throwable failure = get(future.handle((done, thrown) -> thrown));
        if (!type.isInstance(failure)) {
            throw new AssertionError("Expected " + type.getSimpleName() + ", not " + failure);
        }
        return type.cast(failure);
    }

    Message next() {
        try {
            Message message = received.poll(LONG, TimeUnit.SECONDS);
            if (message == null) {
                throw new AssertionError("No message within " + LONG + " s");
            }
            return message;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted while waiting for a message", e);
        }
    }

    /** Asserts that nothing more is received for a moment. */
    void expectQuiet() throws InterruptedException {
        assertNull(received.poll(QUIET_MILLIS, TimeUnit.MILLISECONDS));
    }

    /** Lets time pass, where a broker must notice that it has. */
    static void passing(Duration time) {
        get(
                CompletableFuture.runAsync(
                        () -> {},
                        CompletableFuture.delayedExecutor(time.toMillis(), TimeUnit.MILLISECONDS)));
    }
}
