package dev.holdfast.mqtt.samples.brokers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UnknownSession;
import dev.holdfast.mqtt.h2.H2SessionStore;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What must hold with any broker that speaks MQTT 5. */
abstract class BrokerContract {
    private static final int MANY = 300;
    private static final long LONG = 20;

    @TempDir Path folder;

    /** Unlike any other run's, because brokers outlive a test. */
    private final String name = "holdfast-" + Long.toHexString(System.nanoTime());

    private final BlockingQueue<Message> received = new LinkedBlockingQueue<>();
    private final List<MqttClient> clients = new ArrayList<>();

    abstract URI broker();

    @AfterEach
    void closeClients() {
        clients.forEach(MqttClient::close);
    }

    @ParameterizedTest
    @EnumSource
    void deliversManyMessagesInOrderAtEachQos(QoS qos) throws Exception {
        MqttClient client =
                build(
                        client("c")
                                .subscription(
                                        Subscription.to(name + "/#"),
                                        MessageHandlers.forEach(received::add)));
        connect(client);

        List<Publication> publications =
                IntStream.range(0, MANY)
                        .mapToObj(i -> client.publish(name + "/t", m -> m.payload("" + i).qos(qos)))
                        .toList();

        for (Publication p : publications) {
            p.acknowledged().get(LONG, TimeUnit.SECONDS);
        }
        for (int i = 0; i < MANY; i++) {
            Message m = next();
            assertEquals("" + i, m.payloadText());
            assertEquals(qos, m.qos());
        }
    }

    @Test
    void carriesAllPropertiesOfAMessage() throws Exception {
        MqttClient client =
                build(
                        client("c")
                                .subscription(
                                        Subscription.to(name),
                                        MessageHandlers.forEach(received::add)));
        connect(client);
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

        client.publish(sent).acknowledged().get(LONG, TimeUnit.SECONDS);

        assertEquals(sent, next());
    }

    @Test
    void resumedSessionBringsWhatWasPublishedMeanwhile() throws Exception {
        Path store = folder.resolve("subscriber");
        subscriber(store);
        assertFalse(connect(clients.get(0)).sessionPresent());
        // Confirmed before leaving, else there is nothing to resume.
        clients.get(0)
                .subscribe(Subscription.to(name), MessageHandlers.forEach(received::add))
                .get(LONG, TimeUnit.SECONDS);
        clients.remove(0).close();
        MqttClient publisher = build(client("p"));
        connect(publisher);
        for (QoS qos : List.of(QoS.AT_LEAST_ONCE, QoS.EXACTLY_ONCE)) {
            publisher
                    .publish(name, m -> m.payload(qos.name()).qos(qos))
                    .acknowledged()
                    .get(LONG, TimeUnit.SECONDS);
        }

        MqttClient again = subscriber(store);

        assertTrue(connect(again).sessionPresent());
        assertEquals(QoS.AT_LEAST_ONCE.name(), next().payloadText());
        assertEquals(QoS.EXACTLY_ONCE.name(), next().payloadText());
    }

    private MqttClient subscriber(Path store) {
        return build(
                client("s")
                        .sessionExpiry(Duration.ofMinutes(5))
                        .store(H2SessionStore.at(store))
                        .subscription(
                                Subscription.to(name), MessageHandlers.forEach(received::add)));
    }

