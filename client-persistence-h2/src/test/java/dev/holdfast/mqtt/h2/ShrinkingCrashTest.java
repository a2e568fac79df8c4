package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.h2.files.DurableFiles;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.StoredSession;
import dev.holdfast.mqtt.store.StoredSession.Awaited;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Drains the long queue of a process that died, but for the newest messages, whose chunk is the
 * last of the file and full. Then lets the file shrink, and opens what a crash at any moment of
 * that would have left.
 */
@Timeout(240) // seconds; it takes a few where nothing else runs
class ShrinkingCrashTest {
    private static final String CLIENT = "press-17";
    private static final int DRAINED = 3_000;
    private static final int MESSAGES = DRAINED + 200;
    private static final List<Long> ALIVE =
            LongStream.rangeClosed(DRAINED + 1, MESSAGES).boxed().toList();
    private static final long MEGABYTE = 1 << 20;
    private static final long SEED = Long.getLong("powerloss.seed", 4711);

    /** How often each moment is tried; disks differ in what they have written by then. */
    private static final int TRIES = Integer.getInteger("powerloss.tries", 1);

    @TempDir Path folder;

    private long full;

    @Test
    void losesNothingStoredWhenTheProcessIsKilled() throws IOException, SQLException {
        record(RecordingFiles.SCHEME + ":");
        crashEverywhere(List.of(DiskImage.Unforced.ALL));
    }

    @Test
    void losesNothingStoredWhenTheMachineLosesPower() throws IOException, SQLException {
        record(DurableFiles.SCHEME + ":" + RecordingFiles.SCHEME + ":");
        crashEverywhere(
                List.of(DiskImage.Unforced.NONE, DiskImage.Unforced.SOME, DiskImage.Unforced.MOST));
    }

    private void record(String layers) throws SQLException, IOException {
        StoreFile file = new StoreFile(folder.resolve("recorded"));
        RecordingFiles.start();
        Database killed = Database.open(file, layers, Schema.STEPS);
        store(killed, 1, DRAINED, i -> Samples.accepted(i, 1_000));
        store(killed, DRAINED + 1, MESSAGES, i -> Samples.accepted(i, 1_000));
        killed.abandon();
        Database database = Database.open(file, layers, Schema.STEPS);
        store(database, 1, DRAINED, Samples::completed);
        full = size();
        RecordingFiles.mark(new RecordingFiles.Stored(1));
        while (database.hasIdleWork()) {
            database.doIdleWork();
        }
        database.abandon();
    }

    private static void store(Database database, long first, long last, LongFunction<Change> change)
            throws SQLException {
        Group group = new Group(0);
        group.add(
                database.openSession(CLIENT),
                LongStream.rangeClosed(first, last).mapToObj(change).toList(),
                Awaited.NOTHING,
                0);
        database.store(group);
    }

    private long size() throws IOException {
        return Files.size(folder.resolve("recorded.mv.db"));
    }

    private void crashEverywhere(List<DiskImage.Unforced> models) throws IOException {
        assertTrue(full > 3 * MEGABYTE, "only " + full + " bytes before");
        assertTrue(size() < MEGABYTE, "still " + size() + " bytes");
        List<RecordingFiles.Event> events = RecordingFiles.events();
        int drained = events.indexOf(new RecordingFiles.Stored(1)) + 1;
        assertTrue(
                events.subList(drained, events.size()).stream()
                        .anyMatch(RecordingFiles.Truncate.class::isInstance),
                "was not recorded");
        Random random = new Random(SEED);
        DiskImage.Builder disk = new DiskImage.Builder(events);
        for (int happened = drained; happened <= events.size(); happened++) {
            for (DiskImage.Unforced unforced : models) {
                for (int i = 0; i < TRIES; i++) {
                    int sector = random.nextBoolean() ? 512 : 4096;
                    requireAlive(disk.crashAt(happened, unforced, sector, random), happened);
                }
            }
        }
    }

    private void requireAlive(byte[] image, int event) throws IOException {
        Path crashed = folder.resolve("crashed.mv.db");
        Files.write(crashed, image);
        try (StoredSession session = H2SessionStore.at(crashed).open(CLIENT)) {
            assertEquals(ALIVE, Samples.queued(session), "after a crash at event " + event);
        }
    }
}
