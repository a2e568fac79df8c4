package dev.holdfast.mqtt.samples.stores;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UnknownSession;
import dev.holdfast.mqtt.h2.H2SessionStore;
import dev.holdfast.mqtt.h2.WhenDamaged;
import dev.holdfast.mqtt.samples.BrokerProcess;
import dev.holdfast.mqtt.store.StoreException;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Damage, interrupts, want of memory and System.exit, seen from the application. */
@Timeout(240) // seconds; JVMs start slowly where much else runs
class StoreTroubleIT {
    private static final int PATIENCE_SECONDS = 60;

    @TempDir static Path brokerFolder;

    private static BrokerProcess broker;

    @TempDir Path folder;

    @BeforeAll
    static void startBroker() {
        broker = BrokerProcess.start(brokerFolder);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    private MqttClient client(WhenDamaged whenDamaged, UnknownSession unknown) {
        return MqttClient.newBuilder(broker.uri())
                .clientIdentifier("damaged")
                .sessionExpiry(Duration.ofHours(1))
                .store(H2SessionStore.at(folder.resolve("store")).whenDamaged(whenDamaged))
                .onUnknownSession(unknown)
                .build();
    }

    @Test
    void meetsASessionOfTheServerWithAStoreThatWasSetAside() throws IOException {
        try (MqttClient client = client(WhenDamaged.FAIL, UnknownSession.FAIL)) {
            assertFalse(client.connect().join().sessionPresent());
            client.publish("press/17/parts", m -> m.payload("x").qos(QoS.EXACTLY_ONCE))
                    .acknowledged()
                    .join();
        }
        Path file = folder.resolve("store.mv.db");
        byte[] bytes = Files.readAllBytes(file);
        bytes[10]++;
        bytes[4096 + 10]++;
        Files.write(file, bytes);
        StoreException refusal =
                assertThrows(
                        StoreException.class,
                        () -> client(WhenDamaged.FAIL, UnknownSession.FAIL).close());
        assertTrue(refusal.getMessage().contains("is damaged"), refusal.getMessage());
        try (MqttClient client = client(WhenDamaged.SET_ASIDE, UnknownSession.FAIL)) {
            CompletionException e =
                    assertThrows(CompletionException.class, () -> client.connect().join());
            assertInstanceOf(MqttException.SessionUnknown.class, e.getCause());
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(2, files.filter(path -> path.toString().contains("damaged-")).count());
        }
        try (MqttClient client = client(WhenDamaged.SET_ASIDE, UnknownSession.START_CLEAN)) {
            assertFalse(client.connect().join().sessionPresent());
            client.publish("press/17/parts", m -> m.payload("y").qos(QoS.EXACTLY_ONCE))
                    .acknowledged()
                    .join();
        }
        try (MqttClient client = client(WhenDamaged.FAIL, UnknownSession.FAIL)) {
            assertTrue(client.connect().join().sessionPresent());
        }
    }

    @Test
    void goesOnWhenAHandlerRunsOutOfMemory() throws InterruptedException {
        BlockingQueue<String> handled = new LinkedBlockingQueue<>();
        try (MqttClient client =
                MqttClient.newBuilder(broker.uri())
                        .clientIdentifier("heavy")
                        .sessionExpiry(Duration.ofHours(1))
                        .store(H2SessionStore.at(folder.resolve("store")))
                        .subscription(
                                Subscription.to("heavy/#"),
                                MessageHandlers.forEach(order -> handle(order, handled)))
                        .build()) {
            client.connect().join();
            for (QoS qos : List.of(QoS.AT_LEAST_ONCE, QoS.EXACTLY_ONCE)) {
                client.publish("heavy/orders", m -> m.payload("too much").qos(qos))
                        .acknowledged()
                        .join();
                client.publish("heavy/orders", m -> m.payload("good " + qos).qos(qos))
                        .acknowledged()
                        .join();
                assertEquals("good " + qos, handled.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
            }
        }
        try (MqttClient again =
                MqttClient.newBuilder(broker.uri())
                        .clientIdentifier("heavy")
                        .store(H2SessionStore.at(folder.resolve("store")))
                        .build()) {
            assertEquals(List.of(), again.session().pendingPublications());
        }
    }

    private static void handle(Message order, BlockingQueue<String> handled) {
        if (order.payloadText().equals("too much")) {
            throw new OutOfMemoryError("test");
        }
        handled.add(order.payloadText());
    }

    @Test
    void keepsWhatInterruptedThreadsHavePublished() throws InterruptedException {
        List<Long> stored = Collections.synchronizedList(new ArrayList<>());
        MqttClient client = ExitingPublisher.client(folder.resolve("store"));
        List<Thread> publishers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Thread publisher = new Thread(() -> publish(client, stored));
            publisher.start();
            publishers.add(publisher);
        }
        while (publishers.stream().anyMatch(Thread::isAlive)) {
            for (Thread publisher : publishers) {
                publisher.interrupt();
                publisher.join(1);
            }
        }
        Thread.currentThread().interrupt();
        client.close();
        assertTrue(Thread.interrupted());
        try (MqttClient again = ExitingPublisher.client(folder.resolve("store"))) {
            assertEquals(300, stored.size());
            for (long id : stored) {
                assertTrue(again.session().publication(id).isPresent(), "publication " + id);
            }
        }
    }

    private static void publish(MqttClient client, List<Long> stored) {
        for (int i = 0; i < 100; i++) {
            Publication publication =
                    client.publish("press/17/parts", m -> m.payload("x").qos(QoS.AT_LEAST_ONCE));
            publication.stored().join(); // is not interrupted, unlike get()
            stored.add(publication.id());
        }
    }

    @Test
    void keepsWhatWasStoredWhenTheProcessExitsInTheMidst()
            throws IOException, InterruptedException {
        MappedByteBuffer notes = ExitingPublisher.notes(folder.resolve("notes"));
        for (boolean closes : new boolean[] {true, false}) {
            exit(closes);
            int stored = 0;
            try (MqttClient client = ExitingPublisher.client(folder.resolve("store"))) {
                for (int id = 0; id < notes.capacity(); id++) {
                    if (notes.get(id) == 1) {
                        stored++;
                        assertTrue(client.session().publication(id).isPresent(), "number " + id);
                    }
                }
            }
            assertTrue(stored > 100, "only " + stored + " were stored");
        }
    }

    private void exit(boolean closes) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                ExitingPublisher.class.getName(),
                                folder.resolve("store").toString(),
                                folder.resolve("notes").toString(),
                                "300",
                                Boolean.toString(closes))
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
        boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        process.destroyForcibly();
        String said = Files.readString(output);
        assertTrue(ended, () -> "It did not end: " + said);
        assertEquals(0, process.waitFor(), said);
    }
}
