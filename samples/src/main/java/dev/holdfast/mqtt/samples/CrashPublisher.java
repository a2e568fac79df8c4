package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.h2.H2SessionStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The publisher of {@link CrashAndResume}, which is killed again and again. It publishes number
 * after number at each QoS, and records in its journal what Holdfast promises about each.
 *
 * <p>On standard input, {@code grant N} lets it publish up to number N, {@code end} ends its
 * session. On standard output, {@code UP} says that it is connected, {@code DONE} that all is
 * acknowledged.
 */
final class CrashPublisher {
    private static final List<QoS> QOS =
            List.of(QoS.AT_MOST_ONCE, QoS.AT_LEAST_ONCE, QoS.EXACTLY_ONCE);

    private final String topics;
    private final int messages;
    private final String padding;
    private final Ledger before;
    private final Journal journal;
    private final MqttClient client;

    /** Room for publications whose stored() is open: a kill leaves that many without a promise. */
    private final Semaphore unstored = new Semaphore(20);

    /** Publications without acknowledgement, and 1 for those still to be published. */
    private final AtomicInteger open = new AtomicInteger(1);

    private int next = 1;

    private CrashPublisher(
            String topics,
            int messages,
            int payload,
            Ledger before,
            Journal journal,
            MqttClient c) {
        this.topics = topics;
        this.messages = messages;
        this.padding = ".".repeat(payload);
        this.before = before;
        this.journal = journal;
        this.client = c;
    }

    /**
     * Runs the publisher.
     *
     * @param args server, folder, name of the run, messages at each QoS, least size of a payload
     */
    public static void main(String[] args) throws IOException {
        URI server = URI.create(args[0]);
        Path folder = Path.of(args[1]);
        String run = args[2];
        Path journalFile = folder.resolve("publisher.journal");
        Ledger before = new Ledger();
        new Journal.Reader(journalFile).read(before::add);
        try (Journal journal = Journal.open(journalFile);
                MqttClient client =
                        MqttClient.newBuilder(server)
                                .clientIdentifier("publisher-" + run)
                                .sessionExpiry(Duration.ofHours(1))
                                .store(H2SessionStore.at(folder.resolve("publisher")))
                                .reconnect(
                                        ReconnectPolicy.exponential(
                                                Duration.ofMillis(100), Duration.ofSeconds(2)))
                                .build()) {
            String topics = "holdfast/" + run + "/qos";
            int messages = Integer.parseInt(args[3]);
            int payload = Integer.parseInt(args[4]);
            new CrashPublisher(topics, messages, payload, before, journal, client).work();
        }
    }

    private void work() throws IOException {
        int pending = takeUpEarlierRuns();
        dieOnFailure(
                client.connect()
                        .handle((connected, failure) -> report(connected, failure, pending)));
        BufferedReader commands =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String c = commands.readLine(); c != null; c = commands.readLine()) {
            if (c.startsWith("grant ")) {
                publishUpTo(Integer.parseInt(c.substring("grant ".length())));
            } else if (c.equals("end")) {
                Await.done("say good-bye", client.disconnect(d -> d.sessionExpiry(Duration.ZERO)));
                return;
            }
        }
    }

    private static boolean report(
            @Nullable Connected connected, @Nullable Throwable failure, int pending) {
        System.out.println(
                connected != null
                        ? "UP " + connected.sessionPresent() + " " + pending
                        : "DOWN " + (failure == null ? "" : failure.getMessage()));
        return connected != null;
    }

    /**
     * Finds out what became of the numbers that had no acknowledgement when the last run was
     * killed.
     */
    private int takeUpEarlierRuns() {
        Map<String, Publication> pending = new HashMap<>();
        for (Publication publication : client.session().pendingPublications()) {
            pending.put(name(publication), publication);
        }
        for (int qos = 1; qos <= 2; qos++) {
            for (int number = 1; number <= before.lastPublished(qos); number++) {
                if (before.isAcknowledged(qos, number)) {
                    continue;
                }
                Publication publication = pending.get(qos + " " + number);
                if (publication != null) {
                    watch(publication, qos + " " + number);
                } else if (before.isStored(qos, number)) {
                    // Only an acknowledgement takes a stored message out of the store.
                    journal.write("acknowledged " + qos + " " + number);
                }
                // Else the kill came before stored() completed. Publishing the number again could
                // duplicate it, so it stays open whether it arrives: nothing was promised.
            }
        }
        return pending.size();
    }

    private static String name(Publication publication) {
        String[] words = publication.message().payloadText().split(" ", 3);
        return words[0] + " " + words[1];
    }

    private void publishUpTo(int granted) {
        if (next > messages) {
            return;
        }
        for (; next <= Math.min(granted, messages); next++) {
            for (int qos = 0; qos <= 2; qos++) {
                if (!before.isPublished(qos, next)) {
                    publish(qos, next);
                }
            }
        }
        if (next > messages) {
            oneLessOpen();
        }
    }

    private void publish(int qos, int number) {
        String name = qos + " " + number;
        journal.write("published " + name);
        Publication publication =
                client.publish(topics + qos, m -> m.payload(payload(name)).qos(QOS.get(qos)));
        if (qos > 0) {
            watch(publication, name);
        }
    }

    private String payload(String name) {
        String text = name + " ";
        return text + padding.substring(Math.min(text.length(), padding.length()));
    }

    private void watch(Publication publication, String name) {
        unstored.acquireUninterruptibly();
        open.incrementAndGet();
        dieOnFailure(publication.stored().handle((done, failure) -> stored(name, failure)));
        dieOnFailure(
                publication.acknowledged().handle((done, failure) -> acknowledged(name, failure)));
    }

    private boolean stored(String name, @Nullable Throwable failure) {
        unstored.release();
        if (failure == null) {
            journal.write("stored " + name);
        }
        return failure == null;
    }

    private boolean acknowledged(String name, @Nullable Throwable failure) {
        journal.write(
                failure == null
                        ? "acknowledged " + name
                        : "failed " + name + " " + failure.getMessage());
        oneLessOpen();
        return failure == null;
    }

    /** A fact that cannot be recorded must not go unnoticed: the judge would be wrong. */
    private static void dieOnFailure(CompletableFuture<?> recorded) {
        CompletableFuture<?> unused =
                recorded.exceptionally(
                        failure -> {
                            System.err.println("The publisher cannot go on: " + failure);
                            Runtime.getRuntime().halt(3);
                            return null;
                        });
    }

    private void oneLessOpen() {
        if (open.decrementAndGet() == 0) {
            System.out.println("DONE");
        }
    }
}
