package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A subscriber subscribes and goes away, a message is published, the subscriber comes back. Whether
 * it gets the message depends on its session and on both QoS: only a persistent session keeps
 * messages, and only those published and subscribed at QoS 1 or 2 for sure.
 */
final class CleanStartMatrix {
    private enum Expected {
        YES("yes"),
        NO("no"),
        /** MQTT 5, section 4.1: a server may keep QoS 0 messages with the session. */
        SERVER_DECIDES("server decides");

        private final String text;

        Expected(String text) {
            this.text = text;
        }

        boolean allows(boolean received) {
            return this == SERVER_DECIDES || received == (this == YES);
        }
    }

    private record Case(boolean persistent, QoS publish, QoS subscribe, Expected expected) {}

    private static final List<Case> CASES =
            List.of(
                    new Case(false, QoS.AT_MOST_ONCE, QoS.AT_MOST_ONCE, Expected.NO),
                    new Case(true, QoS.AT_MOST_ONCE, QoS.AT_MOST_ONCE, Expected.SERVER_DECIDES),
                    new Case(false, QoS.AT_LEAST_ONCE, QoS.AT_LEAST_ONCE, Expected.NO),
                    new Case(true, QoS.AT_LEAST_ONCE, QoS.AT_LEAST_ONCE, Expected.YES),
                    new Case(true, QoS.AT_MOST_ONCE, QoS.AT_LEAST_ONCE, Expected.SERVER_DECIDES));

    private CleanStartMatrix() {}

    static int run(Options options) {
        Table table =
                new Table(
                        "session",
                        "publish",
                        "subscribe",
                        "Session Present",
                        "expected",
                        "observed");
        boolean allAsExpected = true;
        try (Server server = Server.of(options);
                MqttClient publisher = MqttClient.newBuilder(server.uri()).build()) {
            Await.done("connect the publisher", publisher.connect());
            System.out.println("Is a message received that was published while one was away?");
            System.out.println();
            for (Case c : CASES) {
                try (MqttClient subscriber = subscriber(server, c)) {
                    Observed observed = observe(publisher, subscriber, c);
                    boolean asExpected =
                            c.expected.allows(observed.received)
                                    && observed.sessionPresent == c.persistent;
                    allAsExpected &= asExpected;
                    table.row(
                            c.persistent ? "persistent" : "clean",
                            name(c.publish),
                            name(c.subscribe),
                            observed.sessionPresent ? "1" : "0",
                            c.expected.text,
                            (observed.received ? "yes" : "no") + (asExpected ? "" : "  WRONG"));
                }
            }
        }
        table.print();
        System.out.println();
        System.out.println("RESULT " + (allAsExpected ? "as expected" : "NOT as expected"));
        return allAsExpected ? 0 : 1;
    }

    private static String name(QoS qos) {
        return switch (qos) {
            case AT_MOST_ONCE -> "QoS 0";
            case AT_LEAST_ONCE -> "QoS 1";
            case EXACTLY_ONCE -> "QoS 2";
        };
    }

    /** Clean: starts anew each time and ends with the connection. Persistent: neither. */
    private static MqttClient subscriber(Server server, Case c) {
        return MqttClient.newBuilder(server.uri())
                .clientIdentifier(Server.unique("subscriber"))
                .cleanStart(!c.persistent)
                .sessionExpiry(c.persistent ? Duration.ofMinutes(1) : Duration.ZERO)
                .build();
    }

    private record Observed(boolean sessionPresent, boolean received) {}

    private static Observed observe(MqttClient publisher, MqttClient subscriber, Case c) {
        String topic = Server.unique("holdfast/matrix");
        BlockingQueue<String> arrived = new LinkedBlockingQueue<>();
        Await.done("connect the subscriber", subscriber.connect());
        subscribe(subscriber, topic, c, arrived);
        Await.done("disconnect", subscriber.disconnect());

        Await.done(
                "publish",
                publisher
                        .publish(topic, m -> m.payload("while away").qos(c.publish))
                        .acknowledged());
        boolean sessionPresent =
                Await.done("connect the subscriber", subscriber.connect()).sessionPresent();
        // A clean session needs its subscription anew; here it also tells when it is there.
        subscribe(subscriber, topic, c, arrived);
        publisher.publish(topic, m -> m.payload("marker").qos(QoS.AT_LEAST_ONCE));
        boolean received = Await.next(arrived).equals("while away");
        if (received) {
            Await.next(arrived);
        }
        Await.done("disconnect", end(subscriber, c));
        return new Observed(sessionPresent, received);
    }

    private static void subscribe(
            MqttClient subscriber, String topic, Case c, BlockingQueue<String> arrived) {
        Await.done(
                "subscribe",
                subscriber.subscribe(
                        Subscription.to(topic).atMost(c.subscribe),
                        MessageHandlers.forEach(m -> arrived.add(m.payloadText()))));
    }

    private static CompletableFuture<Void> end(MqttClient subscriber, Case c) {
        return c.persistent
                ? subscriber.disconnect(d -> d.sessionExpiry(Duration.ZERO))
                : subscriber.disconnect();
    }
}
