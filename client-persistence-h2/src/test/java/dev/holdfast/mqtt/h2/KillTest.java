package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.Snapshot;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kills processes with SIGKILL while they write. */
@Timeout(240) // seconds; it takes a few where nothing else runs
class KillTest {
    private static final int KILLS = 7;
    private static final long SEED = 99;

    @TempDir Path folder;

    @Test
    void findsAllThatWasStoredAfterSigkill() throws IOException, InterruptedException {
        Random random = new Random(SEED);
        MappedByteBuffer notes = KilledChild.notes(folder.resolve("notes"));
        int batches = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            Durability durability =
                    kill % 3 == 2 ? Durability.POWER_LOSS : Durability.PROCESS_CRASH;
            Process child = start(durability, batches);
            awaitProgress(child, notes, batches + random.nextInt(1, 400));
            child.destroyForcibly();
            assertTrue(child.waitFor(30, TimeUnit.SECONDS));
            int stored = (int) notes.getLong(KilledChild.STORED);
            int issued = (int) notes.getLong(KilledChild.ISSUED);
            try (StoredSession session =
                    H2SessionStore.at(folder.resolve("store"), durability).open("press-17")) {
                batches = Snapshot.batchesIn(session, SEED, stored, issued);
            }
        }
    }

    private Process start(Durability durability, int batches) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(KilledChild.class.getName());
        command.add(folder.resolve("store").toString());
        command.add(durability.name());
        command.add(folder.resolve("notes").toString());
        command.add(Long.toString(SEED));
        command.add(Integer.toString(batches));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }

    private void awaitProgress(Process child, MappedByteBuffer notes, int batches)
            throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (notes.getLong(KilledChild.STORED) < batches) {
            if (!child.isAlive() || System.nanoTime() > deadline) {
                throw new AssertionError(
                        "The child came to "
                                + notes.getLong(KilledChild.STORED)
                                + " batches: "
                                + Files.readString(folder.resolve("output")));
            }
            Thread.onSpinWait();
        }
    }
}
