package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.SubscribeResults;
import dev.holdfast.mqtt.Subscribed;
import dev.holdfast.mqtt.Subscription;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The answers to one call for some Topic Filters, made into one future for the application. What it
 * does to that future changes nothing of the call.
 */
final class Together {
    private Together() {}

    static <T> CompletableFuture<T> one(List<CompletableFuture<T>> answers) {
        CompletableFuture<T> one = new CompletableFuture<>();
        answers.get(0)
                .whenComplete(
                        (answer, failure) -> {
                            if (failure == null) {
                                one.complete(answer);
                            } else {
                                one.completeExceptionally(cause(failure));
                            }
                        });
        return one;
    }

    static CompletableFuture<SubscribeResults> results(
            List<Subscription> wanted, List<CompletableFuture<Subscribed>> answers) {
        CompletableFuture<SubscribeResults> results = new CompletableFuture<>();
        CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .whenComplete(
                        (done, failure) -> {
                            List<Subscribed> granted = new ArrayList<>();
                            Map<Subscription, MqttException.SubscribeRejected> refusals =
                                    new LinkedHashMap<>();
                            for (int i = 0; i < wanted.size(); i++) {
                                try {
                                    granted.add(answers.get(i).join());
                                } catch (CompletionException e) {
                                    if (e.getCause()
                                            instanceof MqttException.SubscribeRejected refusal) {
                                        refusals.put(wanted.get(i), refusal);
                                    } else {
                                        results.completeExceptionally(e.getCause());
                                    }
                                }
                            }
                            results.complete(new SubscribeResults(granted, refusals));
                        });
        return results;
    }

    static CompletableFuture<Void> all(List<CompletableFuture<Void>> answers) {
        CompletableFuture<Void> all = new CompletableFuture<>();
        CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .whenComplete(
                        (done, failure) -> {
                            if (failure == null) {
                                all.complete(null);
                            } else {
                                all.completeExceptionally(cause(failure));
                            }
                        });
        return all;
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause()
                : failure;
    }
}
