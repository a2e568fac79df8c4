package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.MqttException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Calls of one kind that wait for the core's answer, by token. Touched on the loop; completed on a
 * lane.
 */
final class Waiting<T> {
    private final Map<Long, CompletableFuture<T>> futures = new HashMap<>();
    private final Lane completions;

    Waiting(Lane completions) {
        this.completions = completions;
    }

    void add(long token, CompletableFuture<T> future) {
        futures.put(token, future);
    }

    void complete(long token, @Nullable T value) {
        CompletableFuture<T> future = futures.remove(token);
        if (future != null) {
            completions.add(() -> future.complete(value));
        }
    }

    void fail(long token, MqttException cause) {
        CompletableFuture<T> future = futures.remove(token);
        if (future != null) {
            completions.add(() -> future.completeExceptionally(cause));
        }
    }

    void failAll(MqttException cause) {
        List<CompletableFuture<T>> all = new ArrayList<>(futures.values());
        futures.clear();
        all.forEach(f -> completions.add(() -> f.completeExceptionally(cause)));
    }
}
