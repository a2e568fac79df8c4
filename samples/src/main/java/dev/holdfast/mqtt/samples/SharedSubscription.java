package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Subscription;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * Work shared by several processes: each message of a topic goes to one of the workers that have
 * the same shared subscription (MQTT 5, section 4.8.2). It shows best with messages that came while
 * all workers were away: brokers may give those that come one by one to a single worker that keeps
 * up.
 */
final class SharedSubscription {
    private static final int WORKERS = 3;
    private static final int MESSAGES = 300;

    /** What one worker may have in hand: no more than a fair share. */
    private static final int AT_ONCE = MESSAGES / WORKERS;

    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration WORK_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofMillis(500);

    private SharedSubscription() {}

    /**
     * A worker: subscribes and leaves, comes back when it is told so, and writes a line for each
     * message it gets. It is done with none of them before it is told so a second time.
     */
    static final class Worker {
        private Worker() {}

        /**
         * Runs the worker until its standard input ends.
         *
         * @param args server, client identifier, and topic
         */
        public static void main(String[] args) throws IOException {
            CompletableFuture<Void> mayFinish = new CompletableFuture<>();
            try (MqttClient client =
                            MqttClient.newBuilder(URI.create(args[0]))
                                    .clientIdentifier(args[1])
                                    .sessionExpiry(Duration.ofMinutes(5))
                                    .receiveMaximum(AT_ONCE)
                                    .build();
                    BufferedReader orders =
                            new BufferedReader(
                                    new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
                Await.done("connect to " + args[0], client.connect());
                Await.done(
                        "subscribe",
                        client.subscribe(
                                Subscription.to("$share/workers/" + args[2]),
                                MessageHandlers.async(
                                        message -> {
                                            System.out.println("GOT " + message.payloadText());
                                            return mayFinish;
                                        })));
                Await.done("disconnect", client.disconnect());
                System.out.println("AWAY");
                orders.readLine();
                Await.done("come back to " + args[0], client.connect());
                orders.readLine();
                mayFinish.complete(null);
                orders.readLine();
                Await.done(
                        "end the session",
                        client.disconnect(options -> options.sessionExpiry(Duration.ZERO)));
            }
        }
    }

    /** What the workers have got. */
    private static final class Shares {
        private final List<ChildProcess> workers;
        private final Set<String> seen = new HashSet<>();
        private final int[] counts = new int[WORKERS];

        Shares(List<ChildProcess> workers) {
            this.workers = workers;
        }

        /** Reads what the workers say until something holds, and nothing more comes. */
        private void countUntil(BooleanSupplier enough) {
            long end = System.nanoTime() + WORK_TIMEOUT.toNanos();
            boolean quiet = false;
            while (!(quiet && enough.getAsBoolean()) && System.nanoTime() < end) {
                quiet = true;
                for (int i = 0; i < WORKERS; i++) {
                    String line = workers.get(i).pollLine(quiet ? QUIET : Duration.ZERO);
                    while (line != null) {
                        quiet = false;
                        seen.add(line.substring("GOT ".length()));
                        counts[i]++;
                        line = workers.get(i).pollLine(Duration.ZERO);
                    }
                }
            }
        }

        boolean hasEachOne() {
            return Arrays.stream(counts).allMatch(count -> count > 0);
        }

        boolean haveAll() {
            return seen.size() == MESSAGES;
        }

        int total() {
            return Arrays.stream(counts).sum();
        }
    }

    static int run(Options options) {
        String topic = Server.unique("work");
        List<ChildProcess> workers = new ArrayList<>();
        Shares shares = new Shares(workers);
        try (Server server = Server.of(options)) {
            for (int i = 1; i <= WORKERS; i++) {
                workers.add(start(server, topic, i));
            }
            workers.forEach(w -> w.awaitLine("AWAY", START_TIMEOUT));
            publish(server, topic);
            System.out.println(WORKERS + " workers subscribed together, and went away.");
            System.out.println(MESSAGES + " messages have come since; now the workers come back.");
            System.out.println();
            workers.forEach(w -> w.send("come"));
            shares.countUntil(shares::hasEachOne);
            workers.forEach(w -> w.send("finish"));
            shares.countUntil(shares::haveAll);
            workers.forEach(ChildProcess::stop);
        } finally {
            workers.forEach(ChildProcess::close);
        }
        Table table = new Table("worker", "messages", "share in %");
        for (int i = 0; i < WORKERS; i++) {
            table.row("worker-" + (i + 1), shares.counts[i], shares.counts[i] * 100 / MESSAGES);
        }
        table.print();
        System.out.println();
        boolean refused = noLocalIsRefused(topic);
        System.out.println();
        boolean asExpected =
                shares.haveAll() && shares.total() == MESSAGES && shares.hasEachOne() && refused;
        System.out.println(
                "RESULT "
                        + (asExpected
                                ? "each message went to one worker, and each worker had its share"
                                : "NOT as expected: "
                                        + shares.seen.size()
                                        + " different messages, "
                                        + shares.total()
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
