package dev.holdfast.mqtt.impl.scripted;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whose threads do the work, and where they go. */
class ThreadsTest extends ScriptedTest {
    /** A thread that has done its last work takes a moment to be gone. */
    static List<String> leftBehind() throws InterruptedException {
        for (Thread t : Thread.getAllStackTraces().keySet()) {
            if (t.getName().startsWith("holdfast")) {
                t.join(1_000);
            }
        }
        return ours();
    }

    private static List<String> ours() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(t -> t.isAlive() && t.getName().startsWith("holdfast"))
                .map(Thread::getName)
                .toList();
    }

    /** Threads of an earlier test may be about to end. */
    @BeforeEach
    void awaitNoThreads() {
        await("the end of all threads", () -> ours().isEmpty());
    }

    @Test
    void leavesNoThreadBehindAfterTheLastClient() throws InterruptedException {
        MqttClient first = client();
        MqttClient second = client(b -> b.clientIdentifier("c2"));
        connect(first).fence();
        ScriptedConnection connection = connect(second);
        first.close();
        assertFalse(ours().isEmpty());
        publish(second, QoS.AT_LEAST_ONCE, "still working");
        connection.expect(Publish.class);
        second.close();
        assertEquals(List.of(), leftBehind());
    }

    @Test
    void leavesNoThreadBehindAfterFailedAttempts() throws InterruptedException {
        server.stopListening();
        MqttClient client = client();
        client.connect();
        listener.await(Recorder.WillReconnect.class);
        client.close();
        assertEquals(List.of(), leftBehind());
    }

    @Test
    void keepsNoProcessAlive() {
        connect(client()).fence();
        for (Thread t : Thread.getAllStackTraces().keySet()) {
            assertTrue(t.isDaemon() || !t.getName().startsWith("holdfast"), t.getName());
        }
    }

    @Test
    void callsTheApplicationOnItsOwnExecutor() {
        Set<String> names = new ConcurrentSkipListSet<>();
        ExecutorService executor =
                Executors.newSingleThreadExecutor(task -> new Thread(task, "the application's"));
        try {
            MqttClient client = client(b -> b.executor(executor));
            ScriptedConnection connection = connect(client);
            var named =
                    publish(client, QoS.AT_LEAST_ONCE, "x")
                            .acknowledged()
                            .thenRun(() -> names.add(Thread.currentThread().getName()));
            connection.send(Packets.puback(connection.expect(Publish.class)));
            get(named);
            client.close();
            assertEquals(Set.of("the application's"), names);
        } finally {
            executor.shutdown();
        }
    }

    /** What was received and not handed over yet is the server's or the store's again. */
    @Test
    void handsOverNothingOnceClosed() {
        CountDownLatch received = new CountDownLatch(1);
        CompletableFuture<Void> closed = new CompletableFuture<>();
        AtomicInteger calls = new AtomicInteger();
        AtomicReference<MqttClient> self = new AtomicReference<>();
        MqttClient client =
                client(
                        b ->
                                b.resubscribe(Resubscribe.NEVER)
                                        .subscription(
                                                Subscription.to("a"),
                                                delivery -> {
                                                    calls.incrementAndGet();
                                                    received.await();
                                                    self.get().close();
                                                    closed.complete(null);
                                                    return delivery.handled();
                                                }));
        self.set(client);
        ScriptedConnection connection = connect(client);
        for (int i = 0; i < 100; i++) {
            connection.send(Packets.atMostOnce("a", "x"));
        }
        connection.fence();
        received.countDown();
        get(closed);
        awaitNoThreads();
        assertEquals(1, calls.get());
    }

    /** Handlers and completions are lost with their executor, but nothing hangs. */
    @Test
    void closesAfterItsExecutor() {
        ExecutorService executor = Executors.newSingleThreadExecutor();
        MqttClient client = client(b -> b.executor(executor));
        ScriptedConnection connection = connect(client);
        executor.shutdownNow();
        client.close();
        connection.expectDisconnect(ReasonCode.SUCCESS);
    }
}
