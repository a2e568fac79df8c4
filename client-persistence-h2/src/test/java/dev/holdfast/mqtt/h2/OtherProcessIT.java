package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.Snapshot;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that are killed while they write, and one that will not let go. */
@Timeout(240) // seconds; JVMs start slowly where much else runs
class OtherProcessIT {
    private static final int KILLS = 6;
    private static final int EXITS = 4;
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
            batches = orAnew(batches, notes);
        }
    }

    /** What lacks young messages is no state to go on from with the same seed. */
    private int orAnew(int batches, MappedByteBuffer notes) throws IOException {
        if (batches >= 0) {
            return batches;
        }
        Files.delete(folder.resolve("store.mv.db"));
        notes.putLong(KilledChild.ISSUED, 0);
        notes.putLong(KilledChild.STORED, 0);
        return 0;
    }

    @Test
    void namesTheProcessThatHasTheStore() throws IOException, InterruptedException {
        Path file = folder.resolve("store.mv.db");
        H2SessionStore store = H2SessionStore.at(file);
        Process child = java(HoldingChild.class, file.toString()).start();
        try (BufferedReader output = child.inputReader(StandardCharsets.UTF_8)) {
            assertEquals("open 0", output.readLine());
            String message =
                    assertThrows(StoreException.class, () -> store.open("press-17")).getMessage();
            assertTrue(message.contains(file.toString()), message);
            assertTrue(message.contains("in use by process " + child.pid() + " on host"), message);
            assertTrue(message.contains("end that one"), message);
        } finally {
            child.destroyForcibly().waitFor();
        }
        store.open("press-17").close(); // a killed process leaves no lock
    }

    @Test
    void findsAllThatWasStoredAfterSystemExit() throws IOException, InterruptedException {
        MappedByteBuffer notes = KilledChild.notes(folder.resolve("notes"));
        int batches = 0;
        for (int exit = 0; exit < EXITS; exit++) {
            boolean closes = exit % 2 == 0;
            Process child =
                    start(
                            Durability.PROCESS_CRASH,
                            batches,
                            Integer.toString(batches + 100 + 37 * exit),
                            Boolean.toString(closes));
            if (!child.waitFor(60, TimeUnit.SECONDS)) {
                child.destroyForcibly();
                throw new AssertionError(
                        "The child did not end: " + Files.readString(folder.resolve("output")));
            }
            assertEquals(0, child.exitValue(), Files.readString(folder.resolve("output")));
            int stored = (int) notes.getLong(KilledChild.STORED);
            int issued = (int) notes.getLong(KilledChild.ISSUED);
            assertTrue(stored >= batches + 100, "too early");
            try (StoredSession session =
                    H2SessionStore.at(folder.resolve("store")).open("press-17")) {
                batches = Snapshot.batchesIn(session, SEED, stored, issued);
            }
            batches = orAnew(batches, notes);
        }
    }

    private Process start(Durability durability, int batches, String... more) throws IOException {
        List<String> arguments = new ArrayList<>();
        arguments.add(folder.resolve("store").toString());
        arguments.add(durability.name());
        arguments.add(folder.resolve("notes").toString());
        arguments.add(Long.toString(SEED));
        arguments.add(Integer.toString(batches));
        arguments.addAll(List.of(more));
        return java(KilledChild.class, arguments.toArray(String[]::new))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }

    /** A JVM that starts fast. */
    static ProcessBuilder java(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
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
