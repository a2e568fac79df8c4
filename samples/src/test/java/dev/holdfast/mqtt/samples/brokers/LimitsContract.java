package dev.holdfast.mqtt.samples.brokers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ServerLimits;
import dev.holdfast.mqtt.Subscription;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** With a broker of narrow limits, and with a client of narrow limits. */
abstract class LimitsContract extends BrokerTest {
    /** What the broker of this part is to be started with. */
    static final Limits NARROW = new Limits(3, 2_000, QoS.AT_LEAST_ONCE);

    /** Milliseconds in which a message arrives that is not held back. */
    private static final long A_WHILE = 700;

    private final Product product;
    private final Broker broker;

    LimitsContract(Product product, Broker broker) {
        this.product = product;
        this.broker = broker;
    }

    @Override
    URI uri() {
        return broker.uri();
    }

    private QoS maximumQos() {
        return product.has(Difference.LIMITS_ARE_FIXED) ? QoS.EXACTLY_ONCE : NARROW.maximumQos();
    }

    @Test
    void announcesItsLimits() {
        ServerLimits limits = connect(build(client("c"))).limits();

        int receiveMaximum =
                product.has(Difference.LIMITS_ARE_FIXED) ? 65_535 : NARROW.receiveMaximum();
        assertEquals(receiveMaximum, limits.receiveMaximum());
        assertEquals(NARROW.maximumPacketSize(), limits.maximumPacketSize());
        assertEquals(maximumQos(), limits.maximumQos());
    }

    @Test
    void manyPublicationsPassThroughASmallReceiveMaximum() {
        MqttClient client = connected("c");
        subscribe(client, Subscription.to(name));

        List<Publication> publications =
                IntStream.range(0, 300)
                        .mapToObj(
                                i -> client.publish(name, m -> m.payload("" + i).qos(maximumQos())))
                        .toList();

        publications.forEach(p -> get(p.acknowledged()));
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            numbers.add(Integer.parseInt(next().payloadText()));
        }
        assertEquals(IntStream.range(0, 300).boxed().toList(), product.ordered(numbers));
    }

    @Test
    void publicationAboveMaximumQosFailsAndTheOthersGoOn() {
        MqttClient client = connected("c");
        subscribe(client, Subscription.to(name));

        Publication above = client.publish(name, m -> m.payload("2").qos(QoS.EXACTLY_ONCE));
        get(client.publish(name, m -> m.payload("1").qos(QoS.AT_LEAST_ONCE)).acknowledged());

        if (product.has(Difference.LIMITS_ARE_FIXED)) {
            get(above.acknowledged());
            assertEquals("12", order(next(), next()));
        } else {
            assertEquals(ReasonCode.QOS_NOT_SUPPORTED, rejection(above));
            assertEquals("1", next().payloadText());
        }
        assertEquals(0, client.session().queuedMessages());
    }

    @Test
    void publicationAboveMaximumPacketSizeFailsAndTheOthersGoOn() {
        MqttClient client = connected("c");
        subscribe(client, Subscription.to(name));

        Publication above = client.publish(name, m -> m.payload(new byte[2_000]));
        get(client.publish(name, m -> m.payload("small")).acknowledged());

        assertEquals(ReasonCode.PACKET_TOO_LARGE, rejection(above));
        assertEquals("small", next().payloadText());
        assertEquals(0, client.session().queuedMessages());
    }

    /** Different QoS may overtake each other. */
    private static String order(Message one, Message other) {
        return one.qos().compareTo(other.qos()) < 0
                ? one.payloadText() + other.payloadText()
                : other.payloadText() + one.payloadText();
    }

    private static ReasonCode rejection(Publication publication) {
        return failure(MqttException.PublishRejected.class, publication.acknowledged()).reason();
    }

    @Test
    void brokerKeepsTheReceiveMaximumOfTheClient() throws InterruptedException {
        AtomicBoolean exceeded = new AtomicBoolean();
        ClientListener ears =
                new ClientListener() {
                    @Override
                    public void disconnected(MqttException cause) {
                        exceeded.set(
                                cause instanceof MqttException.ServerMisbehaved m
                                        && m.reason() == ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
                    }
                };
        BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
        MqttClient client = build(lasting("c").receiveMaximum(2).listener(ears));
        connect(client);
        get(client.subscribe(Subscription.to(name), MessageHandlers.manual(deliveries::add)));
        MqttClient publisher = connected("p");
        // It takes two acknowledgements that leave together, and whether two do is up to the
        // threads.
        int rounds = product.has(Difference.EXCEEDS_RECEIVE_MAXIMUM) ? 50 : 2;
        for (int round = 0; round < rounds && !exceeded.get(); round++) {
            takeInPairs(publisher, deliveries, exceeded);
        }
        product.confirm(Difference.EXCEEDS_RECEIVE_MAXIMUM, exceeded.get());
    }

    /**
     * Publishes six messages, and acknowledges them two by two, until all have come or the broker
     * has sent too many.
     */
    private void takeInPairs(
            MqttClient publisher, BlockingQueue<Delivery> deliveries, AtomicBoolean exceeded)
            throws InterruptedException {
        for (int i = 0; i < 6; i++) {
            String text = "" + i;
            get(publisher.publish(name, m -> m.payload(text)).acknowledged());
        }
        Set<String> arrived = new TreeSet<>();
        while (arrived.size() < 6 && !exceeded.get()) {
            Delivery first = deliveries.poll(A_WHILE, TimeUnit.MILLISECONDS);
            if (first == null) {
                continue; // bounded by the time-out of the test
            }
            Delivery second = deliveries.poll(A_WHILE, TimeUnit.MILLISECONDS);
            for (Delivery each : second == null ? List.of(first) : List.of(first, second)) {
                arrived.add(each.message().payloadText());
                each.acknowledge();
            }
        }
    }

    @Test
    void brokerKeepsTheMaximumPacketSizeOfTheClient() {
        MqttClient client = build(client("c").maximumPacketSize(500));
        connect(client);
        subscribe(client, Subscription.to(name));
        MqttClient publisher = connected("p");

        get(publisher.publish(name, m -> m.payload(new byte[600])).acknowledged());
        get(publisher.publish(name, m -> m.payload("small")).acknowledged());

        assertEquals("small", next().payloadText());
        assertTrue(received.isEmpty());
    }

    @Test
    void unacknowledgedMessageHoldsBackNone() throws InterruptedException {
        BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
        MqttClient client = build(client("c").receiveMaximum(10));
        connect(client);
        get(client.subscribe(Subscription.to(name), MessageHandlers.manual(deliveries::add)));
        MqttClient publisher = connected("p");
        get(publisher.publish(name, m -> m.payload("first")).acknowledged());
        Delivery first = take(deliveries);
        get(publisher.publish(name, m -> m.payload("second")).acknowledged());

        Delivery second = deliveries.poll(A_WHILE, TimeUnit.MILLISECONDS);

        product.confirm(Difference.WAITS_FOR_OLDEST_ACKNOWLEDGEMENT, second == null);
        first.acknowledge();
        if (second == null) {
            second = take(deliveries);
        }
        assertEquals("second", second.message().payloadText());
    }

    private static Delivery take(BlockingQueue<Delivery> deliveries) throws InterruptedException {
        Delivery delivery = deliveries.poll(LONG, TimeUnit.SECONDS);
        if (delivery == null) {
            throw new AssertionError("No delivery within " + LONG + " s");
        }
        return delivery;
    }
}
