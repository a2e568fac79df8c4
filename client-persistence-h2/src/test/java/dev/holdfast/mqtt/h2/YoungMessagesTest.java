package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages at QoS 1 while many are acknowledged soon: when they get to the file, and whether. */
@Timeout(240) // seconds; it takes a few where nothing else runs
class YoungMessagesTest {
    private static final String CLIENT = "press-17";
    private static final int IN_A_BATCH = 100;
    private static final int PAYLOAD = 1_000;
    private static final int UNDER_WAY = 8;
    private static final int POINTS = 60;
    private static final long SEED = 4711;

    @TempDir Path folder;

    @Test
    void aMessageThatIsNotAcknowledgedIsStoredThoughOthersAre() throws IOException {
        H2SessionStore store = H2SessionStore.at(folder.resolve("store"));
        try (StoredSession session = store.open(CLIENT)) {
            AtomicBoolean stored = new AtomicBoolean();
            session.write(
                    List.of(Samples.accepted(1, 10), Samples.sent(1)),
                    told(() -> stored.set(true)));
            for (long next = 2; !stored.get(); next += IN_A_BATCH) {
                session.write(accepted(next), told(() -> {}));
                session.write(completed(next), told(() -> {}));
            }
            Files.copy(folder.resolve("store.mv.db"), folder.resolve("copy.mv.db"));
        }
        try (StoredSession session = H2SessionStore.at(folder.resolve("copy")).open(CLIENT)) {
            assertTrue(held(session).contains(1L));
        }
    }

    @Test
    void thoseThatAreAcknowledgedSoonNeverGetToTheFile() throws SQLException, InterruptedException {
        int batches = 400;
        int unanswered = 8;
        RecordingFiles.start();
        try (StoredSession session = recording().open(CLIENT)) {
            Semaphore room = new Semaphore(2 * unanswered);
            for (int i = 0; i < batches; i++) {
                long first = 1L + i * IN_A_BATCH;
                List<Change> batch = new ArrayList<>();
                if (i == 0) {
                    batch.addAll(accepted(first + (long) batches * IN_A_BATCH));
                    batch.addAll(completed(first + (long) batches * IN_A_BATCH));
                } else if (i >= unanswered) {
                    batch.addAll(completed(first - (long) unanswered * IN_A_BATCH));
                }
                batch.addAll(accepted(first));
                room.acquire();
                session.write(batch, told(room::release));
            }
            long written = 0;
            for (RecordingFiles.Event event : RecordingFiles.events()) {
                written += event instanceof RecordingFiles.Write w ? w.bytes().length : 0;
            }
            long published = (long) batches * IN_A_BATCH * PAYLOAD;
            assertTrue(written < published / 4, written + " of " + published + " bytes");
        }
    }

    /** What one batch accepts and completes. */
    private record Made(Set<Long> accepted, Set<Long> completed) {}

    @Test
    void aCrashLeavesWhatAStoreMayHoldThen()
            throws SQLException, IOException, InterruptedException {
        Random random = new Random(SEED);
        RecordingFiles.start();
        List<Made> made = new ArrayList<>();
        try (StoredSession session = recording().open(CLIENT)) {
            RecordingFiles.mark(new RecordingFiles.Opened());
            publish(session, made, random);
        }
        List<RecordingFiles.Event> events = RecordingFiles.events();
        DiskImage.Builder disk = new DiskImage.Builder(events);
        int opened = events.indexOf(new RecordingFiles.Opened()) + 1;
        for (int point : random.ints(POINTS, opened, events.size()).sorted().toArray()) {
            int issued = 0;
            int stored = 0;
            for (RecordingFiles.Event event : events.subList(0, point)) {
                if (event instanceof RecordingFiles.Issued mark) {
                    issued = mark.batches();
                } else if (event instanceof RecordingFiles.Stored mark) {
                    stored = mark.batches();
                }
            }
            Files.write(
                    folder.resolve("crashed.mv.db"),
                    disk.crashAt(point, DiskImage.Unforced.ALL, 4096, random));
            try (StoredSession session =
                    H2SessionStore.at(folder.resolve("crashed")).open(CLIENT)) {
                Set<Long> found = held(session);
                assertTrue(
                        mayBe(found, made, stored, issued),
                        "At event " + point + ", " + stored + " to " + issued + ": " + found);
            }
        }
    }

