package dev.holdfast.mqtt.samples.brokers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.Subscription.RetainHandling;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which messages a subscription brings, by its filter and its options. */
abstract class SubscriptionContract extends BrokerTest {
    private final Broker broker;

    SubscriptionContract(Broker broker) {
        this.broker = broker;
    }

    @Override
    URI uri() {
        return broker.uri();
    }

    @ParameterizedTest
    @EnumSource
    void sharedSubscriptionGivesEachMessageToOneMember(QoS qos) throws InterruptedException {
        for (String member : List.of("a", "b")) {
            subscribe(connected(member), Subscription.to("$share/g/" + name));
        }
        MqttClient publisher = connected("p");

        for (int i = 0; i < 40; i++) {
            String text = "" + i;
            get(publisher.publish(name, m -> m.payload(text).qos(qos)).acknowledged());
        }

        List<String> all = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            all.add(next().payloadText());
        }
        assertEquals(40, all.stream().distinct().count());
        expectQuiet();
    }

    @Test
    void unsubscribedTopicBringsNothingMore() throws InterruptedException {
        MqttClient client = connected("c");
        subscribe(client, Subscription.to(name + "/off"));
        subscribe(client, Subscription.to(name + "/on"));

        get(client.unsubscribe(name + "/off"));
        get(client.publish(name + "/off", m -> m.payload("no")).acknowledged());
        get(client.publish(name + "/on", m -> m.payload("yes")).acknowledged());

        assertEquals("yes", next().payloadText());
        expectQuiet();
    }

    @Test
    void wildcardsMatchAsTheStandardSays() throws InterruptedException {
        MqttClient client = connected("c");
        subscribe(client, Subscription.to(name + "/+/x"));
        subscribe(client, Subscription.to(name + "/deep/#"));

        for (String topic : List.of("/a/x", "/a/y", "/a/b/x", "/deep", "/deep/1/2", "/deeper")) {
            get(client.publish(name + topic, m -> m.payload(topic)).acknowledged());
        }

        assertEquals("/a/x", next().payloadText());
        assertEquals("/deep", next().payloadText());
        assertEquals("/deep/1/2", next().payloadText());
        expectQuiet();
    }

    @Test
    void ownMessagesAreLeftOutOnRequest() throws InterruptedException {
        MqttClient client = connected("c");
        subscribe(client, Subscription.to(name).withoutOwnMessages());

        get(client.publish(name, m -> m.payload("own")).acknowledged());
        get(connected("p").publish(name, m -> m.payload("foreign")).acknowledged());

        assertEquals("foreign", next().payloadText());
        expectQuiet();
    }

    @Test
    void retainFlagIsKeptOnRequest() {
        MqttClient client = connected("c");
        subscribe(client, Subscription.to(name).keepingRetainFlag());

        get(client.publish(name, m -> m.payload("kept").retain(true)).acknowledged());

        assertTrue(next().retain());
        get(client.publish(name, m -> m.retain(true)).acknowledged()); // deletes it
    }

    @Test
    void retainedMessagesComeAsRetainHandlingSays() throws InterruptedException {
        MqttClient client = connected("c");
        get(client.publish(name, m -> m.payload("kept").retain(true)).acknowledged());

        subscribe(client, Subscription.to(name).retained(RetainHandling.DO_NOT_SEND));
        expectQuiet();
        subscribe(client, Subscription.to(name).retained(RetainHandling.SEND_IF_NEW));
        expectQuiet(); // the subscription was there already
        subscribe(client, Subscription.to(name).retained(RetainHandling.SEND));
        assertEquals("kept", next().payloadText());
        get(client.unsubscribe(name));
        subscribe(client, Subscription.to(name).retained(RetainHandling.SEND_IF_NEW));
        assertEquals("kept", next().payloadText());
    }
}
