package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.ScramSha256;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Enhanced authentication by SCRAM-SHA-256: the password never crosses the network, and the broker
 * has to prove that it knows it too. Then once more on the same connection, while messages flow.
 */
final class EnhancedAuth {
    private static final int MESSAGES = 200;

    private EnhancedAuth() {}

    static int run(Options options) throws InterruptedException {
        String user = options.word("user", ScramBroker.USER);
        String password = options.word("password", ScramBroker.PASSWORD);
        try (Server server = Server.of(options, ScramBroker.class)) {
            boolean refused = isRefused(server, ScramSha256.of(user, password + "!"));
            boolean authenticated = authenticates(server, ScramSha256.of(user, password));
            boolean asExpected = refused && authenticated;
            System.out.println();
            System.out.println(
                    "RESULT "
                            + (asExpected
                                    ? "only the right password gets in, and it got in twice"
                                    : "NOT as expected"));
            return asExpected ? 0 : 1;
        }
    }

    private static boolean isRefused(Server server, ScramSha256 wrong) throws InterruptedException {
        System.out.println();
        System.out.println("With a wrong password:");
        try (MqttClient client =
                MqttClient.newBuilder(server.uri())
                        .authentication(wrong)
                        .reconnect(ReconnectPolicy.never())
                        .build()) {
            client.connect().get(30, TimeUnit.SECONDS);
            System.out.println("  connected, which should not have happened");
            return false;
        } catch (ExecutionException e) {
            return isRefusal(e.getCause());
        } catch (TimeoutException e) {
            throw new SampleFailure("The broker gave no answer within 30 s");
        }
    }

    private static boolean isRefusal(@Nullable Throwable cause) {
        if (cause instanceof MqttException.ConnectRefused refused) {
            System.out.println("  " + refused.getMessage());
            return true;
        }
        System.out.println("  another failure than expected: " + cause);
        return false;
    }

    private static boolean authenticates(Server server, ScramSha256 right) {
        AtomicInteger losses = new AtomicInteger();
        System.out.println();
        System.out.println("With the right one:");
        try (MqttClient client =
                MqttClient.newBuilder(server.uri())
                        .authentication(right)
                        .reconnect(ReconnectPolicy.never())
                        .listener(
                                new ClientListener() {
                                    @Override
                                    public void disconnected(MqttException cause) {
                                        losses.incrementAndGet();
                                    }
                                })
                        .build()) {
            Await.done("connect", client.connect());
            System.out.println("  connected; the broker has shown that it knows the password too");
            String topic = Server.unique("holdfast/enhanced-auth");
            List<Publication> sent = publish(client, topic);
            Await.done("authenticate anew", client.reauthenticate());
            sent.addAll(publish(client, topic));
            sent.forEach(p -> Await.done("publish", p.acknowledged()));
            System.out.printf(
                    "  authenticated anew on the same connection, between %d messages%n",
                    sent.size());
            return losses.get() == 0;
        }
    }

    private static List<Publication> publish(MqttClient client, String topic) {
        List<Publication> sent = new ArrayList<>();
        for (int i = 0; i < MESSAGES / 2; i++) {
            sent.add(client.publish(topic, m -> m.payload("x").qos(QoS.AT_LEAST_ONCE)));
        }
        return sent;
    }
}