    /** As a client does that has a server with some patience; now and then it waits. */
    private void publish(StoredSession session, List<Made> made, Random random)
            throws InterruptedException {
        Semaphore room = new Semaphore(UNDER_WAY);
        TreeSet<Long> open = new TreeSet<>();
        long next = 1;
        for (int batch = 1; batch <= 400; batch++) {
            Set<Long> accepted = new TreeSet<>();
            Set<Long> completed = new TreeSet<>();
            List<Change> changes = new ArrayList<>();
            while (open.size() > 300 || (!open.isEmpty() && random.nextInt(100) < 98)) {
                long answered = random.nextInt(10) == 0 ? open.last() : open.first();
                open.remove(answered);
                completed.add(answered);
                changes.add(Samples.completed(answered));
            }
            for (int i = random.nextInt(2 * IN_A_BATCH); i >= 0; i--, next++) {
                accepted.add(next);
                changes.addAll(List.of(Samples.accepted(next, PAYLOAD), Samples.sent(next)));
            }
            open.addAll(accepted);
            made.add(new Made(accepted, completed));
            int number = batch;
            room.acquire();
            RecordingFiles.mark(new RecordingFiles.Issued(number));
            session.write(
                    changes,
                    told(
                            () -> {
                                RecordingFiles.mark(new RecordingFiles.Stored(number));
                                room.release();
                            }));
            if (random.nextInt(50) == 0) {
                room.acquire(UNDER_WAY);
                room.release(UNDER_WAY);
            }
        }
    }

    /** Some batches whole, and of some more all but the messages that they accepted. */
    private static boolean mayBe(Set<Long> found, List<Made> made, int stored, int issued) {
        for (int whole = stored; whole <= issued; whole++) {
            Set<Long> held = new TreeSet<>();
            for (Made batch : made.subList(0, whole)) {
                held.removeAll(batch.completed);
                held.addAll(batch.accepted);
            }
            for (int batches = whole; batches <= issued; batches++) {
                if (batches > whole) {
                    held.removeAll(made.get(batches - 1).completed);
                }
                if (held.equals(found)) {
                    return true;
                }
            }
        }
        return false;
    }

    private H2SessionStore recording() throws SQLException {
        return new H2SessionStore(
                folder.resolve("recorded"),
                file -> Database.open(file, RecordingFiles.SCHEME + ":", Schema.STEPS));
    }

    private static List<Change> accepted(long first) {
        List<Change> changes = new ArrayList<>();
        for (long i = first; i < first + IN_A_BATCH; i++) {
            changes.add(Samples.accepted(i, PAYLOAD));
            changes.add(Samples.sent(i));
        }
        return changes;
    }

    private static List<Change> completed(long first) {
        List<Change> changes = new ArrayList<>();
        for (long i = first; i < first + IN_A_BATCH; i++) {
            changes.add(Samples.completed(i));
        }
        return changes;
    }

    private static Set<Long> held(StoredSession session) {
        Set<Long> held = new TreeSet<>(Samples.queued(session));
        for (OutgoingMessage message : session.recovered().inFlight()) {
            assertTrue(held.add(message.sequence()), "twice: " + message);
        }
        assertEquals(
                session.recovered().inFlight().size(),
                session.recovered().inFlight().stream()
                        .map(OutgoingMessage::packetIdentifier)
                        .distinct()
                        .count());
        return held;
    }

    private static StoredSession.Outcome told(Runnable stored) {
        return new StoredSession.Outcome() {
            @Override
            public StoredSession.Awaited awaited() {
                return StoredSession.Awaited.NOTHING;
            }

            @Override
            public void stored() {
                stored.run();
            }

            @Override
            public void failed(StoreException cause) {
                throw cause;
            }
        };
    }
}
