package dev.holdfast.mqtt.samples.interop;

import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient.Mqtt5Publishes;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserProperties;
import com.hivemq.client.mqtt.mqtt5.datatypes.Mqtt5UserPropertiesBuilder;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PayloadFormatIndicator;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishBuilder;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The HiveMQ MQTT Client, in this process. */
final class HiveMqClient implements OtherClient {
    private final Mqtt5BlockingClient client;
    private final Mqtt5Publishes publishes;

    HiveMqClient(URI broker) {
        client =
                Mqtt5Client.builder()
                        .serverHost(broker.getHost())
                        .serverPort(broker.getPort())
                        .buildBlocking();
        client.connect();
        publishes = client.publishes(MqttGlobalPublishFilter.ALL);
    }

    @Override
    public void subscribe(String topicFilter, QoS qos) {
        client.subscribeWith().topicFilter(topicFilter).qos(MqttQos.fromCode(qos.ordinal())).send();
    }

    @Override
    public Message next() throws InterruptedException {
        Mqtt5Publish p =
                publishes
                        .receive(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                        .orElseThrow(() -> new AssertionError("No message within " + PATIENCE));
        Message.Builder message =
                Message.to(p.getTopic().toString())
                        .qos(QoS.values()[p.getQos().getCode()])
                        .retain(p.isRetain())
                        .payload(p.getPayloadAsBytes());
        p.getPayloadFormatIndicator()
                .ifPresent(i -> message.utf8Payload(i == Mqtt5PayloadFormatIndicator.UTF_8));
        p.getMessageExpiryInterval().ifPresent(e -> message.expiry(Duration.ofSeconds(e)));
        p.getContentType().ifPresent(type -> message.contentType(type.toString()));
        p.getResponseTopic().ifPresent(topic -> message.responseTopic(topic.toString()));
        p.getCorrelationData()
                .ifPresent(
                        data -> {
                            byte[] bytes = new byte[data.remaining()];
                            data.get(bytes);
                            message.correlationData(bytes);
                        });
        p.getUserProperties()
                .asList()
                .forEach(
                        u -> message.userProperty(u.getName().toString(), u.getValue().toString()));
        return message.build();
    }

    @Override
    public void publish(Message m) {
        Mqtt5UserPropertiesBuilder properties = Mqtt5UserProperties.builder();
        m.userProperties().forEach(p -> properties.add(p.name(), p.value()));
        Mqtt5PublishBuilder.Complete publish =
                Mqtt5Publish.builder()
                        .topic(m.topic())
                        .qos(MqttQos.fromCode(m.qos().ordinal()))
                        .retain(m.retain())
                        .payload(m.payloadBytes())
                        .contentType(m.contentType().orElse(null))
                        .responseTopic(m.responseTopic().orElse(null))
                        .correlationData(m.correlationData().orElse(null))
                        .userProperties(properties.build());
        if (m.utf8Payload()) {
            publish.payloadFormatIndicator(Mqtt5PayloadFormatIndicator.UTF_8);
        }
        m.expiry().ifPresent(expiry -> publish.messageExpiryInterval(expiry.toSeconds()));
        client.publish(publish.build());
    }

    @Override
    public void close() {
        publishes.close();
        client.disconnect();
    }
}
