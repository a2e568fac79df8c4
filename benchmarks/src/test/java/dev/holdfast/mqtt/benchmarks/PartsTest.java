package dev.holdfast.mqtt.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.h2.Durability;
import dev.holdfast.mqtt.impl.client.TopicFilterBenchmark;
import dev.holdfast.mqtt.impl.session.PacketIdentifiersBenchmark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That the parts of the benchmarks work, with a few messages each; nothing is measured. */
class PartsTest {
    private static final double SECONDS = 0.02;
    private static final int RECEIVED_AT_ONCE = 200;

    private final Tally tally = new Tally();
    @TempDir Path folder;
    private int port;

    @BeforeEach
    void startServer() throws Exception {
        port = AckServer.start(tally, true);
    }

    @ParameterizedTest
    @EnumSource
    void clientPublishesWhatItSays(Peer.Kind kind) throws Exception {
        assertPublishes(kind, 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void clientPublishesAtEachQos(int qos) throws Exception {
        assertPublishes(Peer.Kind.HOLDFAST_MEMORY, qos);
    }

    private void assertPublishes(Peer.Kind kind, int qos) throws Exception {
        Sample sample = work(kind, new Work(Work.Kind.PUBLISH, qos, 256, 100));
        long messages = (long) sample.get(Figure.TOTAL_MESSAGES);
        assertTrue(messages >= 100, sample::toString);
        Counts counts = tally.counts(0);
        assertEquals(messages, counts.published());
        assertTrue(counts.publishedBytes() > 256 * messages);
    }

    @ParameterizedTest
    @EnumSource
    void clientReceivesWhatWasSent(Peer.Kind kind) throws Exception {
        Sample sample = work(kind, new Work(Work.Kind.RECEIVE, 2, 256, 100));
        long messages = (long) sample.get(Figure.TOTAL_MESSAGES);
        assertTrue(messages >= RECEIVED_AT_ONCE, sample::toString);
        assertEquals(messages, tally.counts(0).sent());
    }

    @ParameterizedTest
    @EnumSource
    void clientDoesOneWorkAfterTheOther(Peer.Kind kind) throws Exception {
        Peer peer = kind.create(kind.name(), port, folder);
        peer.connect();
        List<Work> works =
                List.of(
                        new Work(Work.Kind.RECEIVE, 1, 256, 100),
                        new Work(Work.Kind.RECEIVE, 1, 1_024, 20),
                        new Work(Work.Kind.PUBLISH, 1, 256, 20));
        long sent = 0;
        for (Work work : works) {
            Sample sample = Worker.run(peer, work, "works", 0, SECONDS, RECEIVED_AT_ONCE);
            long messages = (long) sample.get(Figure.TOTAL_MESSAGES);
            if (work.kind() == Work.Kind.RECEIVE) {
                sent += messages;
                assertEquals(sent, tally.counts(0).sent());
            } else {
                assertEquals(messages, tally.counts(0).published());
            }
        }
        peer.close();
    }

    @Test
    void latenciesAreMeasured() throws Exception {
        Sample sample = work(Peer.Kind.HOLDFAST_MEMORY, new Work(Work.Kind.LATENCY, 1, 256, 1));
        assertTrue(sample.get(Figure.P50_MICROS) > 0);
        assertTrue(sample.get(Figure.P999_MICROS) >= sample.get(Figure.P50_MICROS));
    }

    private Sample work(Peer.Kind kind, Work work) throws Exception {
        String name = kind + "-" + work.kind() + "-" + work.qos();
        Peer peer = kind.create(name, port, Files.createDirectories(folder.resolve(name)));
        peer.connect();
        Sample sample = Worker.run(peer, work, name, 0, SECONDS, RECEIVED_AT_ONCE);
        peer.close();
        return sample;
    }

    @ParameterizedTest
    @EnumSource
    void singleMessagesAreStored(StoredWorker.Way way) throws Exception {
        for (Durability durability : Durability.values()) {
            Path own = Files.createDirectories(folder.resolve(durability.name()));
            Sample sample = StoredWorker.run(way, durability, port, own, 0, SECONDS);
            assertTrue(sample.get(Figure.P50_MICROS) > 0);
        }
    }

    @Test
    void backlogIsSentInOrder() throws Exception {
        int messages = 1_000;
        Path file = folder.resolve("backlog");
        MqttClient offline =
                BacklogClient.build(Durability.PROCESS_CRASH, file, BacklogClient.NOWHERE);
        BacklogStorer.store(offline, messages, 256, null);
        offline.close();
        BacklogDrainer.drain(Durability.PROCESS_CRASH, file, port, messages, null);
        Counts counts = tally.counts(0);
        assertEquals(messages + 1, counts.published());
        assertEquals(0, counts.outOfOrder());
    }

    @Test
    void idleClientsAreResumed() throws Exception {
        int count = 20;
        for (int run = 0; run < 2; run++) {
            List<MqttClient> clients = new ArrayList<>();
            Sample sample = IdleWorker.connect(port, folder.resolve("idle"), count, clients);
            assertEquals(count, sample.get(Figure.CLIENTS));
            clients.forEach(MqttClient::close);
        }
        assertEquals(2 * count, tally.counts(0).connected());
        assertEquals(count, tally.counts(0).resumed());
    }

    @Test
    void microBenchmarksRun() throws Exception {
        CodecBenchmark codec = new CodecBenchmark();
        assertTrue(codec.encodePublish() > 256);
        assertTrue(codec.encodePuback() > 0);
        assertTrue(codec.decodePublish() != null && codec.decodePuback() != null);
        codec.release();
        assertEquals(0, codec.out.refCnt() + codec.publishBytes.refCnt());
        assertEquals(0, codec.pubackBytes.refCnt());
        assertEquals(SessionBenchmark.MESSAGES, new SessionBenchmark().publishToAcknowledged());
        PacketIdentifiersBenchmark identifiers = new PacketIdentifiersBenchmark();
        identifiers.held = 4_096;
        identifiers.hold();
        assertTrue(identifiers.takeAndFree() != null);
        TopicFilterBenchmark filter = new TopicFilterBenchmark();
        filter.filter = "plant/#";
        filter.prepare();
        assertTrue(filter.match());
        StoreBenchmark store = new StoreBenchmark();
        store.open();
        store.storeAndDelete();
        store.close();
    }
}
