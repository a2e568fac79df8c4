package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.MqttException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what a recipe needs to go on, with a bound and an error for people. */
final class Await {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private Await() {}

    /** Waits for a future of the client. */
    static <T> T done(String what, CompletableFuture<T> future) {
        try {
            return future.get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            String kind = cause instanceof MqttException ? " (" + kind(cause) + ")" : "";
            throw new SampleFailure("Could not " + what + kind, cause);
        } catch (TimeoutException e) {
            throw new SampleFailure(
                    "Could not " + what + ": no answer within " + TIMEOUT.toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SampleFailure("Interrupted while waiting to " + what);
        }
    }

    /** Waits for the next message of a queue that a handler fills. */
    static String next(BlockingQueue<String> messages) {
        try {
            String next = messages.poll(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            if (next == null) {
                throw new SampleFailure(
                        "A message was expected, and none came within "
                                + TIMEOUT.toSeconds()
                                + " s");
            }
            return next;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SampleFailure("Interrupted while waiting for a message");
        }
    }

    /** Lets time pass, where the passing of time is what a recipe shows. */
    static void passing(Duration time) {
        done(
                "wait",
                CompletableFuture.runAsync(
                        () -> {},
                        CompletableFuture.delayedExecutor(time.toMillis(), TimeUnit.MILLISECONDS)));
    }

    private static String kind(Throwable cause) {
        return cause.getClass().getSimpleName();
    }
}
