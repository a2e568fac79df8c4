package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.h2.files.DurableFiles;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.RandomSession;
import dev.holdfast.mqtt.store.Snapshot;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The disk breaks, or memory runs out, at any operation from the creation of a store on. */
@Timeout(240) // seconds; it takes a few where nothing else runs
class IoErrorTest {
    private static final long SEED = 23;
    private static final int BATCHES = 12;

    @TempDir Path folder;

    private Path file;
    private H2SessionStore store;
    private int issued;
    private Outcomes outcomes = new Outcomes();

    @BeforeEach
    void putFaultyDiskUnderStore() {
        FaultyFiles.register();
        file = folder.resolve("store.mv.db");
        String layers = DurableFiles.SCHEME + ":" + FaultyFiles.LAYER;
        store = new H2SessionStore(file, of -> Database.open(of, layers, Schema.STEPS));
    }

    @ParameterizedTest
    @CsvSource({
        "WRITE, true, false",
        "WRITE, false, false",
        "WRITE, true, true",
        "FORCE, true, false",
        "FORCE, false, false",
        "READ, true, false",
        "READ, false, true"
    })
    void losesNothingStored(FaultyFiles.Operation operation, boolean once, boolean memory)
            throws IOException {
        Throwable failure =
                memory ? new OutOfMemoryError("test") : new IOException("Input/output error");
        int failures = 0;
        int after = 0;
        while (true) {
            Files.deleteIfExists(file);
            FaultyFiles.fail(operation, after, once, failure);
            useStore(failure);
            if (!FaultyFiles.heal()) {
                break; // there are not so many operations
            }
            failures++;
            String when = operation + " number " + after;
            try (StoredSession session = H2SessionStore.at(file).open("press-17")) {
                Snapshot.batchesIn(session, SEED, outcomes.stored(), issued);
            } catch (StoreException | AssertionError e) {
                throw new AssertionError(when, e);
            }
            after += 1 + after / 4;
        }
        assertTrue(failures >= 4, "only " + failures + " failures");
    }

    private void useStore(Throwable failure) {
        RandomSession made = new RandomSession(SEED);
        issued = 0;
        outcomes = new Outcomes();
        try (StoredSession session = store.open("press-17")) {
            for (; issued < BATCHES; issued++) {
                session.write(made.nextBatch(), outcomes.next());
                outcomes.await();
            }
            if (outcomes.stored() < BATCHES) {
                requireReason(outcomes.awaitFailure(), failure);
            }
        } catch (StoreException e) { // when it was opened
            requireReason(e, failure);
        }
    }

    private void requireReason(StoreException e, Throwable failure) {
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        assertTrue(e.getMessage().contains(failure.getMessage()), e.getMessage());
        assertFalse(e instanceof DamagedStoreException, e.getMessage());
    }

    @Test
    void goesBackToNoOlderStateWhenReadingFailsAtOpening() {
        useStore(new IOException("none"));
        assertEquals(BATCHES, outcomes.stored());
        int failures = 0;
        for (int after = 0; ; after++) {
            FaultyFiles.fail(
                    FaultyFiles.Operation.READ, after, true, new IOException("Input/output error"));
            try (StoredSession session = store.open("press-17")) {
                Snapshot.batchesIn(session, SEED, BATCHES, BATCHES);
            } catch (StoreException e) {
                requireReason(e, new IOException("Input/output error"));
                failures++;
            }
            if (!FaultyFiles.heal()) {
                break;
            }
        }
        assertTrue(failures > 3, "only " + failures + " failures");
        try (StoredSession session = store.open("press-17")) {
            Snapshot.batchesIn(session, SEED, BATCHES, BATCHES);
        }
    }

    @Test
    void answersAllWhenMemoryRunsOutBetweenThem() {
        try (StoredSession session = store.open("press-17")) {
            Samples.store(session, Samples.accepted(1, 10));
            Thread own = Thread.currentThread();
            List<Change> heavy =
                    new AbstractList<>() {
                        @Override
                        public Change get(int index) {
                            if (Thread.currentThread() != own) {
                                throw new OutOfMemoryError("test");
                            }
                            return Samples.accepted(2, 10);
                        }

                        @Override
                        public int size() {
                            return 1;
                        }
                    };
            session.write(List.of(Samples.accepted(2, 10)), outcomes.next());
            session.write(heavy, outcomes.next());
            session.write(List.of(Samples.accepted(3, 10)), outcomes.next());
            requireReason(outcomes.awaitFailure(), new OutOfMemoryError("test"));
        }
        try (StoredSession session = store.open("press-17")) {
            assertEquals(1L, Samples.queued(session).get(0));
        }
    }

    @Test
    void outlivesCallbacksThatThrowErrors() {
        List<Error> errors =
                List.of(new OutOfMemoryError(), new StackOverflowError(), new AssertionError());
        try (StoredSession session = store.open("press-17")) {
            for (int i = 1; i <= 3 * errors.size(); i++) {
                Error error = errors.get(i % errors.size());
                session.write(
                        List.of(Samples.accepted(i, 10)),
                        new StoredSession.Outcome() {
                            @Override
                            public void stored() {
                                throw error;
                            }

                            @Override
                            public void failed(StoreException cause) {
                                throw error;
                            }
                        });
            }
            Samples.store(session, Samples.accepted(100, 10));
        }
        try (StoredSession session = store.open("press-17")) {
            assertEquals(10, Samples.queued(session).size());
        }
    }
}
