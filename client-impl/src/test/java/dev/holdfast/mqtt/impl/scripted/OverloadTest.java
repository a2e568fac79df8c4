package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.atMostOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Overload;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages at QoS 0 that come faster than they are handled. */
class OverloadTest extends ScriptedTest {
    /** With the bytes that the network buffers, many more than the client may take. */
    private static final int MANY = 1_500;

    private static final Publish LARGE = atMostOnce("a", "x".repeat(64 << 10));
    private static final Duration STANDSTILL = Duration.ofMillis(500);

    private final CompletableFuture<Void> released = new CompletableFuture<>();
    private final AtomicInteger handled = new AtomicInteger();

    private MqttClient client(Overload overload, MessageHandler handler) {
        return client(overload, handler, Duration.ZERO);
    }

    private MqttClient client(Overload overload, MessageHandler handler, Duration keepAlive) {
        return client(
                b ->
                        b.onOverload(overload)
                                .keepAlive(keepAlive)
                                .resubscribe(Resubscribe.NEVER)
                                .subscription(Subscription.to("#"), handler));
    }

    private MessageHandler blocking() {
        return MessageHandlers.forEach(
                m -> {
                    released.join();
                    handled.incrementAndGet();
                });
    }

    @AfterEach
    void release() {
        released.complete(null);
    }

    private static int awaitStandstill(IntSupplier count) {
        int[] last = {-1};
        long[] since = {System.nanoTime()};
        await(
                "a standstill",
                () -> {
                    int now = count.getAsInt();
                    if (now != last[0] || now == 0) {
                        last[0] = now;
                        since[0] = System.nanoTime();
                    }
                    return System.nanoTime() - since[0] > STANDSTILL.toNanos();
                });
        return last[0];
    }

    /** Nobody can tell whether a server is silent that one does not listen to. */
    @Test
    void stopsReadingAndKeepsTheConnectionUntilThereIsRoomAgain() {
        MqttClient client = client(Overload.STOP_READING, blocking(), Duration.ofSeconds(1));
        ScriptedConnection connection = connect(client);
        AtomicInteger sent = connection.sendOverAndOver(LARGE, MANY);
        int whenStopped = awaitStandstill(sent::get);
        assertTrue(whenStopped < MANY, "The client has taken all");
        // The first comes after less than a second, and the client's patience is two.
        for (int i = 0; i < 4; i++) {
            connection.expect(Pingreq.class);
        }
        released.complete(null);
        await("all messages", () -> handled.get() == MANY);
        assertEquals(0, client.session().droppedMessages());
        assertTrue(
                listener.takeAll().stream().noneMatch(Recorder.WasDisconnected.class::isInstance),
                "The connection was lost");
    }

    @Test
    void readsOnWhereAllWasTakenBackBeforeTheStop() {
        MqttClient client = client(Overload.STOP_READING, blocking());
        ScriptedConnection connection = connect(client);
        for (int round = 0; round < 3; round++) {
            released.complete(null);
            int before = handled.get();
            connection.sendOverAndOver(LARGE, MANY);
            await("all messages", () -> handled.get() == before + MANY);
            connection.fence();
        }
    }

    /**
     * The end of the connection shows with the next packet sent, and one of which nothing was read
     * would never be made.
     */
    @Test
    void connectsAnewWhileThereIsNoRoom() {
        MqttClient client = client(Overload.STOP_READING, blocking(), Duration.ofSeconds(1));
        ScriptedConnection connection = connect(client);
        awaitStandstill(connection.sendOverAndOver(LARGE, MANY)::get);
        connection.cut();
        listener.await(Recorder.WasConnected.class);
        ScriptedConnection next = server.accept().resume();
        listener.await(Recorder.WasConnected.class);
        released.complete(null);
        next.fence();
    }

    @Test
    void dropsAndCountsWhatItCannotKeep() {
        MqttClient client = client(Overload.DROP_NEWEST, blocking());
        ScriptedConnection connection = connect(client);
        AtomicInteger sent = connection.sendOverAndOver(LARGE, MANY);
        await("all messages", () -> sent.get() == MANY);
        connection.fence();
        long dropped = client.session().droppedMessages();
        // 16 MiB are kept, as the store counts, and one that crosses the bound.
        assertTrue(dropped > MANY - 260 && dropped < MANY - 250, dropped + " dropped");
        released.complete(null);
        await("the others", () -> handled.get() == MANY - dropped);
        assertEquals(1, listener.await(Recorder.Dropped.class).total());
    }

    /** Work that is only started is no room made. */
    @Test
    void countsWhatAnAsynchronousHandlerIsStillBusyWith() {
        MqttClient client =
                client(
                        Overload.DROP_NEWEST,
                        MessageHandlers.async(m -> released.thenRun(handled::incrementAndGet)));
        ScriptedConnection connection = connect(client);
        AtomicInteger sent = connection.sendOverAndOver(LARGE, MANY);
        await("all messages", () -> sent.get() == MANY);
        connection.fence();
        assertTrue(client.session().droppedMessages() > 0);
        released.complete(null);
    }

    /** Messages at QoS 1 are bounded by Receive Maximum, and do not stop the rest. */
    @Test
    void readsOnWhileMessagesAtQos1Wait() {
        MqttClient client = client(Overload.STOP_READING, blocking());
        ScriptedConnection connection = connect(client);
        for (int i = 1; i <= 400; i++) {
            connection.send(atLeastOnce(i, "a", "x".repeat(64 << 10)));
        }
        connection.fence();
        Publication publication = publish(client, QoS.AT_LEAST_ONCE, "meanwhile");
        connection.send(puback(connection.expect(Publish.class)));
        get(publication.acknowledged());
        released.complete(null);
        for (int i = 1; i <= 400; i++) {
            connection.expect(puback(i));
        }
    }

    /** One that must be acknowledged by hand counts until it is. */
    @Test
    void takesMoreOnceThoseInTheHandsOfTheApplicationAreAcknowledged() {
        ConcurrentLinkedQueue<Delivery> taken = new ConcurrentLinkedQueue<>();
        MqttClient client = client(Overload.DROP_NEWEST, MessageHandlers.manual(taken::add));
        ScriptedConnection connection = connect(client);
        AtomicInteger sent = connection.sendOverAndOver(LARGE, 400);
        await("all messages", () -> sent.get() == 400);
        connection.fence();
        long dropped = client.session().droppedMessages();
        assertTrue(dropped > 0);
        taken.forEach(Delivery::acknowledge);
        connection.send(atMostOnce("a", "small"));
        await("one more", () -> taken.size() == 401 - dropped);
        assertNull(connection.nextIfAny(Duration.ofMillis(1)));
    }
}
