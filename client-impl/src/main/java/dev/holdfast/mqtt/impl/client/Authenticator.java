package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Authentication;
import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.impl.session.Answer;
import dev.holdfast.mqtt.impl.session.Event.AuthenticationAsked;
import dev.holdfast.mqtt.spi.ClientSettings;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Asks the application's code for credentials and for its part of an authentication, and brings the
 * answers to the core. That code may throw, fail, hang or answer late: the core awaits no answer
 * for ever, and knows one that is late by the number of its question.
 */
final class Authenticator {
    /** Takes an answer, from any thread. */
    interface Answers {
        void take(long question, Answer answer);
    }

    private static final int LONGEST_DATA = 65_535;

    private final ClientSettings settings;
    private final Lane lane;
    private final Answers answers;

    /**
     * The question to be asked next: while the application blocks the lane, one, since the core
     * awaits an answer to the last one only.
     */
    private final AtomicReference<@Nullable AuthenticationAsked> next = new AtomicReference<>();

    /** The exchange under way; touched on the lane. */
    private Authentication.@Nullable Exchange exchange;

    /**
     * Waits for questions.
     *
     * @param lane where the application is asked
     */
    Authenticator(ClientSettings settings, Lane lane, Answers answers) {
        this.settings = settings;
        this.lane = lane;
        this.answers = answers;
    }

    /** Called on the loop. */
    void ask(AuthenticationAsked question) {
        if (next.getAndSet(question) == null) {
            lane.add(this::askNext);
        }
    }

    private void askNext() {
        AuthenticationAsked question = next.getAndSet(null);
        if (question == null) {
            throw new IllegalStateException("No question is to be asked");
        }
        try {
            answerTo(question)
                    .whenComplete(
                            (answer, failure) ->
                                    answers.take(
                                            question.number(),
                                            failure == null
                                                    ? answer
                                                    : Answer.failed(failed(failure))));
        } catch (Throwable thrown) {
            // An Error as well: it is the application's, and the client goes on.
            answers.take(question.number(), Answer.failed(failed(thrown)));
        }
    }

    private CompletionStage<Answer> answerTo(AuthenticationAsked question) {
        Optional<byte[]> data = Optional.ofNullable(question.data()).map(Authenticator::bytes);
        return switch (question.question()) {
            case CONNECT -> credentialsAndFirstData();
            case REAUTHENTICATE -> {
                Authentication.Exchange begun = begin();
                yield withRemarks(begun, withData(begun.first()));
            }
            case ANSWER -> {
                hear(question.remarks());
                yield withRemarks(current(), withData(current().answer(data)));
            }
            case FINISH -> {
                hear(question.remarks());
                yield given("Exchange.finish", current().finish(data))
                        .thenApply(accepted -> new Answer(null, null, null));
            }
        };
    }

    private void hear(Remarks remarks) {
        if (!remarks.isEmpty()) {
            current().received(remarks);
        }
    }

    private static CompletionStage<Answer> withRemarks(
            Authentication.Exchange exchange, CompletionStage<Answer> answer) {
        Remarks remarks = given("Exchange.remarks", exchange.remarks());
        return answer.thenApply(a -> new Answer(null, a.data(), remarks, null));
    }

    /** Both are asked for at once; the first failure of either is the outcome. */
    private CompletionStage<Answer> credentialsAndFirstData() {
        CompletableFuture<Answer> both = new CompletableFuture<>();
        CompletionStage<Answer> credentials = credentials();
        CompletionStage<Answer> first =
                settings.authentication() == null
                        ? CompletableFuture.completedFuture(new Answer(null, null, null))
                        : withData(begin().first());
        credentials
                .thenCombine(first, (c, f) -> new Answer(c.credentials(), f.data(), null))
                .thenAccept(both::complete);
        credentials.whenComplete((c, failure) -> failIfNotNull(both, failure));
        first.whenComplete((f, failure) -> failIfNotNull(both, failure));
        return both;
    }

    private static void failIfNotNull(CompletableFuture<?> future, @Nullable Throwable failure) {
        if (failure != null) {
            future.completeExceptionally(failure);
        }
    }

    private CompletionStage<Answer> credentials() {
        if (settings.credentialsSupplier() == null) {
            return CompletableFuture.completedFuture(
                    new Answer(settings.credentials(), null, null));
        }
        CompletionStage<Credentials> stage =
                given("The supplier of credentials(…)", settings.credentialsSupplier().get());
        return stage.thenApply(c -> new Answer(given("The supplier's stage", c), null, null));
    }

    private Authentication.Exchange begin() {
        Authentication authentication = settings.authentication();
        if (authentication == null) {
            throw new IllegalStateException("Asked to authenticate without authentication(…)");
        }
        exchange = given("Authentication.begin", authentication.begin());
        return exchange;
    }

    private Authentication.Exchange current() {
        if (exchange == null) {
            throw new IllegalStateException("Asked to go on with an exchange that has not begun");
        }
        return exchange;
    }

    private static CompletionStage<Answer> withData(CompletionStage<Optional<byte[]>> stage) {
        return given("The Exchange", stage)
                .thenApply(
                        data -> {
                            byte[] bytes = given("The Exchange's stage", data).orElse(null);
                            if (bytes != null && bytes.length > LONGEST_DATA) {
                                throw new IllegalArgumentException(
                                        "The Exchange gives Authentication Data of "
                                                + bytes.length
                                                + " bytes; MQTT allows 65,535");
                            }
                            ByteBuffer copy = bytes == null ? null : ByteBuffer.wrap(bytes.clone());
                            return new Answer(null, copy, null);
                        });
    }

    /** The application's code may give null, whatever its signature says. */
    private static <T> T given(String by, @Nullable T value) {
        if (value == null) {
            throw new IllegalStateException(by + " gave null");
        }
        return value;
    }

    private static byte[] bytes(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.duplicate().get(bytes);
        return bytes;
    }

    private static MqttException failed(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
        return cause instanceof MqttException.AuthenticationFailed own
                ? own
                : new MqttException.AuthenticationFailed(
                        "credentials(…) or authentication(…) failed: " + cause, cause, false);
    }
}
