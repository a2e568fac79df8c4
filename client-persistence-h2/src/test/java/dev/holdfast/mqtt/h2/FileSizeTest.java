package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** H2 lets a file grow without end under a queue's workload, unless it is told otherwise. */
@Timeout(240) // seconds; it takes some twenty where nothing else runs
class FileSizeTest {
    private static final long MEGABYTE = 1 << 20;
    private static final int ALIVE = 1_000;

    @TempDir Path folder;

    @Test
    void staysSmallWhileMessagesComeAndGo() throws IOException {
        Path file = folder.resolve("store.mv.db");
        long largest = 0;
        try (StoredSession session = H2SessionStore.at(file).open("press-17")) {
            Outcomes outcomes = new Outcomes();
            for (long i = 1; i <= 30_000; i += 10) {
                List<Change> batch = new ArrayList<>();
                for (long sequence = i; sequence < i + 10; sequence++) {
                    batch.add(Samples.accepted(sequence, 256));
                    if (sequence > ALIVE && sequence % 100 != 0) { // one in a hundred is stuck
                        batch.add(Samples.completed(sequence - ALIVE));
                    }
                }
                session.write(batch, outcomes.next());
                if (i % 40 == 1) {
                    outcomes.awaitStored();
                    largest = Math.max(largest, Files.size(file));
                }
            }
            outcomes.awaitStored();
        }
        assertTrue(largest < 8 * MEGABYTE, "grew to " + largest + " bytes");
    }

    @Test
    void staysBoundedOverAMillionMessagesWithAThousandAlive() throws IOException {
        Path file = folder.resolve("store.mv.db");
        long largest = 0;
        try (StoredSession session = H2SessionStore.at(file).open("press-17")) {
            Outcomes outcomes = new Outcomes();
            for (long i = 1; i <= 1_000_000; i += 20) {
                List<Change> batch = new ArrayList<>();
                for (long sequence = i; sequence < i + 20; sequence++) {
                    batch.add(Samples.accepted(sequence, 256));
                    if (sequence > ALIVE) {
                        batch.add(Samples.completed(sequence - ALIVE));
                    }
                }
                session.write(batch, outcomes.next());
                if (i % (ALIVE / 2) == 1) { // or messages would go before they reach the file
                    outcomes.awaitStored();
                    largest = Math.max(largest, Files.size(file));
                }
            }
            outcomes.awaitStored();
        }
        assertTrue(largest < 32 * MEGABYTE, "grew to " + largest + " bytes");
    }

    @Test
    void shrinksByItselfAfterALongQueueIsDrained() throws IOException, InterruptedException {
        Path file = folder.resolve("store.mv.db");
        int messages = 30_000;
        try (StoredSession session = H2SessionStore.at(file).open("press-17")) {
            Outcomes outcomes = new Outcomes();
            for (long i = 1; i <= messages; i++) {
                session.write(List.of(Samples.accepted(i, 1_000)), outcomes.next());
            }
            outcomes.awaitStored();
            long full = Files.size(file);
            assertTrue(full > messages * 1_000L, "only " + full + " bytes");
            for (long i = 1; i <= messages; i++) {
                session.write(List.of(Samples.sent(i)), outcomes.next());
                session.write(List.of(Samples.completed(i)), outcomes.next());
            }
            outcomes.awaitStored();
            awaitAtMost(2 * MEGABYTE, file);
        }
    }

    @Test
    void shrinksByItselfAfterTheQueueOfAKilledProcessIsDrained()
            throws IOException, InterruptedException {
        Path file = folder.resolve("store.mv.db");
        Path copy = folder.resolve("killed.mv.db");
        int messages = 10_000;
        try (StoredSession session = H2SessionStore.at(file).open("press-17")) {
            Outcomes outcomes = new Outcomes();
            for (long i = 1; i <= messages; i++) {
                session.write(List.of(Samples.accepted(i, 1_000)), outcomes.next());
            }
            outcomes.awaitStored();
            Files.copy(file, copy);
        }
        try (StoredSession session = H2SessionStore.at(copy).open("press-17")) {
            Outcomes outcomes = new Outcomes();
            for (long i = 1; i <= messages; i++) {
                session.write(List.of(Samples.completed(i)), outcomes.next());
            }
            outcomes.awaitStored();
            awaitAtMost(2 * MEGABYTE, copy);
        }
    }

    /** Compacting goes on in the background, which a busy machine delays. */
    private static void awaitAtMost(long bytes, Path file)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(45);
        while (Files.size(file) > bytes && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
        assertTrue(Files.size(file) <= bytes, "still " + Files.size(file) + " bytes");
    }
}
