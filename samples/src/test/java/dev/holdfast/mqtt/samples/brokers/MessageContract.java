package dev.holdfast.mqtt.samples.brokers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.Subscription;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a message is when it has crossed a broker: every QoS both ways, properties, will. */
abstract class MessageContract extends BrokerTest {
    private static final int MANY = 300;

    private final Product product;
    private final Broker broker;

    MessageContract(Product product, Broker broker) {
        this.product = product;
        this.broker = broker;
    }

    @Override
    URI uri() {
        return broker.uri();
    }

    @ParameterizedTest
    @EnumSource
    void deliversManyMessagesInOrderAtEachQos(QoS qos) {
        MqttClient client = connected("c");
        subscribe(client, Subscription.to(name + "/#"));

        List<Publication> publications =
                IntStream.range(0, MANY)
                        .mapToObj(i -> client.publish(name + "/t", m -> m.payload("" + i).qos(qos)))
                        .toList();

        publications.forEach(p -> get(p.acknowledged()));
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            Message m = next();
            numbers.add(Integer.parseInt(m.payloadText()));
            assertEquals(qos, m.qos());
        }
        assertEquals(IntStream.range(0, MANY).boxed().toList(), product.ordered(numbers));
    }

    @ParameterizedTest
    @EnumSource
    void deliversAtNoHigherQosThanSubscribed(QoS qos) {
        MqttClient client = connected("c");
        subscribe(client, Subscription.to(name).atMost(qos));

        for (QoS published : QoS.values()) {
            get(client.publish(name, m -> m.payload("p").qos(published)).acknowledged());
            QoS lower = published.compareTo(qos) < 0 ? published : qos;
            assertEquals(lower, next().qos(), "published at " + published);
        }
    }

    @Test
    void carriesAllPropertiesOfAMessage() {
        MqttClient client = connected("c");
        subscribe(client, Subscription.to(name));
        Message sent =
                Message.to(name)
                        .payload("5 ml")
                        .utf8Payload(true)
                        .contentType("text/plain")
                        .responseTopic(name + "/answer")
                        .correlationData(new byte[] {0, -1})
                        .userProperty("unit", "ml")
                        .userProperty("unit", "again")
                        .qos(QoS.EXACTLY_ONCE)
                        .build();

        get(client.publish(sent).acknowledged());

        assertEquals(sent, next());
    }

    /** No broker has to heed them, and none may be disturbed. */
    @ParameterizedTest
    @EnumSource
    void takesUserPropertiesInAcknowledgements(QoS qos) {
        AtomicInteger losses = new AtomicInteger();
        ClientListener listener =
                new ClientListener() {
                    @Override
                    public void disconnected(MqttException cause) {
                        losses.incrementAndGet();
                    }
                };
        MqttClient client =
                build(client("c").acknowledgementProperty("by", name).listener(listener));
        connect(client);
        Remarks remarks = Remarks.of("seen").userProperty("by", "the handler");
        MessageHandler handler =
                MessageHandlers.manual(
                        delivery -> {
                            received.add(delivery.message());
                            delivery.acknowledge(remarks);
                        });
        get(client.subscribe(Subscription.to(name), handler));

        for (int i = 0; i < 30; i++) {
            String payload = "" + i;
            get(client.publish(name, m -> m.payload(payload).qos(qos)).acknowledged());
            assertEquals(payload, next().payloadText());
        }

        assertEquals(0, losses.get());
    }

    @Test
    void carriesAMebibyteOfBytes() {
        MqttClient client = connected("c");
        subscribe(client, Subscription.to(name));
        byte[] payload = new byte[1 << 20];
        new Random(1).nextBytes(payload);
        Message sent = Message.to(name).payload(payload).qos(QoS.EXACTLY_ONCE).build();

        get(client.publish(sent).acknowledged());

        assertEquals(sent, next());
    }

    @Test
    void expiredMessageIsNotDelivered() {
        MqttClient subscriber =
                build(lasting("s").subscription(Subscription.to(name), toReceived()));
        connect(subscriber);
        subscribe(subscriber, Subscription.to(name));
        get(subscriber.disconnect());
        MqttClient publisher = connected("p");
        get(
                publisher
                        .publish(name, m -> m.payload("short").expiry(Duration.ofSeconds(1)))
                        .acknowledged());
        get(
                publisher
                        .publish(name, m -> m.payload("long").expiry(Duration.ofMinutes(9)))
                        .acknowledged());

        passing(Duration.ofMillis(2_500));
        connect(subscriber);

        Message message = next();
        assertEquals("long", message.payloadText());
        long left = message.expiry().orElseThrow().toSeconds();
        // Two seconds at least it waited on the broker, which tells what is left (3.3.2-6).
        assertTrue(left >= 500 && left <= 538, "left: " + left + " s");
    }

    @Test
    void retainedMessageAwaitsTheSubscriber() throws InterruptedException {
        MqttClient client = connected("c");
        get(client.publish(name, m -> m.payload("kept").retain(true)).acknowledged());

        subscribe(client, Subscription.to(name));

        Message kept = next();
        assertEquals("kept", kept.payloadText());
        assertTrue(kept.retain());
        get(client.publish(name, m -> m.payload("live").retain(true)).acknowledged());
        assertFalse(next().retain(), "what comes while subscribed is not retained");

        get(client.publish(name, m -> m.retain(true)).acknowledged()); // deletes it
        assertEquals("", next().payloadText());
        MqttClient late = connected("late");
        subscribe(late, Subscription.to(name));
        expectQuiet();
    }

    @Test
    void willIsPublishedAtDisconnectWithWillOnly() throws Exception {
        subscribe(connected("w"), Subscription.to(name));
        MqttClient mortal =
                build(client("m").will(Message.to(name).payload("gone").build(), Duration.ZERO));
        connect(mortal);
        get(mortal.disconnect());
        if (product.has(Difference.MAY_MISS_DISCONNECT)) {
            return; // the next test shows what it does when it does not
        }
        expectQuiet();
        connect(mortal);

        get(mortal.disconnect(d -> d.withWill()));

        assertEquals("gone", next().payloadText());
        expectQuiet();
    }

    /** The same without the client, which closes the connection when it has said good-bye. */
    @Test
    void willIsPublishedWhileThePeerAwaitsTheEnd() throws Exception {
        subscribe(connected("w"), Subscription.to("w" + name.substring(name.length() - 3)));
        try (Peer peer = new Peer(uri())) {
            byte[] topic = ("w" + name.substring(name.length() - 3)).getBytes(UTF_8);
            peer.send( // CONNECT as "m" with a will of one byte
                    "10 18 00 04 4D 51 54 54 05 06 00 3C 00 00 01 6D 00 00 04 %s 00 01 21"
                            .formatted(HexFormat.ofDelimiter(" ").formatHex(topic)));
            assertTrue(peer.packet().startsWith("20"));
            peer.send("E0 01 04"); // DISCONNECT with will
            assertTrue(peer.isAtEnd());
        }

        Message will = received.poll(2, TimeUnit.SECONDS);

        product.confirm(Difference.NO_WILL_AT_DISCONNECT, will == null);
    }

    @Test
    void willIsPublishedWhenTheConnectionIsLost() throws Exception {
        subscribe(connected("w"), Subscription.to(name));
        try (LossyLink link = new LossyLink(uri())) {
            Message will = Message.to(name).payload("gone").qos(QoS.EXACTLY_ONCE).build();
            connect(build(link.client(name + "-m").will(will, Duration.ZERO)));

            link.cut();

            assertEquals("gone", next().payloadText());
        }
    }

    @Test
    void delayedWillIsNotPublishedIfTheClientComesBack() throws Exception {
        subscribe(connected("w"), Subscription.to(name));
        Message will = Message.to(name).payload("gone").build();
        try (LossyLink link = new LossyLink(uri())) {
            MqttClient mortal =
                    build(
                            link.client(name + "-m")
                                    .sessionExpiry(Duration.ofMinutes(1))
                                    .will(will, Duration.ofSeconds(2)));
            connect(mortal);
            link.cut();
            link.awaitConnection(); // it has come back by itself
            get(mortal.publish(name, m -> m.payload("back")).acknowledged());
            assertEquals("back", next().payloadText());

            link.cutForGood();

            assertEquals("gone", next().payloadText());
            expectQuiet(); // one will, not two
        }
    }
}
