package dev.holdfast.mqtt.samples.brokers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.SubscribeResults;
import dev.holdfast.mqtt.Subscribed;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.Subscription.RetainHandling;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which messages a subscription brings, by its filter and its options. */
abstract class SubscriptionContract extends BrokerTest {
    private final Product product;
    private final Broker broker;

    SubscriptionContract(Product product, Broker broker) {
        this.product = product;
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

    /** Whether the broker sends one copy or several: the Subscription Identifiers tell. */
    @ParameterizedTest
    @EnumSource
    void overlappingSubscriptionsEachGetAMessageOnce(QoS qos) throws InterruptedException {
        BlockingQueue<String> handled = new LinkedBlockingQueue<>();
        MqttClient client = connected("c");
        for (String filter : List.of("/#", "/+")) {
            MessageHandler handler =
                    MessageHandlers.forEach(m -> handled.add(filter + " " + m.payloadText()));
            get(client.subscribe(Subscription.to(name + filter), handler));
        }
        MqttClient publisher = connected("p");
        get(publisher.publish(name + "/x", m -> m.payload("1").qos(qos)).acknowledged());
        get(publisher.publish(name + "/x", m -> m.payload("2").qos(qos)).acknowledged());
        get(publisher.publish(name + "/end", m -> m.payload("3").qos(qos)).acknowledged());
        // A broker that doubles tells both handlers of the last message with either copy.
        int expected = product.has(Difference.ALL_IDENTIFIERS_WITH_EACH_COPY) ? 12 : 6;
        List<String> seen = new ArrayList<>();
        while (seen.size() < expected || !seen.containsAll(List.of("/# 3", "/+ 3"))) {
            String next = handled.poll(LONG, TimeUnit.SECONDS);
            assertNotNull(next, "only " + seen);
            seen.add(next);
        }
        assertEquals(
                List.of("/# 1", "/# 2", "/# 3", "/+ 1", "/+ 2", "/+ 3"),
                seen.stream().sorted().distinct().toList());
        boolean doubled = seen.size() > 6;
        product.confirm(Difference.ALL_IDENTIFIERS_WITH_EACH_COPY, doubled);
    }

    @Test
    void severalFiltersOfOneCallAreAnsweredOneByOne() throws InterruptedException {
        MqttClient client = connected("c");
        SubscribeResults results =
                get(
                        client.subscribe(
                                List.of(
                                        Subscription.to(name + "/a").atMost(QoS.AT_MOST_ONCE),
                                        Subscription.to(name + "/b/#")),
                                toReceived()));
        assertEquals(
                List.of(QoS.AT_MOST_ONCE, QoS.EXACTLY_ONCE),
                results.granted().stream().map(Subscribed::grantedQos).toList());

        get(client.publish(name + "/b/1", m -> m.payload("yes")).acknowledged());
        assertEquals("yes", next().payloadText());
        get(client.unsubscribe(List.of(name + "/a", name + "/b/#")));
        get(client.publish(name + "/b/1", m -> m.payload("no")).acknowledged());
        expectQuiet();
    }

    @Test
    void requestsGetTheirResponses() {
        MqttClient service = connected("s");
        get(
                service.respond(
                        Subscription.to(name),
                        (request, response) ->
                                CompletableFuture.completedFuture(
                                        response.payload("to " + request.payloadText()))));
        MqttClient caller = connected("c");
        for (int i = 0; i < 10; i++) {
            Message request = Message.to(name).payload("" + i).build();
            Message response = get(caller.request(request, Duration.ofSeconds(LONG)));
            assertEquals("to " + i, response.payloadText());
        }
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
