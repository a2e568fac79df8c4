package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.MqttException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Calls of one kind that wait for the core's answer, by token. Touched on the loop, but for {@link
 * #admit} and {@link #admitAlways}; completed on a lane.
 */
final class Waiting<T> {
    /** How many of one kind may wait, each Topic Filter of a call counted. */
    static final int MOST = 65_536;

    /** How many there are, with those that have not reached the loop; guarded by this. */
    private int open;

    /** Null while none waits: of many clients most wait for nothing. */
    private @Nullable Map<Long, CompletableFuture<T>> futures;

    private final Lane completions;

    Waiting(Lane completions) {
        this.completions = completions;
    }

    /**
     * Whether so many calls may set out; each that may must be added. A place is free again once
     * the core has answered, whatever the application does with its future meanwhile.
     */
    synchronized boolean admit(int calls) {
        if (calls > MOST - open) {
            return false;
        }
        open += calls;
        return true;
    }

    /** As {@link #admit}, for what must not be refused and is bounded by itself. */
    synchronized void admitAlways() {
        open++;
    }

    private synchronized void answered(int calls) {
        open -= calls;
    }

    static MqttException tooMany(String call) {
        return new MqttException.StoreFull(
                MOST
                        + " calls of "
                        + call
                        + " wait for their answers, each Topic Filter counted, and more are not"
                        + " taken: wait for some of their futures, or for a connection");
    }

    void add(long token, CompletableFuture<T> future) {
        if (futures == null) {
            futures = new LinkedHashMap<>();
        }
        futures.put(token, future);
    }

    private @Nullable CompletableFuture<T> remove(long token) {
        if (futures == null) {
            return null;
        }
        CompletableFuture<T> future = futures.remove(token);
        if (futures.isEmpty()) {
            futures = null;
        }
        return future;
    }

    void complete(long token, @Nullable T value) {
        CompletableFuture<T> future = remove(token);
        if (future != null) {
            answered(1);
            completions.add(() -> future.complete(value));
        }
    }

    void fail(long token, MqttException cause) {
        CompletableFuture<T> future = remove(token);
        if (future != null) {
            answered(1);
            completions.add(() -> future.completeExceptionally(cause));
        }
    }

    void failAll(MqttException cause) {
        if (futures == null) {
            return;
        }
        Collection<CompletableFuture<T>> all = futures.values();
        futures = null;
        answered(all.size());
        all.forEach(f -> completions.add(() -> f.completeExceptionally(cause)));
    }
}
