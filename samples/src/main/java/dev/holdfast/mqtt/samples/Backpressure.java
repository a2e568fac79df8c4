package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MessagePublisher;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A fast publisher and a slow consumer. The publisher's stream waits for acknowledgements, the
 * consumer's demand reaches the broker: what it has not asked for stays there, and neither client's
 * memory grows.
 */
final class Backpressure {
    private static final int MESSAGES = 6_000;
    private static final int PAYLOAD = 4_096;
    private static final int WINDOW = 200;
    private static final int RECEIVE_MAXIMUM = 100;
    private static final int AT_A_TIME = 10;

    /** What the consumer takes for that many. */
    private static final Duration WORK = Duration.ofMillis(10);

    private static final Duration BETWEEN_ROWS = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofSeconds(50);

    private Backpressure() {}

    /** Asks for a few messages, works on them, acknowledges them, and asks for more. */
    private static final class SlowConsumer implements Flow.Subscriber<Delivery>, ClientListener {
        private static final Executor LATER =
                CompletableFuture.delayedExecutor(WORK.toMillis(), TimeUnit.MILLISECONDS);

        final AtomicInteger received = new AtomicInteger();
        final AtomicInteger handled = new AtomicInteger();
        final AtomicInteger mostAtOnce = new AtomicInteger();
        final CompletableFuture<Void> done = new CompletableFuture<>();
        private Flow.@Nullable Subscription subscription;
        private int next;

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            this.subscription = subscription;
            subscription.request(AT_A_TIME);
        }

        @Override
        public void onNext(Delivery delivery) {
            String expected = next++ + ":";
            if (!delivery.message().payloadText().startsWith(expected)) {
                done.completeExceptionally(new SampleFailure("A message is out of order"));
            }
            int atOnce = received.incrementAndGet() - handled.get();
            mostAtOnce.accumulateAndGet(atOnce, Math::max);
            LATER.execute(() -> finish(delivery));
        }

        private void finish(Delivery delivery) {
            delivery.acknowledge();
            int count = handled.incrementAndGet();
            if (count == MESSAGES) {
                done.complete(null);
            } else if (count % AT_A_TIME == 0 && subscription != null) {
                subscription.request(AT_A_TIME);
            }
        }

        /** Without a session this would be the end of what the broker keeps for it. */
        @Override
        public void disconnected(MqttException cause) {
            done.completeExceptionally(isBrokersFault(cause) ? cannotBeShown() : cause);
        }

        @Override
        public void onError(Throwable cause) {
            done.completeExceptionally(cause);
        }

        @Override
        public void onComplete() {
            done.completeExceptionally(new SampleFailure("The subscription has ended early"));
        }
    }

    private static boolean isBrokersFault(MqttException cause) {
        return cause instanceof MqttException.ServerMisbehaved fault
                && fault.reason() == ReasonCode.RECEIVE_MAXIMUM_EXCEEDED;
    }

    private static SampleFailure cannotBeShown() {
        return new SampleFailure(
                "the broker sent more than the "
                        + RECEIVE_MAXIMUM
                        + " messages that Receive Maximum lets it, so that the client had to leave (MQTT 5,"
                        + " section 3.3.4). Mosquitto 2.0.11 does so under load, see docs/brokers.md:"
                        + " take another broker, or leave out --server");
    }

    static int run(Options options) {
        try (Server server = Server.of(options)) {
            String topic = Server.unique("backpressure");
            SlowConsumer consumer = new SlowConsumer();
            try (MqttClient publisher =
                            MqttClient.newBuilder(server.uri())
                                    .clientIdentifier(Server.unique("fast"))
                                    .build();
                    MqttClient subscriber =
                            MqttClient.newBuilder(server.uri())
                                    .clientIdentifier(Server.unique("slow"))
                                    .receiveMaximum(RECEIVE_MAXIMUM)
                                    .listener(consumer)
                                    .build()) {
                Await.done("connect to " + server.uri(), publisher.connect());
                Await.done("connect to " + server.uri(), subscriber.connect());
                Await.done(
                        "subscribe",
                        subscriber.subscribe(
                                Subscription.to(topic), MessageHandlers.fromSubscriber(consumer)));
                stream(publisher, topic, consumer);
            }
            int most = consumer.mostAtOnce.get();
            System.out.println();
            System.out.printf(
                    "RESULT %,d messages handled in order, at most %d in the consumer at a time%n",
                    consumer.handled.get(), most);
            return most <= AT_A_TIME ? 0 : 1;
        }
    }

    private static void stream(MqttClient client, String topic, SlowConsumer consumer) {
        System.out.printf(
                "%,d messages of %,d bytes; the publisher may have %d unacknowledged, the consumer"
                        + " asks for %d at a time%n%n",
                MESSAGES, PAYLOAD, WINDOW, AT_A_TIME);
        MessagePublisher window = MessagePublisher.untilAcknowledged(client, WINDOW);
        AtomicInteger published = new AtomicInteger();
        Thread source = new Thread(() -> publish(topic, window, published), "fast publisher");
        source.setDaemon(true);
        source.start();
        System.out.println("  time   published      /s   handled      /s   in the broker   heap");
        long begun = System.nanoTime();
        int lastPublished = 0;
        int lastHandled = 0;
        while (!consumer.done.isDone()) {
            Await.passing(BETWEEN_ROWS);
            int out = published.get();
            int in = consumer.handled.get();
            long nanos = System.nanoTime() - begun;
            System.out.printf(
                    "%4.1f s   %,9d  %,6d  %,8d  %,6d  %,14d  %,2d MiB%n",
                    nanos / 1e9,
                    out,
                    out - lastPublished,
                    in,
                    in - lastHandled,
                    Math.max(0, out - consumer.received.get()),
                    heapMebibytes());
            lastPublished = out;
            lastHandled = in;
            if (nanos > LONGEST.toNanos()) {
                throw new SampleFailure("Not done within " + LONGEST.toSeconds() + " s");
            }
        }
        Await.done("handle all messages", consumer.done);
        Await.done("publish all messages", window.done());
    }

    /** The stream lets its source wait while nothing is asked for. */
    private static void publish(String topic, MessagePublisher window, AtomicInteger published) {
        String filling = "x".repeat(PAYLOAD);
        try (SubmissionPublisher<Message> stream =
                new SubmissionPublisher<>(Runnable::run, AT_A_TIME)) {
            stream.subscribe(window);
            for (int i = 0; i < MESSAGES; i++) {
                stream.submit(
                        Message.to(topic)
                                .payload((i + ":" + filling).substring(0, PAYLOAD))
                                .qos(QoS.AT_LEAST_ONCE)
                                .build());
                published.incrementAndGet();
            }
        }
    }

    private static long heapMebibytes() {
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) >> 20;
    }
}
