package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.StoredSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plain file channel closes when its thread is interrupted, and the database with it. */
class InterruptTest {
    @TempDir Path folder;

    @Test
    void servesCallersThatAreInterrupted() {
        H2SessionStore store = H2SessionStore.at(folder.resolve("store"));
        Outcomes outcomes = new Outcomes();
        Thread.currentThread().interrupt();
        StoredSession session = store.open("press-17");
        assertTrue(Thread.currentThread().isInterrupted());
        assertTrue(Files.exists(folder.resolve("store.owner")));
        for (long i = 1; i <= 100; i++) {
            session.write(List.of(Samples.accepted(i, 100)), outcomes.next());
        }
        session.close();
        assertTrue(Thread.interrupted());
        outcomes.awaitStored();
        try (StoredSession again = store.open("press-17")) {
            assertEquals(LongStream.rangeClosed(1, 100).boxed().toList(), Samples.queued(again));
        }
    }

    @Test
    void survivesAnInterruptOfItsOwnThread() {
        H2SessionStore store = H2SessionStore.at(folder.resolve("store"), Durability.POWER_LOSS);
        Outcomes outcomes = new Outcomes();
        try (StoredSession session = store.open("press-17")) {
            Thread writer =
                    Thread.getAllStackTraces().keySet().stream()
                            .filter(t -> t.getName().startsWith("holdfast-store"))
                            .findAny()
                            .orElseThrow();
            for (long i = 1; i <= 200; i++) {
                session.write(List.of(Samples.accepted(i, 100)), outcomes.next());
                writer.interrupt();
            }
            outcomes.awaitStored();
        }
        try (StoredSession again = store.open("press-17")) {
            assertEquals(200, again.recovered().queuedMessages());
        }
    }
}
