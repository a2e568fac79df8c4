package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A subscription is declared once, before the first connect. The client sends SUBSCRIBE when the
 * server says Session Present 0, and leaves it when it says 1.
 *
 * <p>A retained message makes each SUBSCRIBE visible: the server sends it again every time.
 */
final class SessionPresent {
    private SessionPresent() {}

    static int run(Options options) {
        try (Server server = Server.of(options);
                MqttClient publisher = MqttClient.newBuilder(server.uri()).build()) {
            String topic = Server.unique("holdfast/session-present");
            BlockingQueue<String> arrived = new LinkedBlockingQueue<>();
            Await.done("connect the publisher", publisher.connect());
            publish(publisher, topic, "retained", true);
            try (MqttClient subscriber =
                    MqttClient.newBuilder(server.uri())
                            .clientIdentifier(Server.unique("subscriber"))
                            .sessionExpiry(Duration.ofMinutes(1))
                            .subscription(
                                    Subscription.to(topic + "/#"),
                                    MessageHandlers.forEach(m -> arrived.add(m.payloadText())))
                            .build()) {
                return run(publisher, subscriber, topic, arrived);
            } finally {
                publish(publisher, topic, "", true);
            }
        }
    }

    private static int run(
            MqttClient publisher,
            MqttClient subscriber,
            String topic,
            BlockingQueue<String> arrived) {
        Table table =
                new Table("connect", "Session Present", "SUBSCRIBE", "a live message", "then");
        boolean asExpected = true;
        for (int connect = 1; connect <= 3; connect++) {
            boolean present =
                    Await.done("connect the subscriber", subscriber.connect()).sessionPresent();
            List<String> messages = present ? new ArrayList<>() : awaitSubscribe(arrived);
            publish(publisher, topic, "live", false);
            messages.addAll(awaitLive(arrived));
            boolean subscribed = messages.contains("retained");
            asExpected &= present == (connect == 2) && subscribed == !present;
            boolean endsSession = connect >= 2;
            table.row(
                    connect,
                    present ? "1" : "0",
                    subscribed ? "sent" : "not sent",
                    "arrives",
                    endsSession ? "disconnect, session ended" : "disconnect, session kept");
            Await.done(
                    "disconnect",
                    endsSession
                            ? subscriber.disconnect(d -> d.sessionExpiry(Duration.ZERO))
                            : subscriber.disconnect());
        }
        System.out.println();
        table.print();
        System.out.println();
        System.out.println(
                "RESULT "
                        + (asExpected
                                ? "subscribed again only without a session"
                                : "NOT as expected"));
        return asExpected ? 0 : 1;
    }

    /** Without a session, SUBSCRIBE is on its way: the retained message tells that it is made. */
    private static List<String> awaitSubscribe(BlockingQueue<String> arrived) {
        return new ArrayList<>(List.of(Await.next(arrived)));
    }

    private static List<String> awaitLive(BlockingQueue<String> arrived) {
        List<String> messages = new ArrayList<>();
        do {
            messages.add(Await.next(arrived));
        } while (!messages.contains("live"));
        return messages;
    }

    private static void publish(MqttClient publisher, String topic, String text, boolean retain) {
        String to = retain ? topic : topic + "/live";
        Await.done(
                "publish",
                publisher.publish(to, m -> m.payload(text).retain(retain)).acknowledged());
    }
}
