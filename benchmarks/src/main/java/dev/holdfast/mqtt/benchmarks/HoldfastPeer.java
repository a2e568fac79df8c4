package dev.holdfast.mqtt.benchmarks;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.h2.Durability;
import dev.holdfast.mqtt.h2.H2SessionStore;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.IntConsumer;

final class HoldfastPeer implements Peer {
    private static final List<QoS> QOS = List.of(QoS.values());

    private final MqttClient client;

    HoldfastPeer(Kind kind, String name, int port, Path folder) {
        MqttClientBuilder builder =
                MqttClient.newBuilder(URI.create("mqtt://127.0.0.1:" + port))
                        .clientIdentifier(name)
                        .sessionExpiry(Duration.ofHours(1))
                        .receiveMaximum(20_000);
        if (kind != Kind.HOLDFAST_MEMORY) {
            Durability durability =
                    kind == Kind.HOLDFAST_POWER_LOSS
                            ? Durability.POWER_LOSS
                            : Durability.PROCESS_CRASH;
            builder.store(H2SessionStore.at(folder.resolve("store"), durability));
        }
        client = builder.build();
    }

    @Override
    public void connect() {
        client.connect().join();
    }

    @Override
    public void publish(String topic, int qos, byte[] payload, Runnable done) {
        Message message = Message.to(topic).qos(QOS.get(qos)).payloadWithoutCopy(payload).build();
        client.publish(message)
                .whenAcknowledged(
                        (acknowledgement, failure) -> {
                            Failures.stopAt(failure);
                            done.run();
                        });
    }

    @Override
    public void subscribe(String topicFilter, IntConsumer received) {
        client.subscribe(
                        Subscription.to(topicFilter),
                        MessageHandlers.forEach(m -> received.accept(m.payloadSize())))
                .join();
    }

    @Override
    public void unsubscribe(String topicFilter) {
        client.unsubscribe(topicFilter).join();
    }

    @Override
    public void close() {
        client.close();
    }
}
