package dev.holdfast.mqtt.samples.brokers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Subscription;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two Mosquittos that know nothing of each other: one goes, the other takes over, and back. */
class MosquittoFailoverIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir Path folder;

    private Broker first;
    private Broker second;
    private final BlockingQueue<Connected> connections = new LinkedBlockingQueue<>();
    private final BlockingQueue<Message> received = new LinkedBlockingQueue<>();

    @AfterEach
    void stop() {
        first.close();
        second.close();
    }

    @Test
    void goesToTheSecondServerAndComesBackToTheFirst() throws InterruptedException {
        first = Mosquitto.start(folder.resolve("first"));
        second = Mosquitto.start(folder.resolve("second"));
        try (MqttClient client = client(first.uri(), second.uri())) {
            client.connect().join();
            expectAtWork(client, first.uri(), "at the first");
            first.close();
            expectAtWork(client, second.uri(), "at the second");
            first.restart();
            second.close();
            expectAtWork(client, first.uri(), "at the first again");
        }
    }

    private MqttClient client(URI first, URI second) {
        return MqttClient.newBuilder(first, second)
                .clientIdentifier("failover")
                .sessionExpiry(Duration.ofMinutes(5))
                .subscription(
                        Subscription.to("failover").atMost(QoS.EXACTLY_ONCE),
                        MessageHandlers.forEach(received::add))
                .reconnect(
                        ReconnectPolicy.exponential(Duration.ofMillis(100), Duration.ofSeconds(1)))
                .listener(
                        new ClientListener() {
                            @Override
                            public void connected(Connected connected) {
                                connections.add(connected);
                            }
                        })
                .build();
    }

    /** A message goes through this server, and back to the client. */
    private void expectAtWork(MqttClient client, URI server, String payload)
            throws InterruptedException {
        Connected connected = connections.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertNotNull(connected, "no connection for what is to go " + payload);
        assertEquals(server, connected.server());
        client.publish("failover", m -> m.payload(payload).qos(QoS.EXACTLY_ONCE))
                .acknowledged()
                .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join();
        Message message = received.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertNotNull(message, "nothing came back of what went " + payload);
        assertEquals(payload, message.payloadText());
    }
}
