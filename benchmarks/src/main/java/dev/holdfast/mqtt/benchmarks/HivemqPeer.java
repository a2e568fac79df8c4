package dev.holdfast.mqtt.benchmarks;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.IntConsumer;

final class HivemqPeer implements Peer {
    private final Mqtt5AsyncClient client;

    HivemqPeer(String name, int port) {
        client =
                MqttClient.builder()
                        .useMqttVersion5()
                        .identifier(name)
                        .serverHost("127.0.0.1")
                        .serverPort(port)
                        .buildAsync();
    }

    @Override
    public void connect() {
        client.connectWith().cleanStart(false).sessionExpiryInterval(3_600).send().join();
    }

    @Override
    public void publish(String topic, int qos, byte[] payload, Runnable done) {
        Mqtt5Publish publish =
                Mqtt5Publish.builder()
                        .topic(topic)
                        .qos(Objects.requireNonNull(MqttQos.fromCode(qos)))
                        .payload(payload)
                        .build();
        client.publish(publish)
                .whenComplete(
                        (result, failure) -> {
                            Failures.stopAt(failure);
                            done.run();
                        });
    }

    @Override
    public void subscribe(String topicFilter, IntConsumer received) {
        client.subscribeWith()
                .topicFilter(topicFilter)
                .callback(message -> received.accept(size(message)))
                .send()
                .join();
    }

    private static int size(Mqtt5Publish message) {
        return message.getPayload().map(ByteBuffer::remaining).orElse(0);
    }

    @Override
    public void unsubscribe(String topicFilter) {
        client.unsubscribeWith().topicFilter(topicFilter).send().join();
    }

    @Override
    public void close() {
        client.disconnect().join();
    }
}
