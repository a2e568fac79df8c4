package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.atMostOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.suback;
import static dev.holdfast.mqtt.impl.scripted.Packets.unsuback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The application's code runs beside the client's, and may call it from anywhere. */
class CallbackTest extends ScriptedTest {
    private final AtomicReference<MqttClient> self = new AtomicReference<>();

    private final CompletableFuture<Void> called = new CompletableFuture<>();

    private MqttClient me() {
        return self.get();
    }

    /** Every method of the API, as one may call them in a callback; none may block or throw. */
    private void callEverything() {
        Publication publication = publish(me(), QoS.AT_LEAST_ONCE, "from a callback");
        me().connect();
        me().subscribe(Subscription.to("b"), MessageHandlers.forEach(m -> {}));
        me().unsubscribe("b");
        me().session().publication(publication.id());
        called.complete(null);
    }

    private void answerEverything(ScriptedConnection connection) {
        Publish p = connection.expect(Publish.class);
        connection.send(puback(p));
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.SUCCESS));
        connection.send(unsuback(connection.expect(Unsubscribe.class), ReasonCode.SUCCESS));
        get(called);
        connection.fence();
    }

    private MqttClient with(MessageHandler handler) {
        MqttClient client =
                client(
                        b ->
                                b.resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("a"), handler));
        self.set(client);
        return client;
    }

    @Test
    void takesEveryCallInAHandler() {
        MqttClient client = with(MessageHandlers.forEach(m -> callEverything()));
        ScriptedConnection connection = connect(client);
        connection.send(atMostOnce("a", "x"));
        answerEverything(connection);
    }

    @Test
    void takesEveryCallInAListener() {
        MqttClient client =
                client(
                        b ->
                                b.listener(
                                        new ClientListener() {
                                            @Override
                                            public void connected(Connected connected) {
                                                callEverything();
                                            }
                                        }));
        self.set(client);
        client.connect();
        answerEverything(server.accept().accept());
    }

    @Test
    void takesEveryCallInACallbackOfAFuture() {
        MqttClient client = client();
        self.set(client);
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_LEAST_ONCE, "first").acknowledged().thenRun(this::callEverything);
        connection.send(puback(connection.expect(Publish.class)));
        answerEverything(connection);
    }

    @Test
    void interruptOfOneCallbackDoesNotMeetTheNext() {
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        MqttClient client =
                with(
                        MessageHandlers.forEach(
                                m -> {
                                    if (m.payloadText().equals("first")) {
                                        Thread.currentThread().interrupt();
                                    } else {
                                        interrupted.complete(Thread.interrupted());
                                    }
                                }));
        ScriptedConnection connection = connect(client);
        connection.send(atMostOnce("a", "first"), atMostOnce("a", "second"));
        assertFalse(get(interrupted));
    }

    @Test
    void letsAHandlerWaitForItsOwnPublish() {
        CompletableFuture<ReasonCode> answer = new CompletableFuture<>();
        MqttClient client =
                with(
                        MessageHandlers.forEach(
                                m -> {
                                    Publication p = publish(me(), QoS.AT_LEAST_ONCE, "reply");
                                    answer.complete(get(p.acknowledged()).reason());
                                }));
        ScriptedConnection connection = connect(client);
        connection.send(atLeastOnce(7, "a", "question"));
        connection.send(puback(connection.expect(Publish.class)));
        assertEquals(ReasonCode.SUCCESS, get(answer));
        connection.expect(puback(7));
    }

    @Test
    void disconnectsInAHandler() {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        MqttClient client =
                with(
                        MessageHandlers.forEach(
                                m -> {
                                    get(me().disconnect());
                                    gone.complete(null);
                                }));
        ScriptedConnection connection = connect(client);
        connection.send(atMostOnce("a", "x"));
        connection.expectDisconnect(ReasonCode.SUCCESS);
        get(gone);
    }

    @Test
    void closesInAHandler() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        MqttClient client =
                with(
                        MessageHandlers.forEach(
                                m -> {
                                    me().close();
                                    closed.complete(null);
                                }));
        ScriptedConnection connection = connect(client);
        connection.send(atMostOnce("a", "x"));
        connection.expectDisconnect(ReasonCode.SUCCESS);
        get(closed);
    }

    @Test
    void closesInAListener() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        MqttClient client =
                client(
                        b ->
                                b.listener(
                                        new ClientListener() {
                                            @Override
                                            public void connected(Connected connected) {
                                                me().close();
                                                closed.complete(null);
                                            }
                                        }));
        self.set(client);
        client.connect();
        server.accept().accept().expectDisconnect(ReasonCode.SUCCESS);
        get(closed);
    }

    @Test
    void closesInACallbackOfAFuture() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var closed = publish(client, QoS.AT_LEAST_ONCE, "x").acknowledged().thenRun(client::close);
        connection.send(puback(connection.expect(Publish.class)));
        connection.expectDisconnect(ReasonCode.SUCCESS);
        get(closed);
    }

    /** Neither the protocol nor the futures wait for a handler that takes its time. */
    @Test
    void goesOnWhileAHandlerBlocks() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        CompletableFuture<Void> begun = new CompletableFuture<>();
        MqttClient client =
                with(
                        delivery -> {
                            begun.complete(null);
                            release.await();
                            return CompletableFuture.completedStage(null);
                        });
        ScriptedConnection connection = connect(client);
        connection.send(atLeastOnce(7, "a", "x"));
        get(begun);
        Publication publication = publish(client, QoS.AT_LEAST_ONCE, "meanwhile");
        connection.send(puback(connection.expect(Publish.class)));
        get(publication.acknowledged());
        connection.fence();
        release.countDown();
        connection.expect(puback(7));
    }

    @Test
    void survivesAListenerAndACallbackThatThrow() {
        MqttClient client =
                client(
                        b ->
                                b.listener(
                                        new ClientListener() {
                                            @Override
                                            public void connected(Connected connected) {
                                                throw new IllegalStateException("a bug");
                                            }
                                        }));
        ScriptedConnection connection = connect(client);
        Publication publication = publish(client, QoS.AT_LEAST_ONCE, "x");
        publication
                .acknowledged()
                .thenRun(
                        () -> {
                            throw new IllegalStateException("another");
                        });
        connection.send(puback(connection.expect(Publish.class)));
        get(publication.acknowledged());
        connection.fence();
    }

    /** Cancelling a future is no way to take a message back. */
    @Test
    void sendsAMessageWhoseFutureWasCancelled() {
        MqttClient client = client();
        Publication publication = publish(client, QoS.AT_LEAST_ONCE, "x");
        assertTrue(publication.acknowledged().cancel(true));
        ScriptedConnection connection = connect(client);
        connection.send(puback(connection.expect(Publish.class)));
        connection.fence();
        assertEquals(0, client.session().queuedMessages());
    }

    @Test
    void dropsQos0MessagesThatABlockedHandlerCannotTakeAndSaysSo() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        MqttClient client =
                with(
                        MessageHandlers.forEach(
                                m -> {
                                    try {
                                        release.await();
                                    } catch (InterruptedException e) {
                                        throw new AssertionError(e);
                                    }
                                }));
        ScriptedConnection connection = connect(client);
        Publish[] many = new Publish[1_000];
        Arrays.fill(many, atMostOnce("a", "x"));
        for (int i = 0; i < 11; i++) {
            connection.send(many);
        }
        Recorder.Dropped dropped = listener.await(Recorder.Dropped.class);
        assertEquals(1, dropped.total());
        assertFalse(dropped.message().topic().isEmpty());
        release.countDown();
    }
}
