package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.session.TestSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Feeds in a world of chance: one seed decides when tasks run, which handlers fail, and when their
 * stages complete.
 */
class FeedsTest {
    private static final int SEEDS = 300;
    private static final int MESSAGES = 60;

    /** Loop, executor and application of one run, on one thread. */
    private static final class World implements Loop {
        final Random chance;
        final List<Runnable> tasks = new ArrayList<>();
        final TreeMap<Long, List<Runnable>> timers = new TreeMap<>();
        final Map<Integer, ReasonCode> settled = new HashMap<>();
        final int most;
        final int retries;
        long now;

        // What the handler has seen.
        final Map<String, Integer> lastOfKey = new HashMap<>();
        final Map<Integer, Integer> calls = new HashMap<>();
        final Map<String, Integer> inProgress = new HashMap<>();
        int allInProgress;

        /** What went wrong first; thrown in a callback it would be taken for its failure. */
        private @Nullable String broken;

        void require(boolean holds, String otherwise) {
            if (!holds && broken == null) {
                broken = otherwise;
            }
        }

        World(int seed) {
            chance = new Random(seed);
            most = 1 + chance.nextInt(4);
            retries = chance.nextInt(3);
        }

        Feeds feeds() {
            Lane completions = new Lane(tasks::add, tasks::add);
            return new Feeds(
                    this,
                    tasks::add,
                    tasks::add,
                    HandlerFailure.drop(),
                    new Notices(completions, new ClientListener() {}));
        }

        HandOver.Part part(int number, String topic) {
            QoS qos = QoS.values()[chance.nextInt(3)];
            Message message = Message.to(topic).payload("" + number).qos(qos).build();
            return new HandOver(TestSession.incoming(message, number), 1, this::settle).part();
        }

        private void settle(HandOver handOver, ReasonCode outcome) {
            int number = number(handOver.incoming().message());
            require(settled.put(number, outcome) == null, "Settled twice: " + number);
        }

        /** A handler that fails now and then, at once or later. */
        CompletionStage<?> handle(Delivery delivery, boolean byTopic) {
            String key = byTopic ? delivery.message().topic() : "";
            int number = number(delivery.message());
            int before = calls.merge(number, 1, Integer::sum) - 1;
            require(before > 0 == delivery.redelivered(), "Redelivered is wrong");
            require(before <= retries, "Called too often");
            if (before == 0) {
                int last = lastOfKey.getOrDefault(key, -1);
                require(number > last, number + " after " + last);
            } else {
                require(lastOfKey.get(key) == number, "Another has come in between");
            }
            lastOfKey.put(key, number);
            require(inProgress.merge(key, 1, Integer::sum) == 1, "Two of one key at once");
            require(++allInProgress <= (byTopic ? most : 1), "Too many at once");
            CompletableFuture<Void> stage = new CompletableFuture<>();
            Runnable end =
                    () -> {
                        allInProgress--;
                        inProgress.merge(key, -1, Integer::sum);
                        if (chance.nextInt(3) == 0) {
                            stage.completeExceptionally(new IllegalStateException());
                        } else {
                            stage.complete(null);
                        }
                    };
            if (chance.nextBoolean()) {
                end.run();
            } else {
                tasks.add(end);
            }
            return stage;
        }

        /** Runs what is there, in any order, until nothing is left. */
        void run() {
            while (broken == null && (!tasks.isEmpty() || !timers.isEmpty())) {
                if (tasks.isEmpty() || (!timers.isEmpty() && chance.nextInt(10) == 0)) {
                    Map.Entry<Long, List<Runnable>> due = timers.pollFirstEntry();
                    now = Math.max(now, due.getKey());
                    tasks.addAll(due.getValue());
                } else {
                    tasks.remove(chance.nextInt(tasks.size())).run();
                }
            }
        }

        /** In their order, as the loop does. */
        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public Timer schedule(Runnable task, long delay) {
            timers.computeIfAbsent(now + delay, t -> new ArrayList<>()).add(task);
            return () -> timers.values().forEach(due -> due.remove(task));
        }

        @Override
        public long now() {
            return now;
        }

        @Override
        public long wallClock() {
            return now;
        }
    }

    private static int number(Message message) {
        return Integer.parseInt(message.payloadText());
    }

