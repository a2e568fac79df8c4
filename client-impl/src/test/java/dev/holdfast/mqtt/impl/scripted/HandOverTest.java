package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.again;
import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static java.util.concurrent.Executors.newFixedThreadPool;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Puback;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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

    // ---- in parallel

    /** Platform threads, and virtual ones where the JVM has them. */
    static Stream<Arguments> pools() throws ReflectiveOperationException {
        Stream<Arguments> platform = Stream.of(arguments("platform", newFixedThreadPool(4)));
        if (Runtime.version().feature() < 21) {
            return platform;
        }
        Object virtual = Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        return Stream.concat(platform, Stream.of(arguments("virtual", virtual)));
    }

    @ParameterizedTest(name = "{0} threads")
    @MethodSource("pools")
    void keepsTheOrderOfEachKeyAndNoMoreThanTheMostInProgress(String kind, ExecutorService executor)
            throws InterruptedException {
        AtomicInteger inProgress = new AtomicInteger();
        AtomicInteger mostInProgress = new AtomicInteger();
        CountDownLatch threeAtOnce = new CountDownLatch(3);
        MessageHandler handler =
                MessageHandlers.forEach(
                                m -> {
                                    int now = inProgress.incrementAndGet();
                                    mostInProgress.accumulateAndGet(now, Math::max);
                                    threeAtOnce.countDown();
                                    join(threeAtOnce);
                                    handled.add(m.topic() + " " + m.payloadText());
                                    inProgress.decrementAndGet();
                                })
                        .parallelBy(Message::topic, 3)
                        .on(executor);
        try {
            ScriptedConnection connection = connectWith("k/#", handler);
            int count = 0;
            for (int round = 0; round < 20; round++) {
                for (int key = 0; key < 5; key++) {
                    connection.send(atLeastOnce(++count, "k/" + key, "" + round));
                }
            }
            for (int i = 1; i <= count; i++) {
                connection.expect(puback(i));
            }
        } finally {
            executor.shutdown();
        }
        assertTrue(executor.awaitTermination(15, TimeUnit.SECONDS));
        assertEquals(3, mostInProgress.get());
        List<String> rounds = IntStream.range(0, 20).mapToObj(Integer::toString).toList();
        for (int key = 0; key < 5; key++) {
            String prefix = "k/" + key + " ";
            assertEquals(
                    rounds,
                    handled.stream()
                            .filter(h -> h.startsWith(prefix))
                            .map(h -> h.substring(prefix.length()))
                            .toList());
        }
    }

    private static void join(CountDownLatch latch) {
        try {
            assertTrue(latch.await(15, TimeUnit.SECONDS), "Three should have come together");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void holdsBackAKeyUntilTheStageOfItsMessageCompletes() {
        CompletableFuture<Void> slow = new CompletableFuture<>();
        MessageHandler handler =
                MessageHandlers.async(
                                m -> {
                                    handled.add(m.payloadText());
                                    return m.payloadText().equals("1")
                                            ? slow
                                            : CompletableFuture.completedFuture(null);
                                })
                        .parallelBy(Message::topic, 2);
        ScriptedConnection connection = connectWith("#", handler);
        connection.send(atLeastOnce(1, "a", "1"), atLeastOnce(2, "a", "2"));
        connection.send(atLeastOnce(3, "b", "3"));
        await("both keys", () -> handled.containsAll(Set.of("1", "3")));
        connection.fence();
        assertEquals(Set.of("1", "3"), Set.copyOf(handled));
        slow.complete(null);
        for (int i = 1; i <= 3; i++) {
            connection.expect(puback(i));
        }
        assertTrue(handled.contains("2"));
    }

    @Test
    void refusesAMessageWhoseKeyCannotBeFound() {
        MessageHandler handler =
                quick().parallelBy(m -> Integer.parseInt(m.payloadText()), 2)
                        .onFailure(HandlerFailure.retry(Duration.ZERO, 3));
        ScriptedConnection connection = connectWith("a", handler);
        connection.send(atLeastOnce(1, "a", "no number"), atLeastOnce(2, "a", "2"));
        connection.expect(new Puback(1, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR));
        connection.expect(puback(2));
        assertInstanceOf(
                NumberFormatException.class, listener.await(Recorder.HandlerFailed.class).cause());
    }

    // ---- again

    private final ConcurrentLinkedQueue<Boolean> redelivered = new ConcurrentLinkedQueue<>();

    /** Fails with payloads that begin with "bad", this often each. */
    private MessageHandler failing(int times) {
        Map<String, AtomicInteger> left = new ConcurrentHashMap<>();
        return delivery -> {
            String text = delivery.message().payloadText();
            handled.add(text);
            redelivered.add(delivery.redelivered());
            AtomicInteger mine = left.computeIfAbsent(text, t -> new AtomicInteger(times));
            if (text.startsWith("bad") && mine.getAndDecrement() > 0) {
                throw new IllegalStateException("cannot handle " + text);
            }
            return CompletableFuture.completedStage(null);
        };
    }

    @Test
    void triesAgainAndKeepsTheOrder() {
        Duration delay = Duration.ofMillis(20);
        MessageHandler handler = failing(2).onFailure(HandlerFailure.retry(delay, 2));
        ScriptedConnection connection = connectWith("a", handler);
        connection.send(atLeastOnce(1, "a", "bad 1"), atLeastOnce(2, "a", "2"));
        connection.send(atLeastOnce(3, "a", "bad 3"));
        for (int i = 1; i <= 3; i++) {
            connection.expect(puback(i));
        }
        assertEquals(
                List.of("bad 1", "bad 1", "bad 1", "2", "bad 3", "bad 3", "bad 3"),
                List.copyOf(handled));
        assertEquals(
                List.of(false, true, true, false, false, true, true), List.copyOf(redelivered));
        assertEquals(delay, listener.await(Recorder.HandlerRetries.class).delay());
        assertEquals(delay.multipliedBy(2), listener.await(Recorder.HandlerRetries.class).delay());
    }

    @Test
    void retryOfOneKeyDoesNotHoldUpAnother() {
        MessageHandler handler =
                failing(1)
                        .parallelBy(Message::topic, 1)
                        .onFailure(HandlerFailure.retry(Duration.ofMillis(200), 1));
        ScriptedConnection connection = connectWith("#", handler);
        connection.send(atLeastOnce(1, "a", "bad 1"), atLeastOnce(2, "a", "2"));
        connection.send(atLeastOnce(3, "b", "3"));
        for (int i = 1; i <= 3; i++) {
            connection.expect(puback(i));
        }
        assertEquals(List.of("bad 1", "3", "bad 1", "2"), List.copyOf(handled));
    }

    @Test
    void refusesWithTheReasonOfThePolicyAfterTheLastAttempt() {
        MessageHandler handler =
                failing(9)
                        .onFailure(
                                HandlerFailure.retry(Duration.ZERO, 2)
                                        .thenReject(ReasonCode.QUOTA_EXCEEDED));
        ScriptedConnection connection = connectWith("a", handler);
        connection.send(atLeastOnce(1, "a", "bad"), atLeastOnce(2, "a", "good"));
        connection.expect(new Puback(1, ReasonCode.QUOTA_EXCEEDED));
        connection.expect(puback(2));
        assertEquals(List.of("bad", "bad", "bad", "good"), List.copyOf(handled));
        assertEquals(
                "cannot handle bad",
                listener.await(Recorder.HandlerFailed.class).cause().getMessage());
    }

    @Test
    void dropsWhereThePolicyOfTheClientSaysSo() {
        MqttClient client =
                client(
                        b ->
                                b.resubscribe(Resubscribe.NEVER)
                                        .onHandlerFailure(HandlerFailure.drop())
                                        .subscription(Subscription.to("a"), failing(9)));
        ScriptedConnection connection = connect(client);
        connection.send(atLeastOnce(1, "a", "bad"));
        connection.expect(puback(1));
        listener.await(Recorder.HandlerFailed.class);
    }

    /** The server delivers it again, so the old copy must not come in between. */
    @Test
    void forgetsTheRetryOfAMessageThatComesAgain() {
        MessageHandler handler =
                failing(1).onFailure(HandlerFailure.retry(Duration.ofMillis(400), 5));
        ScriptedConnection connection = connectWith("a", handler);
        connection.send(atLeastOnce(1, "a", "bad"), atLeastOnce(2, "a", "2"));
        listener.await(Recorder.HandlerRetries.class);
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        next.send(again(atLeastOnce(1, "a", "bad")), again(atLeastOnce(2, "a", "2")));
        next.expect(puback(1));
        next.expect(puback(2));
        assertEquals(List.of("bad", "bad", "2"), List.copyOf(handled));
    }

    @Test
    void triesAQos2MessageAgainAfterARestart() {
        TestStore store = new TestStore();
        MessageHandler hopeless =
                failing(Integer.MAX_VALUE).onFailure(HandlerFailure.retry(Duration.ofDays(1), 1));
        MqttClient first =
                client(
                        b ->
                                b.store(store)
                                        .resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("a"), hopeless));
        ScriptedConnection connection = connect(first);
        connection.send(exactlyOnce(1, "a", "bad"));
        connection.expect(pubrec(1));
        long id = listener.await(Recorder.HandlerRetries.class).delivery().id();
        first.close();

        Inbox inbox = new Inbox();
        MqttClient second =
                client(
                        b ->
                                b.store(store)
                                        .resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("a"), inbox));
        second.connect();
        Delivery again = inbox.next();
        assertEquals(id, again.id());
        assertTrue(again.redelivered());
    }

    @Test
    void saysWhichPoliciesCannotBe() {
        for (Executable e :
                List.<Executable>of(
                        () -> HandlerFailure.retry(Duration.ofMillis(-1), 1),
                        () -> HandlerFailure.retry(Duration.ZERO, 0),
                        () -> HandlerFailure.retry(Duration.ZERO, 1_001),
                        () -> HandlerFailure.reject(ReasonCode.SUCCESS),
                        () -> HandlerFailure.reject(ReasonCode.SERVER_BUSY),
                        () -> quick().parallelBy(Message::topic, 0))) {
            assertThrows(IllegalArgumentException.class, e);
        }
        HandlerFailure longer = HandlerFailure.retry(Duration.ofSeconds(25), 9);
        assertEquals(Duration.ofSeconds(50), longer.delay(2));
        assertEquals(Duration.ofMinutes(1), longer.delay(9));
    }
}
