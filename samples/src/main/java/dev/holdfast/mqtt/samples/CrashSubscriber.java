package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Subscribed;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.h2.H2SessionStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The subscriber of {@link CrashAndResume}, which is killed again and again. It records each
 * delivery in its journal before it acknowledges it.
 *
 * <p>On standard input, {@code end} ends its session; closing it keeps the session. On standard
 * output, {@code UP} says that it is connected and subscribed.
 */
final class CrashSubscriber {
    private CrashSubscriber() {}

    /**
     * Runs the subscriber.
     *
     * @param args server, folder, name of the run
     */
    public static void main(String[] args) throws IOException {
        URI server = URI.create(args[0]);
        Path folder = Path.of(args[1]);
        String run = args[2];
        try (Journal journal = Journal.open(folder.resolve("subscriber.journal"));
                MqttClient client =
                        MqttClient.newBuilder(server)
                                .clientIdentifier("subscriber-" + run)
                                .sessionExpiry(Duration.ofHours(1))
                                .store(H2SessionStore.at(folder.resolve("subscriber")))
                                .reconnect(
                                        ReconnectPolicy.exponential(
                                                Duration.ofMillis(100), Duration.ofSeconds(2)))
                                .build()) {
            // Declared before the connection is there: what a resumed session brings finds its
            // handler.
            CompletableFuture<Subscribed> subscribed =
                    client.subscribe(
                            Subscription.to("holdfast/" + run + "/+"),
                            delivery -> record(delivery, journal));
            Connected connected = Await.done("connect to " + server, client.connect());
            Await.done("subscribe", subscribed);
            System.out.println("UP " + connected.sessionPresent());
            BufferedReader commands =
                    new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            if ("end".equals(commands.readLine())) {
                Await.done("say good-bye", client.disconnect(d -> d.sessionExpiry(Duration.ZERO)));
            }
        }
    }

    /** The message is acknowledged when this has returned, and so after its line is written. */
    private static CompletionStage<Void> record(Delivery delivery, Journal journal) {
        String[] words = delivery.message().payloadText().split(" ", 3);
        journal.write(
                "received %s %s %d %s"
                        .formatted(
                                words[0],
                                words[1],
                                delivery.id(),
                                delivery.redelivered() ? "again" : "first"));
        return CompletableFuture.completedStage(null);
    }
}
