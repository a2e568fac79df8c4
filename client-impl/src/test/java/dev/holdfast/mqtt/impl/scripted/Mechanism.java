package dev.holdfast.mqtt.impl.scripted;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.mqtt.Authentication;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The method "M": a client that says {@code first-1}, {@code first-2} and so on, answers {@code x}
 * with {@code re:x}, and is content with everything. Tests change single steps.
 */
public class Mechanism implements Authentication {
    /** What was asked of all exchanges, with their number. */
    public final List<String> asked = new CopyOnWriteArrayList<>();

    private final AtomicInteger begun = new AtomicInteger();

    @Override
    public String method() {
        return "M";
    }

    @Override
    public Exchange begin() {
        int number = begun.incrementAndGet();
        return new Exchange() {
            @Override
            public CompletionStage<Optional<byte[]>> first() {
                asked.add(number + " first");
                return Mechanism.this.first(number);
            }

            @Override
            public CompletionStage<Optional<byte[]>> answer(Optional<byte[]> challenge) {
                asked.add(number + " answer " + text(challenge));
                return Mechanism.this.answer(text(challenge));
            }

            @Override
            public CompletionStage<?> finish(Optional<byte[]> data) {
                asked.add(number + " finish " + text(data));
                return Mechanism.this.finish(text(data));
            }
        };
    }

    protected CompletionStage<Optional<byte[]>> first(int number) {
        return data("first-" + number);
    }

    protected CompletionStage<Optional<byte[]>> answer(String challenge) {
        return data("re:" + challenge);
    }

    protected CompletionStage<?> finish(String data) {
        return CompletableFuture.completedFuture(null);
    }

    protected static CompletionStage<Optional<byte[]>> data(String text) {
        return CompletableFuture.completedFuture(Optional.of(text.getBytes(UTF_8)));
    }

    private static String text(Optional<byte[]> data) {
        return data.map(bytes -> new String(bytes, UTF_8)).orElse("-");
    }
}
