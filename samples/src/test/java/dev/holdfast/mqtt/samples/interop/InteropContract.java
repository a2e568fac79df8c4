package dev.holdfast.mqtt.samples.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What Holdfast and another client must understand of each other, on one broker. */
abstract class InteropContract {
    private static final int SHARED = 40;

    /** Those that get nothing would wait longer. */
    private static final long A_WHILE = 500;

    @TempDir Path folder;

    private final URI broker;
    private final String topic = "interop-" + Long.toHexString(System.nanoTime());
    private final BlockingQueue<Message> received = new LinkedBlockingQueue<>();
    private MqttClient holdfast;
    private OtherClient other;

    InteropContract(URI broker) {
        this.broker = broker;
    }

    abstract OtherClient connect(URI broker, Path folder) throws Exception;

    @BeforeEach
    void connect() throws Exception {
        holdfast = MqttClient.newBuilder(broker).clientIdentifier(topic).build();
        holdfast.connect().get(20, TimeUnit.SECONDS);
        other = connect(broker, folder);
    }

    @AfterEach
    void disconnect() {
        other.close();
        holdfast.close();
    }

    @ParameterizedTest
    @EnumSource
    void theOtherGetsWhatHoldfastPublishes(QoS qos) throws Exception {
        other.subscribe(topic, QoS.EXACTLY_ONCE);
        Message sent = withAllProperties(qos);

        publish(sent);

        assertSame(sent, other.next());
    }

    @ParameterizedTest
    @EnumSource
    void holdfastGetsWhatTheOtherPublishes(QoS qos) throws Exception {
        subscribe(topic);
        Message sent = withAllProperties(qos);

        other.publish(sent);

        assertSame(sent, next());
    }

    @Test
    void aMebibyteOfBytesPassesBothWays() throws Exception {
        subscribe(topic + "/in");
        other.subscribe(topic + "/out", QoS.EXACTLY_ONCE);
        byte[] payload = new byte[1 << 20];
        new Random(1).nextBytes(payload);
        Message.Builder in = Message.to(topic + "/in").payload(payload).qos(QoS.EXACTLY_ONCE);
        Message.Builder out = Message.to(topic + "/out").payload(payload).qos(QoS.EXACTLY_ONCE);

        publish(out.build());
        assertSame(out.build(), other.next());
        other.publish(in.build());
        assertSame(in.build(), next());
    }

    @Test
    void anEmptyPayloadPassesBothWays() throws Exception {
        subscribe(topic + "/in");
        other.subscribe(topic + "/out", QoS.AT_LEAST_ONCE);

        publish(Message.to(topic + "/out").build());
        assertEquals(0, other.next().payloadBytes().length);
        other.publish(Message.to(topic + "/in").build());
        assertEquals(0, next().payloadBytes().length);
    }

    @Test
    void retainedMessagesPassBothWays() throws Exception {
        Message in = Message.to(topic + "/in").payload("kept").retain(true).build();
        Message out = Message.to(topic + "/out").payload("kept").retain(true).build();

        publish(out);
        other.subscribe(topic + "/out", QoS.AT_LEAST_ONCE);
        assertSame(out, other.next());
        other.publish(in);
        subscribe(topic + "/in");
        assertSame(in, next());
    }

    @Test
    void oneSharedSubscriptionServesBoth() throws Exception {
        String shared = "$share/" + topic + "/" + topic;
        subscribe(shared);
        other.subscribe(shared, QoS.EXACTLY_ONCE);

        for (int i = 0; i < SHARED; i++) {
            publish(Message.to(topic).payload("" + i).qos(QoS.EXACTLY_ONCE).build());
        }

        Set<String> all = new TreeSet<>();
        int ours = 0;
        Message message = received.poll(A_WHILE, TimeUnit.MILLISECONDS);
        for (; message != null; message = received.poll(A_WHILE, TimeUnit.MILLISECONDS)) {
            ours++;
            all.add(message.payloadText());
        }
        assertTrue(ours > 0 && ours < SHARED, "Holdfast's share: " + ours);
        for (int i = ours; i < SHARED; i++) {
            all.add(other.next().payloadText());
        }
        assertEquals(SHARED, all.size(), "each went to one of the two");
    }

    private Message withAllProperties(QoS qos) {
        return Message.to(topic)
                .qos(qos)
                .payload("5 ml ü")
                .utf8Payload(true)
                .contentType("text/plain")
                .responseTopic(topic + "/answer")
                .correlationData("order-17".getBytes(UTF_8))
                .expiry(Duration.ofSeconds(100))
                .userProperty("unit", "ml")
                .userProperty("unit", "again")
                .build();
    }

    /** But for the Message Expiry Interval, of which the broker takes its time away. */
    private static void assertSame(Message sent, Message received) {
        Message.Builder expected = sent.toBuilder();
        received.expiry()
                .ifPresent(
                        left -> {
                            long seconds = left.toSeconds();
                            assertTrue(seconds > 60 && seconds <= 100, "left: " + seconds);
                            expected.expiry(left);
                        });
        assertEquals(expected.build(), received);
    }

    private void publish(Message message) throws Exception {
        holdfast.publish(message).acknowledged().get(20, TimeUnit.SECONDS);
    }

    private void subscribe(String topicFilter) throws Exception {
        holdfast.subscribe(Subscription.to(topicFilter), MessageHandlers.forEach(received::add))
                .get(20, TimeUnit.SECONDS);
    }

    private Message next() throws InterruptedException {
        Message message = received.poll(20, TimeUnit.SECONDS);
        if (message == null) {
            throw new AssertionError("Holdfast received nothing");
        }
        return message;
    }
}
