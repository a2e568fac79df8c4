package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.again;
import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.atMostOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Failures in receiving that were really reported against other clients. Each comment says what
 * went wrong there.
 */
class DeliveryTrapsTest extends ScriptedTest {
    private final Inbox inbox = new Inbox();

    private MqttClient handling(MessageHandler handler) {
        return client(
                b -> b.resubscribe(Resubscribe.NEVER).subscription(Subscription.to("a"), handler));
    }

    /**
     * The server sends the messages of a resumed session right behind CONNACK; they came before the
     * application could register a handler, and were acknowledged and dropped.
     */
    @Test
    void handsOverWhatComesTogetherWithConnack() {
        MqttClient client = handling(inbox);
        connect(client).cut();
        ScriptedConnection next = server.accept();
        next.expectConnect();
        next.send(connack().sessionPresent().build(), atLeastOnce(7, "a", "kept"));
        Delivery delivery = inbox.next();
        assertEquals("kept", delivery.message().payloadText());
        next.fence();
        delivery.acknowledge();
        next.expect(puback(7));
    }

    /** The same without any handler: what nobody has seen must not be acknowledged. */
    @Test
    void neverAcknowledgesWhatNoHandlerHasSeen() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        connection.send(atLeastOnce(7, "a", "x"));
        assertEquals("a", listener.await(Recorder.Unclaimed.class).message().topic());
        connection.fence();
        client.subscribe(Subscription.to("a"), inbox);
        connection.expect(Subscribe.class);
        inbox.next().acknowledge();
        connection.expect(puback(7));
    }

    /** PUBACK left before the callback had run, so a crash in between lost the message. */
    @Test
    void acknowledgesNothingThatIsStillBeingHandled() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        ScriptedConnection connection =
                connect(
                        handling(
                                delivery -> {
                                    begun.countDown();
                                    release.await();
                                    return delivery.acknowledge();
                                }));
        connection.send(atLeastOnce(7, "a", "x"));
        begun.await();
        connection.fence();
        release.countDown();
        connection.expect(puback(7));
    }

    /** A callback threw: its subscription was dead, but acknowledgements went on as if not. */
    @Test
    void goesOnHandingOverAfterAHandlerThrew() {
        AtomicInteger calls = new AtomicInteger();
        ScriptedConnection connection =
                connect(
                        handling(
                                MessageHandlers.forEach(
                                        m -> {
                                            if (calls.incrementAndGet() < 3) {
                                                throw new IllegalStateException("not yet");
                                            }
                                        })));
        for (int i = 1; i <= 2; i++) {
            connection.send(atLeastOnce(i, "a", "x"));
            connection.expect(new Puback(i, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR));
        }
        connection.send(atLeastOnce(3, "a", "x"));
        connection.expect(puback(3));
    }

    /**
     * The application acknowledged a message by hand, but only after a reconnect. The redelivered
     * one could never be acknowledged any more, and all behind it was stuck.
     */
    @Test
    void isNotStuckAfterAnAcknowledgementThatCameTooLate() {
        ScriptedConnection connection = connect(handling(inbox));
        connection.send(atLeastOnce(7, "a", "x"));
        Delivery late = inbox.next();
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        next.fence();
        late.acknowledge();
        next.send(again(atLeastOnce(7, "a", "x")), atLeastOnce(8, "a", "y"));
        Delivery redelivered = inbox.next();
        Delivery following = inbox.next();
        late.acknowledge();
        following.acknowledge();
        next.fence();
        redelivered.acknowledge();
        next.expect(puback(7));
        next.expect(puback(8));
    }

    /**
     * The server redelivered after a reconnect what it rightly may. It was counted twice against
     * Receive Maximum, so the client closed with 0x93, reconnected, and so on for ever.
     */
    @Statement("3.3.4-9")
    @Test
    void countsARedeliveredMessageOnceAgainstReceiveMaximum() {
        MqttClient client =
                client(
                        b ->
                                b.receiveMaximum(2)
                                        .resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("a"), inbox));
        ScriptedConnection connection = connect(client);
        connection.send(atLeastOnce(7, "a", "x"), exactlyOnce(8, "a", "y"));
        connection.expect(pubrec(8));
        inbox.next();
        inbox.next();
        for (int i = 0; i < 3; i++) {
            connection.cut();
            connection = server.accept().resume();
            connection.send(again(atLeastOnce(7, "a", "x")), again(exactlyOnce(8, "a", "y")));
            connection.expect(pubrec(8));
            assertEquals("x", inbox.nextText());
        }
        connection.fence();
    }

    /** What was received at QoS 2 was not stored, or not asked for, so it came twice. */
    @Statement("4.3.3-10")
    @Test
    void deliversOnceWhatWasReceivedBeforeARestart() {
        TestStore store = new TestStore();
        MqttClient first =
                client(
                        b ->
                                b.store(store)
                                        .resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("a"), inbox));
        ScriptedConnection connection = connect(first);
        connection.send(exactlyOnce(8, "a", "handled"), exactlyOnce(9, "a", "not handled"));
        connection.expect(pubrec(8));
        connection.expect(pubrec(9));
        get(inbox.next().acknowledge());
        long number = inbox.next().id();
        first.close();

        Inbox after = new Inbox();
        MqttClient second =
                client(
                        b ->
                                b.store(store)
                                        .resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("a"), after));
        ScriptedConnection next = connect(second, connack().sessionPresent());
        Delivery again = after.next();
        assertEquals("not handled", again.message().payloadText());
        assertEquals(number, again.id());
        assertTrue(again.redelivered());
        for (int identifier = 8; identifier <= 9; identifier++) {
            next.send(again(exactlyOnce(identifier, "a", "a repeat")));
            next.expect(pubrec(identifier));
            next.send(pubrel(identifier));
            next.expect(pubcomp(identifier));
        }
        next.send(exactlyOnce(8, "a", "new"));
        next.expect(pubrec(8));
        Delivery fresh = after.next();
        assertEquals("new", fresh.message().payloadText());
        assertNotEquals(number, fresh.id());
        after.expectEmpty();
    }

    /** A QoS 0 message was dropped under load, and nobody was told. */
    @Test
    void tellsOfEveryMessageThatItDrops() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        Semaphore handled = new Semaphore(0);
        MqttClient client =
                handling(
                        delivery -> {
                            release.await();
                            handled.release();
                            return delivery.acknowledge();
                        });
        ScriptedConnection connection = connect(client);
        // 16 MiB may wait for a handler that is busy.
        Publish[] large = new Publish[20];
        Arrays.fill(large, atMostOnce("a", "x".repeat(1 << 20)));
        connection.send(large);
        connection.fence();
        int dropped = (int) client.session().droppedMessages();
        for (int told = 1; told <= dropped; told++) {
            assertEquals(told, listener.await(Recorder.Dropped.class).total());
        }
        int expected = large.length - dropped;
        assertTrue(expected >= 16 && expected < large.length, dropped + " were dropped");
        release.countDown();
        assertTrue(handled.tryAcquire(expected, 15, TimeUnit.SECONDS));
        assertEquals(0, handled.availablePermits());
    }
}
