package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.RandomSession;
import dev.holdfast.mqtt.store.Snapshot;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A write that fails ends the use of the store, and loses nothing that was stored. */
class FailedWriteTest {
    private static final long SEED = 5;
    private static final int BATCHES = 100;

    @TempDir Path folder;

    private H2SessionStore store;

    @BeforeEach
    void putFaultyDiskUnderStore() {
        FaultyFiles.register();
        store =
                new H2SessionStore(
                        folder.resolve("store"),
                        file -> Database.open(file, FaultyFiles.LAYER, Schema.STEPS));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 100, 8_192, 60_000, 200_000, 500_000})
    void holdsWhatWasStoredBeforeTheDiskWasFull(long room) {
        int stored;
        try (StoredSession session = store.open("press-17")) {
            RandomSession made = new RandomSession(SEED);
            Outcomes outcomes = new Outcomes();
            FaultyFiles.ROOM.set(room);
            for (int i = 0; i < BATCHES; i++) {
                session.write(made.nextBatch(), outcomes.next());
                outcomes.await();
            }
            String message = outcomes.awaitFailure().getMessage();
            assertTrue(message.contains(folder.resolve("store.mv.db").toString()), message);
            assertTrue(message.contains("The disk is full: make room"), message);
            stored = outcomes.stored();
            assertTrue(stored < BATCHES);
        }
        FaultyFiles.ROOM.set(Long.MAX_VALUE);
        try (StoredSession session = store.open("press-17")) {
            Snapshot.batchesIn(session, SEED, stored, stored + 1);
        }
    }

    @Test
    void nothingOfAGroupThatFailsHalfWayIsInTheFile() {
        try (StoredSession session = store.open("press-17")) {
            Samples.store(session, Samples.accepted(1, 10));
            Outcomes outcomes = new Outcomes();
            session.write(List.of(Samples.accepted(2, 10), Samples.completed(99)), outcomes.next());
            String message = outcomes.awaitFailure().getMessage();
            assertTrue(message.contains("OUTGOING has no row"), message);
        }
        try (StoredSession session = store.open("press-17")) {
            assertEquals(1, session.recovered().queuedMessages());
        }
    }

    @Test
    void failsAllThatComesAfterAFailure() {
        try (StoredSession session = store.open("press-17");
                StoredSession other = store.open("press-18")) {
            Samples.store(session, Samples.accepted(1, 10));
            FaultyFiles.ROOM.set(0);
            Outcomes outcomes = new Outcomes();
            session.write(List.of(Samples.accepted(2, 10)), outcomes.next());
            StoreException failure = outcomes.awaitFailure();
            FaultyFiles.ROOM.set(Long.MAX_VALUE);
            session.write(List.of(Samples.accepted(3, 10)), outcomes.next());
            assertEquals(failure, outcomes.awaitFailure());
            Outcomes others = new Outcomes();
            other.write(List.of(Samples.accepted(1, 10)), others.next());
            assertEquals(failure, others.awaitFailure());
            assertEquals(
                    failure,
                    assertThrows(StoreException.class, () -> Outcomes.read(session, 0, 1, 1)));
            assertEquals(failure, assertThrows(StoreException.class, () -> store.open("press-19")));
        }
        try (StoredSession session = store.open("press-17")) {
            assertTrue(Samples.queued(session).contains(1L));
        }
    }

    @Test
    void saysThatADiskIsFullWhenAStoreIsCreated() {
        FaultyFiles.ROOM.set(10_000);
        StoreException refusal = assertThrows(StoreException.class, () -> store.open("press-17"));
        assertTrue(refusal.getMessage().contains("The disk is full"), refusal.getMessage());
        FaultyFiles.ROOM.set(Long.MAX_VALUE);
        store.open("press-17").close();
    }

    @Test
    void reportsABugOfTheClientInsteadOfStoringNonsense() {
        try (StoredSession session = store.open("press-17")) {
            Samples.store(session, Samples.accepted(1, 10));
            Outcomes outcomes = new Outcomes();
            session.write(List.of(Samples.completed(2)), outcomes.next());
            String message = outcomes.awaitFailure().getMessage();
            assertTrue(message.contains("This is a bug"), message);
        }
        try (StoredSession session = store.open("press-17")) {
            assertEquals(List.of(1L), Samples.queued(session));
        }
    }
}
