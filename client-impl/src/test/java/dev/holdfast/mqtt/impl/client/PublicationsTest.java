package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Run;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** Who waits for a publication is told, however long the queue is. */
class PublicationsTest {
    private static final Message MESSAGE = Message.to("t").payload("p").build();
    private static final Acknowledgement DONE =
            new Acknowledgement(ReasonCode.SUCCESS, Optional.empty(), List.of());

    private final Publications publications =
            new Publications(new Lane(Runnable::run, Runnable::run), StoreLimits.defaults());
    private long next = 1;

    /** More than are held strongly in any case. */
    private void fill() {
        for (int i = 0; i <= PublicationMap.MOST_HELD_IN_ANY_CASE; i++) {
            arrive();
        }
    }

    private PendingPublication arrive() {
        PendingPublication publication = new PendingPublication(next++, MESSAGE, 0, publications);
        publications.arrived(publication);
        return publication;
    }

    private void stored(long id) {
        publications.stored(new Event.Stored(new Run(id)));
        publications.flush();
    }

    private void acknowledged(long id) {
        publications.acknowledged(new Event.Acknowledged(new Run(id), DONE));
        publications.flush();
    }

    @Test
    void publicationOfALongQueueThatNobodyHoldsIsCollected() {
        fill();
        WeakReference<PendingPublication> publication = new WeakReference<>(arrive());
        long id = next - 1;
        stored(id);

        for (int i = 0; publication.get() != null; i++) {
            assertTrue(i < 1_000, "it is held although it is stored and nobody waits");
            System.gc();
        }
        acknowledged(id);
    }

    @Test
    void whoeverAskedForTheOutcomeBeforeItWasStoredIsTold() {
        fill();
        CompletableFuture<Acknowledgement> outcome = arrive().acknowledged();
        long id = next - 1;
        stored(id);
        System.gc();

        acknowledged(id);

        assertSame(DONE, outcome.getNow(null));
    }

    @Test
    void callbackThatCameBeforeItWasStoredIsHeldAndCalledOnce() {
        fill();
        List<Acknowledgement> outcomes = new ArrayList<>();
        arrive().whenAcknowledged((answer, failure) -> outcomes.add(answer));
        long id = next - 1;
        stored(id);
        System.gc();
        assertEquals(List.of(), outcomes);

        acknowledged(id);

        assertEquals(List.of(DONE), outcomes);
    }

    @Test
    void eachOfSeveralCallbacksIsCalledThoughOneFails() {
        PendingPublication publication = arrive();
        List<String> calls = new ArrayList<>();
        publication.whenAcknowledged((answer, failure) -> calls.add("first"));
        publication.whenAcknowledged(
                (answer, failure) -> {
                    throw new AssertionError("of the application");
                });
        publication.whenAcknowledged((answer, failure) -> calls.add("third"));

        acknowledged(publication.id());
        assertEquals(List.of("first", "third"), calls);
        publication.whenAcknowledged((answer, failure) -> calls.add("late"));

        assertEquals(List.of("first", "third", "late"), calls);
    }

    @Test
    void callbacksAreCalledInTheirOrderHoweverManyTheyAre() {
        int count = 100_000;
        PendingPublication publication = arrive();
        List<Integer> calls = new ArrayList<>();
        List<Integer> expected = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            expected.add(number);
            publication.whenAcknowledged((answer, failure) -> calls.add(number));
        }

        acknowledged(publication.id());

        assertTrue(expected.equals(calls), () -> calls.size() + " of " + count + " were called");
    }

    @Test
    void callbackIsToldOfAFailure() {
        PendingPublication publication = arrive();
        List<MqttException> failures = new ArrayList<>();
        publication.whenAcknowledged((answer, failure) -> failures.add(failure));
        MqttException cause = new MqttException.Cancelled("not wanted");

        publications.failed(new Event.PublishFailed(publication.id(), cause));
        publications.flush();

        assertEquals(List.of(cause), failures);
        assertSame(
                cause,
                assertThrows(CompletionException.class, publication.acknowledged()::join)
                        .getCause());
    }
}
