package dev.holdfast.mqtt.impl.scripted;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.netty.NettyEventLoops;
import dev.holdfast.mqtt.spi.EventLoops;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.StoredSession;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
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

    /** The threads of the callbacks go after the last of them; each round is a chance to fail. */
    @Test
    void completesWhatIsOpenAtTheEndOnItsOwnThreads() {
        for (int round = 0; round < 50; round++) {
            MqttClient last = client();
            Publication publication = null;
            for (int i = 0; i < 200; i++) {
                publication = publish(last, QoS.AT_LEAST_ONCE, "never sent");
            }
            CompletableFuture<String> thread =
                    Objects.requireNonNull(publication)
                            .acknowledged()
                            .handle((done, thrown) -> Thread.currentThread().getName());
            last.close();
            String name = get(thread);
            assertTrue(name.startsWith("holdfast-callback"), name);
        }
    }

    @Test
    void leavesNothingOpenWhenAnErrorEndsTheBuilding() throws InterruptedException {
        AssertionError error = new AssertionError("of the store");
        IllegalStateException another = new IllegalStateException("of its end");
        AtomicInteger closed = new AtomicInteger();
        StoredSession stored =
                new StoredSession() {
                    @Override
                    public Recovered recovered() {
                        throw error;
                    }

                    @Override
                    public void write(List<Change> changes, Outcome outcome) {
                        throw error;
                    }

                    @Override
                    public void readQueued(long after, int messages, long bytes, Page page) {
                        throw error;
                    }

                    @Override
                    public void close() {
                        closed.incrementAndGet();
                        throw another;
                    }
                };

        assertSame(
                error,
                assertThrows(AssertionError.class, () -> client(b -> b.store(name -> stored))));

        assertEquals(1, closed.get());
        assertEquals(List.of(another), List.of(error.getSuppressed()));
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

    /** Neither one that waits to try again, nor one that is asked for nothing. */
    @Test
    void leavesNoThreadBehindThatWaitsForAHandler() throws InterruptedException {
        MessageHandler hopeless =
                MessageHandlers.forEach(
                        m -> {
                            throw new IllegalStateException("not now");
                        });
        MqttClient client =
                client(
                        b ->
                                b.resubscribe(Resubscribe.NEVER)
                                        .subscription(
                                                Subscription.to("a"),
                                                hopeless.parallelBy(Message::topic, 4)
                                                        .onFailure(
                                                                HandlerFailure.retry(
                                                                        Duration.ofDays(1), 1)))
                                        .subscription(
                                                Subscription.to("b"),
                                                MessageHandlers.fromSubscriber(idle())));
        ScriptedConnection connection = connect(client);
        connection.send(Packets.atLeastOnce(1, "a", "x"), Packets.atLeastOnce(2, "b", "x"));
        listener.await(Recorder.HandlerRetries.class);
        client.close();
        assertEquals(List.of(), leftBehind());
    }

    private static Flow.Subscriber<Delivery> idle() {
        return new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {}

            @Override
            public void onNext(Delivery delivery) {}

            @Override
            public void onError(Throwable cause) {}

            @Override
            public void onComplete() {}
        };
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

    /** One that always calls back would keep meeting the event loop on its way to sleep. */
    @Test
    void callsBackOnFourThreadsInTurn() {
        Set<String> names = new ConcurrentSkipListSet<>();
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        for (int i = 0; i < 32; i++) {
            var named =
                    publish(client, QoS.AT_LEAST_ONCE, "x")
                            .acknowledged()
                            .thenRun(() -> names.add(Thread.currentThread().getName()));
            connection.send(Packets.puback(connection.expect(Publish.class)));
            get(named);
        }
        assertEquals(4, names.size(), names.toString());
    }

    @Test
    void worksOnTheApplicationsEventLoopsAndLeavesThemAlone() throws InterruptedException {
        EventLoopGroup group = group();
        try {
            MqttClient client = client(b -> b.eventLoops(NettyEventLoops.of(group)));
            connect(client).fence();
            assertTrue(ours().stream().noneMatch(n -> n.contains("loop")), ours().toString());
            client.close();
            assertEquals(List.of(), leftBehind());
            assertFalse(group.isShuttingDown());
            MqttClient next = client(b -> b.eventLoops(NettyEventLoops.of(group)));
            connect(next).fence();
            next.close();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    @Test
    void saysThatItsEventLoopsEndedBeforeIt() {
        EventLoopGroup group = group();
        MqttClient client = client(b -> b.eventLoops(NettyEventLoops.of(group)));
        connect(client).fence();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        String why = listener.await(Recorder.StoreHasFailed.class).cause().getMessage();
        assertTrue(why.contains("eventLoops(…) ended before this client was closed"), why);
        client.close();
    }

    @Test
    void refusesEventLoopsOfAnotherKind() {
        EventLoopGroup local = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
        try {
            assertThrows(IllegalArgumentException.class, () -> NettyEventLoops.of(local));
            IllegalStateException e =
                    assertThrows(
                            IllegalStateException.class,
                            () -> client(b -> b.eventLoops(new EventLoops() {})));
            assertTrue(e.getMessage().contains("NettyEventLoops.of(…)"), e.getMessage());
        } finally {
            local.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private static EventLoopGroup group() {
        return new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
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