    @Test
    void publicationsWithoutBrokerArriveInOrderAfterARestart() throws Exception {
        Path store = folder.resolve("publisher");
        MqttClient subscriber =
                build(
                        client("s")
                                .subscription(
                                        Subscription.to(name),
                                        MessageHandlers.forEach(received::add)));
        connect(subscriber);
        MqttClient offline = publisher(store);
        for (int i = 0; i < MANY; i++) {
            String text = "" + i;
            QoS qos = i % 2 == 0 ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE;
            Publication p = offline.publish(name, m -> m.payload(text).qos(qos));
            if (i == MANY - 1) {
                p.stored().get(LONG, TimeUnit.SECONDS);
            }
        }
        clients.remove(offline);
        offline.close();

        MqttClient online = publisher(store);
        List<Publication> pending = online.session().pendingPublications();
        assertEquals(MANY, pending.size());
        connect(online);

        for (Publication p : pending) {
            p.acknowledged().get(LONG, TimeUnit.SECONDS);
        }
        List<String> exactlyOnce = new ArrayList<>();
        List<String> atLeastOnce = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            Message m = next();
            (m.qos() == QoS.EXACTLY_ONCE ? exactlyOnce : atLeastOnce).add(m.payloadText());
        }
        assertEquals(evenFrom(0), exactlyOnce);
        assertEquals(evenFrom(1), atLeastOnce);
    }

    private MqttClient publisher(Path store) {
        return build(
                client("p").sessionExpiry(Duration.ofMinutes(5)).store(H2SessionStore.at(store)));
    }

    private static List<String> evenFrom(int first) {
        return IntStream.iterate(first, i -> i < MANY, i -> i + 2).mapToObj(i -> "" + i).toList();
    }

    @Test
    void disconnectWithExpiryZeroEndsTheSession() throws Exception {
        MqttClient client = build(client("c").sessionExpiry(Duration.ofMinutes(5)));
        connect(client);
        client.disconnect().get(LONG, TimeUnit.SECONDS);
        assertTrue(connect(client).sessionPresent());

        client.disconnect(d -> d.sessionExpiry(Duration.ZERO)).get(LONG, TimeUnit.SECONDS);

        assertFalse(connect(client).sessionPresent());
    }

    @Test
    void cleanStartDropsTheSession() throws Exception {
        MqttClient client = build(client("c").sessionExpiry(Duration.ofMinutes(5)));
        connect(client);
        client.disconnect().get(LONG, TimeUnit.SECONDS);
        clients.remove(client);
        client.close();

        MqttClient clean = build(client("c").sessionExpiry(Duration.ofMinutes(5)).cleanStart(true));

        assertFalse(connect(clean).sessionPresent());
    }

    @Test
    void sessionOfAnotherStoreIsRefusedAndKept() throws Exception {
        MqttClient first = build(client("c").sessionExpiry(Duration.ofMinutes(5)));
        connect(first);
        clients.remove(first);
        first.close();

        MqttClient stranger = build(client("c").sessionExpiry(Duration.ofMinutes(5)));
        ExecutionException refused =
                assertThrows(
                        ExecutionException.class,
                        () -> stranger.connect().get(LONG, TimeUnit.SECONDS));
        assertInstanceOf(MqttException.SessionUnknown.class, refused.getCause());
        clients.remove(stranger);
        stranger.close();

        MqttClient heir =
                build(
                        client("c")
                                .sessionExpiry(Duration.ofMinutes(5))
                                .onUnknownSession(UnknownSession.ACCEPT));
        assertTrue(connect(heir).sessionPresent(), "the refusal left the session alone");
    }

    @Test
    void retainedMessageAwaitsTheSubscriber() throws Exception {
        MqttClient client = build(client("c"));
        connect(client);
        client.publish(name, m -> m.payload("kept").retain(true))
                .acknowledged()
                .get(LONG, TimeUnit.SECONDS);

        client.subscribe(Subscription.to(name), MessageHandlers.forEach(received::add))
                .get(LONG, TimeUnit.SECONDS);

        Message kept = next();
        assertEquals("kept", kept.payloadText());
        assertTrue(kept.retain());
        client.publish(name, m -> m.retain(true)).acknowledged().get(LONG, TimeUnit.SECONDS);
    }

    @Test
    void willIsPublishedAtDisconnectWithWillOnly() throws Exception {
        MqttClient watcher = build(client("w"));
        connect(watcher);
        watcher.subscribe(Subscription.to(name), MessageHandlers.forEach(received::add))
                .get(LONG, TimeUnit.SECONDS);
        MqttClient mortal =
                build(client("m").will(Message.to(name).payload("gone").build(), Duration.ZERO));
        connect(mortal);
        mortal.disconnect().get(LONG, TimeUnit.SECONDS);
        connect(mortal);

        mortal.disconnect(d -> d.withWill()).get(LONG, TimeUnit.SECONDS);

        assertEquals("gone", next().payloadText());
        assertNull(received.poll(), "the first, plain disconnect published no will");
    }

    @Test
    void sharedSubscriptionGivesEachMessageToOneMember() throws Exception {
        for (String member : List.of("a", "b")) {
            MqttClient client =
                    build(
                            client(member)
                                    .subscription(
                                            Subscription.to("$share/g/" + name),
                                            MessageHandlers.forEach(received::add)));
            connect(client);
            client.subscribe(
                            Subscription.to("$share/g/" + name),
                            MessageHandlers.forEach(received::add))
                    .get(LONG, TimeUnit.SECONDS);
        }
        MqttClient publisher = build(client("p"));
        connect(publisher);

        for (int i = 0; i < 20; i++) {
            String text = "" + i;
            publisher
                    .publish(name, m -> m.payload(text))
                    .acknowledged()
                    .get(LONG, TimeUnit.SECONDS);
        }

        List<String> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(next().payloadText());
        }
        assertEquals(20, all.stream().distinct().count());
        assertNull(received.poll(200, TimeUnit.MILLISECONDS));
    }

    @Test
    void unsubscribedTopicBringsNothingMore() throws Exception {
        MqttClient client = build(client("c"));
        connect(client);
        client.subscribe(Subscription.to(name + "/off"), MessageHandlers.forEach(received::add))
                .get(LONG, TimeUnit.SECONDS);
        client.subscribe(Subscription.to(name + "/on"), MessageHandlers.forEach(received::add))
                .get(LONG, TimeUnit.SECONDS);

        client.unsubscribe(name + "/off").get(LONG, TimeUnit.SECONDS);
        client.publish(name + "/off", m -> m.payload("no"));
        client.publish(name + "/on", m -> m.payload("yes"));

        assertEquals("yes", next().payloadText());
    }

    @Test
    void secondClientWithTheIdentifierTakesOverWithoutABattle() throws Exception {
        CompletableFuture<MqttException> lost = new CompletableFuture<>();
        BlockingQueue<Connected> connects = new LinkedBlockingQueue<>();
        MqttClient first =
                build(
                        client("c")
                                .listener(
                                        new ClientListener() {
                                            @Override
                                            public void connected(Connected c) {
                                                connects.add(c);
                                            }

                                            @Override
                                            public void disconnected(MqttException cause) {
                                                lost.complete(cause);
                                            }
                                        }));
        connect(first);
        connects.take();

        MqttClient second = build(client("c"));
        connect(second);

        MqttException cause = lost.get(LONG, TimeUnit.SECONDS);
        // Mosquitto just closes, and nobody can tell that from a lost connection.
        if (cause.permanent()) {
            assertNull(connects.poll(1_500, TimeUnit.MILLISECONDS));
        }
    }

    private MqttClientBuilder client(String role) {
        return MqttClient.newBuilder(broker()).clientIdentifier(name + "-" + role);
    }

    private MqttClient build(MqttClientBuilder builder) {
        MqttClient client = builder.build();
        clients.add(client);
        return client;
    }

    private static Connected connect(MqttClient client) throws Exception {
        return client.connect().get(LONG, TimeUnit.SECONDS);
    }

    private Message next() throws InterruptedException {
        Message message = received.poll(LONG, TimeUnit.SECONDS);
        if (message == null) {
            throw new AssertionError("No message within " + LONG + " s");
        }
        return message;
    }
}
