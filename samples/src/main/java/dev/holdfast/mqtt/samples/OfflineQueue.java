package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.h2.H2SessionStore;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;

/**
 * A process publishes while the broker is down, and is killed. The broker comes up, the process is
 * started again, and all arrives, in the order it was published.
 */
final class OfflineQueue {
    private static final int MESSAGES = 1_000;
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private OfflineQueue() {}

    /** The process that publishes. */
    static final class Machine {
        private Machine() {}

        /**
         * Runs the process.
         *
         * @param args server, folder of the store, client identifier, topic, and how many messages
         *     to publish at QoS 1 and as many at QoS 2
         */
        public static void main(String[] args) throws IOException {
            try (MqttClient client =
                    MqttClient.newBuilder(URI.create(args[0]))
                            .clientIdentifier(args[2])
                            .sessionExpiry(Duration.ofHours(1))
                            .store(H2SessionStore.at(Path.of(args[1])))
                            .build()) {
                System.out.println("PENDING " + client.session().queuedMessages());
                CompletableFuture<?> connected = client.connect();
                publish(client, args[3], Integer.parseInt(args[4]));
                System.out.println("STORED " + client.session().queuedMessages());

                Await.done("connect to " + args[0], connected);
                // Also waits for what an earlier run has left.
                Await.done(
                        "publish all",
                        client.disconnect(
                                d -> d.afterPending(TIMEOUT).sessionExpiry(Duration.ZERO)));
                System.out.println("LEFT " + client.session().queuedMessages());
                System.in.transferTo(OutputStream.nullOutputStream());
            }
        }

        private static void publish(MqttClient client, String topic, int messages) {
            List<CompletableFuture<Void>> stored = new ArrayList<>();
            for (int n = 1; n <= messages; n++) {
                String number = Integer.toString(n);
                stored.add(publish(client, topic + "/1", number, QoS.AT_LEAST_ONCE).stored());
                stored.add(publish(client, topic + "/2", number, QoS.EXACTLY_ONCE).stored());
            }
            Await.done(
                    "store the messages",
                    CompletableFuture.allOf(stored.toArray(CompletableFuture[]::new)));
        }

        private static Publication publish(
                MqttClient client, String topic, String number, QoS qos) {
            return client.publish(topic, m -> m.payload(number).qos(qos));
        }
    }

    static int run(Options options) {
        URI closed = Server.closedPort();
        String topic = Server.unique("holdfast/offline-queue");
        String identifier = Server.unique("machine");
        Path folder = Server.temporaryFolder();
        String store = folder.resolve("machine").toString();
        Path log = folder.resolve("machine.log");

        System.out.println("No broker listens at " + closed);
        try (ChildProcess machine =
                ChildProcess.start(
                        "machine",
                        Machine.class,
                        log,
                        closed.toString(),
                        store,
                        identifier,
                        topic,
                        Integer.toString(MESSAGES))) {
            String stored = machine.awaitLine("STORED ", TIMEOUT);
            System.out.println("  the machine publishes: " + stored + " messages stored");
            machine.kill();
            System.out.println("  kill -9");
        }
        try (Server server = Server.of(options, closed.getPort());
                MqttClient subscriber = MqttClient.newBuilder(server.uri()).build()) {
            List<BlockingQueue<String>> arrived =
                    List.of(new LinkedBlockingQueue<>(), new LinkedBlockingQueue<>());
            Await.done("connect the subscriber", subscriber.connect());
            for (int qos = 1; qos <= 2; qos++) {
                BlockingQueue<String> queue = arrived.get(qos - 1);
                Await.done(
                        "subscribe",
                        subscriber.subscribe(
                                Subscription.to(topic + "/" + qos),
                                MessageHandlers.forEach(m -> queue.add(m.payloadText()))));
            }
            System.out.println("A broker is up at " + server.uri());
            return runAgain(
                    ChildProcess.start(
                            "machine",
                            Machine.class,
                            log,
                            server.uri().toString(),
                            store,
                            identifier,
                            topic,
                            "0"),
                    arrived);
        } finally {
            Server.delete(folder);
        }
    }

    private static int runAgain(ChildProcess machine, List<BlockingQueue<String>> arrived) {
        List<String> expected =
                IntStream.rangeClosed(1, MESSAGES).mapToObj(Integer::toString).toList();
        Table table = new Table("", "published", "received", "in order");
        boolean asExpected = true;
        try (machine) {
            System.out.println(
                    "  the machine is started again: "
                            + machine.awaitLine("PENDING ", TIMEOUT)
                            + " messages pending");
            System.out.println(
                    "  it has connected and published: "
                            + machine.awaitLine("LEFT ", TIMEOUT)
                            + " messages pending");
            machine.stop();
        }
        for (int qos = 1; qos <= 2; qos++) {
            List<String> received = new ArrayList<>();
            while (received.size() < MESSAGES) {
                received.add(Await.next(arrived.get(qos - 1)));
            }
            arrived.get(qos - 1).drainTo(received);
            boolean inOrder = received.equals(expected);
            asExpected &= inOrder;
            table.row("QoS " + qos, MESSAGES, received.size(), inOrder ? "yes" : "NO");
        }
        System.out.println();
        table.print();
        System.out.println();
        System.out.println(
                "RESULT " + (asExpected ? "all arrived, once and in order" : "NOT as expected"));
        return asExpected ? 0 : 1;
    }
}