    @ParameterizedTest(name = "by topic: {0}")
    @ValueSource(booleans = {true, false})
    void keepsTheOrderOfEachKeyThroughFailuresAndRetries(boolean byTopic) {
        int given = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            World world = new World(seed);
            HandlerFailure policy =
                    new HandlerFailure(
                            Math.max(byTopic ? 0 : 1, world.retries),
                            Duration.ofMillis(5),
                            ReasonCode.QUOTA_EXCEEDED);
            MessageHandler handler = d -> world.handle(d, byTopic);
            if (byTopic) {
                handler = handler.parallelBy(Message::topic, world.most);
            } else if (world.retries == 0) {
                continue; // then a plain handler waits for no stage
            }
            Feed feed = world.feeds().feed(handler.onFailure(policy), f -> {});
            for (int i = 0; i < MESSAGES; i++) {
                String topic = "t" + world.chance.nextInt(5);
                HandOver.Part part = world.part(i, topic);
                feed.add(part);
                if (world.chance.nextInt(4) == 0 && !world.tasks.isEmpty()) {
                    world.tasks.remove(0).run();
                }
            }
            world.run();
            assertNull(world.broken, "Seed " + seed);
            assertEquals(MESSAGES, world.settled.size(), "Seed " + seed + ": some are stuck");
            for (Map.Entry<Integer, ReasonCode> e : world.settled.entrySet()) {
                boolean refused = e.getValue() == ReasonCode.QUOTA_EXCEEDED;
                assertTrue(!refused || world.calls.get(e.getKey()) == policy.retries() + 1);
                given += refused ? 1 : 0;
            }
        }
        assertTrue(given > 0, "No message was ever given up");
    }

    private static HandOver.Part[] parts(World world, int number, long connection, int handlers) {
        Message message = Message.to("t").payload("" + number).qos(QoS.AT_LEAST_ONCE).build();
        HandOver handOver =
                new HandOver(
                        TestSession.incoming(message, number, connection), handlers, world::settle);
        HandOver.Part[] parts = new HandOver.Part[handlers];
        Arrays.setAll(parts, i -> handOver.part());
        return parts;
    }

    @Test
    void aHandlerThatAcknowledgesByHandWaitsForNoOtherHandlerOfItsMessage() {
        World world = new World(1);
        List<Integer> seen = new ArrayList<>();
        MessageHandler byHand =
                MessageHandlers.manual(
                        d -> {
                            seen.add(number(d.message()));
                            world.tasks.add(d::acknowledge);
                        });
        HandlerFailure retry = HandlerFailure.retry(Duration.ZERO, 1);
        Feed feed = world.feeds().feed(byHand.onFailure(retry), f -> {});
        feed.add(parts(world, 1, 1, 2)[0]);
        feed.add(parts(world, 2, 1, 2)[0]);
        world.run();
        assertEquals(List.of(1, 2), seen);
        assertEquals(Map.of(), world.settled, "The other handler is not done");
    }

    @ParameterizedTest
    @ValueSource(strings = {"serial", "retried", "keyed", "subscriber"})
    void tellsTheOtherHandlersOfAMessageThatIsDroppedSinceItComesAgain(String kind) {
        World world = new World(1);
        MessageHandler never = d -> new CompletableFuture<>();
        MessageHandler handler =
                switch (kind) {
                    case "serial" -> never;
                    case "retried" -> never.onFailure(HandlerFailure.retry(Duration.ZERO, 1));
                    case "keyed" -> never.parallelBy(Message::topic, 1);
                    default -> MessageHandlers.fromSubscriber(new Idle());
                };
        Feed feed = world.feeds().feed(handler, f -> {});
        feed.begin();
        feed.add(parts(world, 1, 1, 1)[0]); // in progress in some
        world.run();
        HandOver.Part[] both = parts(world, 2, 1, 2);
        both[1].acknowledge();
        feed.add(both[0]);
        if (kind.equals("keyed")) {
            world.run();
        }
        feed.add(parts(world, 3, 2, 1)[0]);
        world.run();
        assertEquals(ReasonCode.SUCCESS, world.settled.get(2));
        assertNull(world.settled.get(3));
    }

    /** Asks for nothing. */
    private static final class Idle implements Flow.Subscriber<Delivery> {
        @Override
        public void onSubscribe(Flow.Subscription s) {}

        @Override
        public void onNext(Delivery delivery) {
            throw new AssertionError("Nothing was asked for");
        }

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onComplete() {}
    }

    @ParameterizedTest(name = "while it waits for the executor: {0}")
    @ValueSource(booleans = {false, true})
    void doesNotTryAgainWhatIsAcknowledgedMeanwhile(boolean atExecutor) {
        World world = new World(1);
        List<Delivery> seen = new ArrayList<>();
        MessageHandler fails =
                d -> {
                    seen.add(d);
                    throw new IllegalStateException();
                };
        HandlerFailure retry = HandlerFailure.retry(Duration.ofMillis(5), 1);
        Feed feed = world.feeds().feed(fails.onFailure(retry), f -> {});
        feed.add(parts(world, 1, 1, 1)[0]);
        while (!world.tasks.isEmpty()) {
            world.tasks.remove(0).run();
        }
        assertEquals(1, world.timers.size());
        if (atExecutor) {
            world.timers.pollFirstEntry().getValue().forEach(Runnable::run);
            assertEquals(1, world.tasks.size());
        }
        seen.get(0).acknowledge();
        feed.add(parts(world, 2, 1, 1)[0]);
        world.run();
        assertEquals(List.of(1L, 2L, 2L), seen.stream().map(Delivery::id).toList());
        assertEquals(ReasonCode.SUCCESS, world.settled.get(1));
    }

    @ParameterizedTest(name = "cancels: {0}")
    @ValueSource(booleans = {false, true})
    void handsOverWhatIsAskedForAndNoMore(boolean cancels) {
        for (int seed = 0; seed < SEEDS; seed++) {
            World world = new World(seed);
            Subscriber subscriber = new Subscriber(world, cancels);
            boolean[] cancelled = new boolean[1];
            Feed feed =
                    world.feeds()
                            .feed(
                                    MessageHandlers.fromSubscriber(subscriber),
                                    f -> {
                                        world.require(!cancelled[0], "Cancelled twice");
                                        cancelled[0] = true;
                                    });
            feed.begin();
            for (int i = 0; i < MESSAGES; i++) {
                feed.add(world.part(i, "t"));
                if (world.chance.nextBoolean() && !world.tasks.isEmpty()) {
                    world.tasks.remove(world.chance.nextInt(world.tasks.size())).run();
                }
            }
            feed.end(null);
            world.run();
            assertNull(world.broken, "Seed " + seed);
            assertEquals(cancels, cancelled[0]);
            assertEquals(MESSAGES, world.settled.size(), "Seed " + seed + ": some are stuck");
            assertEquals(!cancels, subscriber.completed);
        }
    }

    /** Asks for some at any time, also within a signal. */
    private static final class Subscriber implements Flow.Subscriber<Delivery> {
        private final World world;
        private final int cancelsAfter;
        private Flow.Subscription subscription;
        private long asked;
        private int got;
        private boolean signalled;
        boolean completed;

        Subscriber(World world, boolean cancels) {
            this.world = world;
            cancelsAfter = cancels ? world.chance.nextInt(MESSAGES) : Integer.MAX_VALUE;
        }

        @Override
        public void onSubscribe(Flow.Subscription s) {
            world.require(subscription == null, "onSubscribe came twice");
            subscription = s;
            ask();
        }

        private void ask() {
            int n = 1 + world.chance.nextInt(5);
            asked += n;
            subscription.request(n);
        }

        @Override
        public void onNext(Delivery delivery) {
            world.require(!signalled && !completed, "A signal at the wrong time");
            signalled = true;
            world.require(got++ == number(delivery.message()), "Out of order");
            world.require(got <= asked, "More than was asked for");
            delivery.acknowledge();
            if (got > cancelsAfter) {
                subscription.cancel();
            } else if (world.chance.nextBoolean() || got == asked) {
                if (world.chance.nextBoolean()) {
                    ask();
                } else {
                    world.tasks.add(this::ask);
                }
            }
            signalled = false;
        }

        @Override
        public void onError(Throwable cause) {
            world.require(false, "onError: " + cause);
        }

        @Override
        public void onComplete() {
            world.require(!signalled && !completed, "A signal at the wrong time");
            completed = true;
        }
    }
}
