package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A subscriber goes away twice, and a message is published each time. Back before its session has
 * expired it gets the message; back too late it does not, and must subscribe again.
 */
final class SessionExpiry {
    private static final Duration EXPIRY = Duration.ofSeconds(3);

    private SessionExpiry() {}

    static int run(Options options) {
        try (Server server = Server.of(options)) {
            String topic = Server.unique("holdfast/session-expiry");
            BlockingQueue<String> arrived = new LinkedBlockingQueue<>();
            try (MqttClient publisher = MqttClient.newBuilder(server.uri()).build();
                    MqttClient subscriber =
                            MqttClient.newBuilder(server.uri())
                                    .clientIdentifier(Server.unique("subscriber"))
                                    .sessionExpiry(EXPIRY)
                                    .build()) {
                return run(publisher, subscriber, topic, arrived);
            }
        }
    }

    private static int run(
            MqttClient publisher,
            MqttClient subscriber,
            String topic,
            BlockingQueue<String> arrived) {
        System.out.printf(
                "A subscriber with a Session Expiry Interval of %d s%n%n", EXPIRY.toSeconds());
        Await.done("connect the publisher", publisher.connect());
        connect(subscriber);
        Subscription subscription = Subscription.to(topic);
        Await.done(
                "subscribe",
                subscriber.subscribe(
                        subscription, MessageHandlers.forEach(m -> arrived.add(m.payloadText()))));
        System.out.println("  it subscribes");

        Await.done("disconnect", subscriber.disconnect());
        System.out.println("  it disconnects");
        publish(publisher, topic, "first");
        boolean resumed = connect(subscriber);
        boolean first = arrives("first", publisher, topic, arrived);
        System.out.println("  'first' " + (first ? "was received" : "was NOT received"));

        Await.done("disconnect", subscriber.disconnect());
        System.out.println("  it disconnects");
        publish(publisher, topic, "second");
        Duration away = EXPIRY.plusSeconds(2);
        System.out.printf("  it stays away for %d s%n", away.toSeconds());
        Await.passing(away);
        boolean resumedTooLate = connect(subscriber);
        // The client has subscribed again by itself; this waits until the server has confirmed it.
        Await.done(
                "subscribe",
                subscriber.subscribe(
                        subscription, MessageHandlers.forEach(m -> arrived.add(m.payloadText()))));
        boolean second = arrives("second", publisher, topic, arrived);
        System.out.println(
                "  'second' "
                        + (second ? "was received" : "was not received: the session is gone"));
        Await.done("disconnect", subscriber.disconnect(d -> d.sessionExpiry(Duration.ZERO)));

        boolean asExpected = resumed && first && !resumedTooLate && !second;
        System.out.println();
        System.out.println(
                "RESULT "
                        + (asExpected
                                ? "received before the expiry, not after it"
                                : "NOT as the standard says"));
        return asExpected ? 0 : 1;
    }

    private static boolean connect(MqttClient subscriber) {
        Connected connected = Await.done("connect the subscriber", subscriber.connect());
        System.out.println(
                "  it connects: Session Present " + (connected.sessionPresent() ? 1 : 0));
        return connected.sessionPresent();
    }

    private static void publish(MqttClient publisher, String topic, String text) {
        Await.done(
                "publish",
                publisher
                        .publish(topic, m -> m.payload(text).qos(QoS.AT_LEAST_ONCE))
                        .acknowledged());
        System.out.printf("  '%s' is published%n", text);
    }

    /** Whether a message comes before one that is published only now. */
    private static boolean arrives(
            String text, MqttClient publisher, String topic, BlockingQueue<String> arrived) {
        publisher.publish(topic, m -> m.payload("marker").qos(QoS.AT_LEAST_ONCE));
        boolean seen = false;
        for (String next = Await.next(arrived);
                !next.equals("marker");
                next = Await.next(arrived)) {
            seen |= next.equals(text);
        }
        return seen;
    }
}
