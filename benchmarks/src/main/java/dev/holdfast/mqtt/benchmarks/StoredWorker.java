package dev.holdfast.mqtt.benchmarks;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.h2.BareCommits;
import dev.holdfast.mqtt.h2.Durability;
import dev.holdfast.mqtt.h2.H2SessionStore;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Stores one message at a time; prints one {@link Sample}. */
public final class StoredWorker {
    private static final int PAYLOAD_BYTES = 256;
    private static final long STUCK_SECONDS = 30;
    private static final String TOPIC = "bench/topic";

    private StoredWorker() {}

    /** How a message gets to the disk. */
    enum Way {
        /** INSERT and COMMIT by JDBC, and FileChannel.force if the message is to survive more. */
        BARE_COMMIT,
        /** Publication.stored() of a client that was never connected. */
        OFFLINE,
        /** The same while PUBACKs come, and rows are deleted. */
        CONNECTED;

        String title(Durability durability) {
            return switch (this) {
                case BARE_COMMIT ->
                        durability == Durability.POWER_LOSS
                                ? "one bare H2 commit and one force"
                                : "one bare H2 commit";
                case OFFLINE -> "stored(), not connected";
                case CONNECTED -> "stored(), connected";
            };
        }
    }

    /** Stores one message, and returns when it is stored. */
    interface Single {
        void store() throws Exception;
    }

    /** Arguments: way, durability, port, folder, seconds to warm up, seconds to measure. */
    public static void main(String[] args) throws Exception {
        Way way = Way.valueOf(args[0]);
        Durability durability = Durability.valueOf(args[1]);
        int port = Integer.parseInt(args[2]);
        Path folder = Path.of(args[3]);
        double warmUp = Double.parseDouble(args[4]);
        double seconds = Double.parseDouble(args[5]);
        System.out.println(run(way, durability, port, folder, warmUp, seconds));
        System.exit(0);
    }

    static Sample run(
            Way way, Durability durability, int port, Path folder, double warmUp, double seconds)
            throws Exception {
        if (way == Way.BARE_COMMIT) {
            try (BareCommits commits =
                    BareCommits.open(folder.resolve("bare"), durability, TOPIC, PAYLOAD_BYTES)) {
                return measure(commits::insert, warmUp, seconds);
            }
        }
        try (MqttClient client =
                MqttClient.newBuilder(URI.create("mqtt://127.0.0.1:" + port))
                        .clientIdentifier("stored-" + UUID.randomUUID())
                        .sessionExpiry(Duration.ofHours(1))
                        .store(H2SessionStore.at(folder.resolve("store"), durability))
                        .build()) {
            if (way == Way.CONNECTED) {
                client.connect().join();
            }
            byte[] payload = new byte[PAYLOAD_BYTES];
            return measure(
                    () ->
                            client.publish(Message.to(TOPIC).payload(payload).build())
                                    .stored()
                                    .get(STUCK_SECONDS, TimeUnit.SECONDS),
                    warmUp,
                    seconds);
        }
    }

    private static Sample measure(Single single, double warmUp, double seconds) throws Exception {
        Latencies latencies = new Latencies();
        long begin = System.nanoTime();
        long measureFrom = begin + (long) (warmUp * 1e9);
        long end = measureFrom + (long) (seconds * 1e9);
        for (long now = begin; now < end; ) {
            single.store();
            long then = System.nanoTime();
            if (now >= measureFrom) {
                latencies.add(then - now);
            }
            now = then;
        }
        Sample sample = new Sample();
        latencies.into(sample);
        return sample;
    }
}
