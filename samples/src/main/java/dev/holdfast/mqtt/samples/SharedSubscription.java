package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Subscription;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Work shared by several processes: each message of a topic goes to one of the workers that have
 * the same shared subscription (MQTT 5, section 4.8.2).
 */
final class SharedSubscription {
    private static final int WORKERS = 3;
    private static final int MESSAGES = 300;
    private static final int AT_ONCE = 1;
    private static final Duration WORK = Duration.ofMillis(10);
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration WORK_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofMillis(500);

    private SharedSubscription() {}

    /** A worker: writes a line for each message it gets, until its standard input ends. */
    static final class Worker {
        private Worker() {}

        /**
         * Runs the worker.
         *
         * @param args server, client identifier, and topic
         */
        public static void main(String[] args) throws IOException {
            try (MqttClient client =
                    MqttClient.newBuilder(URI.create(args[0]))
                            .clientIdentifier(args[1])
                            .receiveMaximum(AT_ONCE)
                            .build()) {
                Await.done("connect to " + args[0], client.connect());
                Await.done(
                        "subscribe",
                        client.subscribe(
                                Subscription.to("$share/workers/" + args[2]),
                                MessageHandlers.async(Worker::work)));
                System.out.println("UP");
                System.in.transferTo(OutputStream.nullOutputStream());
            }
        }

        /** Takes its time: a broker hands to others what this one has no room for. */
        private static CompletableFuture<Void> work(Message message) {
            return CompletableFuture.runAsync(
                    () -> System.out.println("GOT " + message.payloadText()),
                    CompletableFuture.delayedExecutor(WORK.toMillis(), TimeUnit.MILLISECONDS));
        }
    }

    static int run(Options options) {
        String topic = Server.unique("work");
        Table table = new Table("worker", "messages", "share in %");
        List<ChildProcess> workers = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        int total = 0;
        try (Server server = Server.of(options)) {
            System.out.println(
                    WORKERS
                            + " processes share the messages of one topic, "
                            + MESSAGES
                            + " in all");
            System.out.println();
            for (int i = 1; i <= WORKERS; i++) {
                workers.add(start(server, topic, i));
            }
            workers.forEach(w -> w.awaitLine("UP", START_TIMEOUT));
            publish(server, topic);
            int[] counts = count(workers, seen);
            for (int i = 0; i < WORKERS; i++) {
                total += counts[i];
                table.row("worker-" + (i + 1), counts[i], counts[i] * 100 / MESSAGES);
            }
            workers.forEach(ChildProcess::stop);
        } finally {
            workers.forEach(ChildProcess::close);
        }
        table.print();
        System.out.println("Which worker gets a message is the broker's choice.");
        System.out.println();
        boolean refused = noLocalIsRefused(topic);
        System.out.println();
        boolean asExpected = seen.size() == MESSAGES && total == MESSAGES && refused;
        System.out.println(
                "RESULT "
                        + (asExpected
                                ? "each message went to one worker"
                                : "NOT as expected: "
                                        + seen.size()
                                        + " different messages, "
                                        + total
                                        + " in all"));
        return asExpected ? 0 : 1;
    }

    private static ChildProcess start(Server server, String topic, int number) {
        return ChildProcess.start(
                "worker " + number,
                Worker.class,
                server.folder().resolve("worker-" + number + ".log"),
                server.uri().toString(),
                topic + "-worker-" + number,
                topic);
    }

    private static void publish(Server server, String topic) {
        try (MqttClient publisher = MqttClient.newBuilder(server.uri()).build()) {
            Await.done("connect the publisher", publisher.connect());
            for (int i = 0; i < MESSAGES; i++) {
                Message message = Message.to(topic).payload(Integer.toString(i)).build();
                Await.done("publish", publisher.publish(message).acknowledged());
            }
        }
    }

    /** What each has got, once all messages have come and nothing more does. */
    private static int[] count(List<ChildProcess> workers, Set<String> seen) {
        int[] counts = new int[workers.size()];
        long end = System.nanoTime() + WORK_TIMEOUT.toNanos();
        boolean quiet = false;
        while (!(quiet && seen.size() == MESSAGES) && System.nanoTime() < end) {
            quiet = true;
            for (int i = 0; i < counts.length; i++) {
                String line = workers.get(i).pollLine(quiet ? QUIET : Duration.ZERO);
                while (line != null) {
                    quiet = false;
                    seen.add(line.substring("GOT ".length()));
                    counts[i]++;
                    line = workers.get(i).pollLine(Duration.ZERO);
                }
            }
        }
        return counts;
    }

    /** A server would close the connection; the client does not let it come to that. */
    private static boolean noLocalIsRefused(String topic) {
        try {
            Subscription.to("$share/workers/" + topic).withoutOwnMessages();
            return false;
        } catch (IllegalArgumentException e) {
            System.out.println("No Local is refused: " + e.getMessage());
            return true;
        }
    }
}
