package dev.holdfast.mqtt.benchmarks;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.h2.Durability;
import dev.holdfast.mqtt.h2.H2SessionStore;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/** A client whose queue may be larger than its heap. */
final class BacklogClient {
    static final String TOPIC = "bench/backlog";

    /** For a client that is never connected. */
    static final int NOWHERE = 1;

    private static final StoreLimits LIMITS =
            new StoreLimits(100_000_000, 64L << 30, 10_000, StoreLimits.WhenFull.FAIL);

    private BacklogClient() {}

    static MqttClient build(Durability durability, Path file, int port) {
        return MqttClient.newBuilder(URI.create("mqtt://127.0.0.1:" + port))
                .clientIdentifier("backlog")
                .sessionExpiry(Duration.ofHours(1))
                .store(H2SessionStore.at(file, durability))
                .storeLimits(LIMITS)
                .build();
    }
}
