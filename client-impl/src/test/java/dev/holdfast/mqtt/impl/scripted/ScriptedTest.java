package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.ScriptedServer.PATIENCE;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.impl.packet.Connect;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;

/**
 * A real client against a scripted server, and the few words that most tests need.
 *
 * <pre>{@code
 * MqttClient client = client(b -> b.receiveMaximum(2));
 * ScriptedConnection connection = connect(client);
 * Publication publication = publish(client, QoS.AT_LEAST_ONCE, "x");
 * connection.send(puback(connection.expect(Publish.class)));
 * get(publication.acknowledged());
 * }</pre>
 */
public abstract class ScriptedTest {
    protected final ScriptedServer server = ScriptedServer.start();
    protected final Recorder listener = new Recorder();
    private final List<MqttClient> clients = new ArrayList<>();

    @AfterEach
    protected void endAll() {
        clients.forEach(MqttClient::close);
        server.close();
    }

    /**
     * A client with a session of 300 s that reconnects quickly and sends nothing by itself, changed
     * as the test likes; closed after the test.
     */
    protected MqttClient client(Consumer<MqttClientBuilder> changes) {
        return client(server.uri(), changes);
    }

    protected MqttClient client(URI uri, Consumer<MqttClientBuilder> changes) {
        MqttClientBuilder builder =
                MqttClient.newBuilder(uri)
                        .clientIdentifier("c1")
                        .sessionExpiry(Duration.ofSeconds(300))
                        .keepAlive(Duration.ZERO)
                        .connectTimeout(PATIENCE)
                        .reconnect(
                                ReconnectPolicy.exponential(
                                        Duration.ofMillis(20), Duration.ofMillis(100)))
                        .listener(listener);
        changes.accept(builder);
        MqttClient client = builder.build();
        clients.add(client);
        return client;
    }

    protected MqttClient client() {
        return client(builder -> {});
    }

    /** Connects a client, without a session on the server. */
    protected ScriptedConnection connect(MqttClient client) {
        return connect(client, Packets.connack());
    }

    /** Connects a client; returns when both sides know of it. */
    protected ScriptedConnection connect(MqttClient client, Packets.ConnackBuilder connack) {
        var connected = client.connect();
        ScriptedConnection connection = server.accept().accept(connack);
        get(connected);
        return connection;
    }

    /**
     * Lets a client connect that gives an attempt little time: on a busy machine the first may be
     * too late.
     */
    protected ScriptedConnection acceptInTime(
            CompletableFuture<?> connected, Packets.ConnackBuilder connack) {
        ScriptedConnection last = null;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!connected.isDone()) {
            assertTrue(System.nanoTime() < deadline, "The client never connects in time");
            ScriptedConnection connection = server.accept(ScriptedConnection.QUIET);
            if (connection != null && connection.nextIfAny(PATIENCE) instanceof Connect) {
                last = connection;
                last.sendIfOpen(connack.build());
            }
        }
        get(connected);
        return last;
    }

    protected static Publication publish(MqttClient client, QoS qos, String payload) {
        return client.publish(Message.to("t").payload(payload).qos(qos).build());
    }

    /** Waits until something holds, in time. */
    protected static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, () -> "In vain: " + what);
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** What a future completes with, in time. */
    protected static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("Failed: " + e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("Not completed within " + PATIENCE, e);
        } catch (InterruptedException e) {
            throw new AssertionError("Interrupted while waiting for a future", e);
        }
    }

    /** What a future fails with, in time. */
    protected static <E extends Throwable> E failure(Class<E> type, CompletableFuture<?> future) {
        try {
            Object value = future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            throw new AssertionError("Completed with " + value + ", but should have failed");
        } catch (ExecutionException e) {
            return assertInstanceOf(type, e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("Neither completed nor failed within " + PATIENCE, e);
        } catch (InterruptedException e) {
            throw new AssertionError("Interrupted while waiting for a future", e);
        }
    }
}
