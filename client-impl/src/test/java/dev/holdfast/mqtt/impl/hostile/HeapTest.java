package dev.holdfast.mqtt.impl.hostile;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.codec.ServerCodec;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.scripted.Packets;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedTest;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What waits for the application is bounded by all that it takes in memory. */
class HeapTest extends ScriptedTest {
    private static final int MESSAGES = 400;

    private final CountDownLatch released = new CountDownLatch(1);

    /** Before the client is closed. */
    @AfterEach
    void release() {
        released.countDown();
    }

    private void waitForRelease() {
        try {
            released.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private CompletionStage<?> hang(Delivery delivery) {
        waitForRelease();
        return delivery.acknowledge();
    }

    /** 16 MiB may wait for a handler, whether it is the payload that is large or the rest. */
    @Test
    void qos0MessagesWithLargePropertiesAreDroppedToo() {
        AtomicLong dropped = new AtomicLong();
        MqttClient client =
                client(
                        b ->
                                b.listener(
                                                new ClientListener() {
                                                    @Override
                                                    public void dropped(Message m, long total) {
                                                        dropped.set(total);
                                                    }
                                                })
                                        .subscription(Subscription.to("#"), this::hang));
        ScriptedConnection connection = connect(client);
        connection.expect(Subscribe.class);
        Message message =
                Message.to("t").qos(QoS.AT_MOST_ONCE).correlationData(new byte[60_000]).build();
        byte[] bytes = ServerCodec.encode(new Publish(message, 0, false));
        for (int i = 0; i < MESSAGES; i++) {
            connection.sendBytes(bytes);
        }
        connection.fence();
        await("some are dropped", () -> dropped.get() > MESSAGES / 20);
        assertTrue(dropped.get() < MESSAGES / 2, dropped + " are dropped");
    }

    /** A listener that hangs must not hold a thousand large messages. */
    @Test
    void droppedMessagesDoNotPileUpForASlowListener() {
        MqttClient client =
                client(
                        b ->
                                b.listener(
                                                new ClientListener() {
                                                    @Override
                                                    public void dropped(Message m, long total) {
                                                        waitForRelease();
                                                    }
                                                })
                                        .subscription(Subscription.to("#"), this::hang));
        ScriptedConnection connection = connect(client);
        connection.expect(Subscribe.class);
        byte[] bytes = ServerCodec.encode(Packets.atMostOnce("t", "x".repeat(500_000)));
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        long before = runtime.totalMemory() - runtime.freeMemory();
        for (int i = 0; i < 400; i++) {
            connection.sendBytes(bytes);
        }
        connection.fence();
        System.gc();
        long taken = runtime.totalMemory() - runtime.freeMemory() - before;
        assertTrue(taken < 64 << 20, taken + " bytes are held");
    }
}
