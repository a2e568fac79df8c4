package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.h2.files.DurableFiles;
import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.RandomSession;
import dev.holdfast.mqtt.store.SessionStore;
import dev.holdfast.mqtt.store.Snapshot;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Records all that a life of a store does to its file, from its creation to its end, and opens what
 * a crash at any moment would have left.
 */
@Timeout(240) // seconds; it takes a few where nothing else runs
class CrashPointTest {
    private static final String CLIENT = "press-17";
    private static final String POWER_LOSS =
            DurableFiles.SCHEME + ":" + RecordingFiles.SCHEME + ":";
    private static final DiskImage.Unforced[] POWER_LOSS_MODELS = {
        DiskImage.Unforced.NONE, DiskImage.Unforced.SOME, DiskImage.Unforced.MOST
    };
    private static final long FIRST_SEED = Long.getLong("powerloss.seed", 4711);
    private static final int LIVES = 6;
    private static final int BATCHES_IN_A_LIFE = 100;

    /**
     * How many moments are tried besides those around creation and opening. More than fit into one
     * life take further lives, with other seeds.
     */
    private static final int POINTS = Integer.getInteger("powerloss.points", 100);

    private static final int POINTS_OF_A_RECORDING = 500;

    private static final int BATCHES_BETWEEN_CRASHES = 8;

    private static final int EVENTS_OF_CREATION = 60;
    private static final int EVENTS_AFTER_OPENING = 12;

    @TempDir Path folder;

    private long seed;

    @Test
    void losesNothingStoredWhenTheMachineLosesPower() throws IOException, SQLException {
        crashEverywhere(
                POWER_LOSS,
                (disk, point, random) ->
                        disk.crashAt(
                                point, model(random), random.nextBoolean() ? 512 : 4096, random));
    }

    @Test
    void losesNothingStoredWhenTheProcessIsKilled() throws IOException, SQLException {
        crashEverywhere(
                RecordingFiles.SCHEME + ":",
                (disk, point, random) -> disk.crashAt(point, DiskImage.Unforced.ALL, 4096, random));
    }

    /** What is found after the first crash may be lost by a second, if it is not made good. */
    @Test
    void losesNothingStoredWhenPowerFailsAgainSoonAfterwards() throws IOException, SQLException {
        crashTwice(
                (disk, life, point, random) -> {
                    Files.write(
                            folder.resolve("crashed.mv.db"),
                            disk.crashAt(point, model(random), 512, random));
                    // It makes good what is to be made good, and forces that.
                    Inspection.of(new StoreFile(folder.resolve("crashed")), Long.MAX_VALUE);
                    byte[] before = Files.readAllBytes(folder.resolve("crashed.mv.db"));
                    return new DiskImage.Builder(List.of(), before);
                });
    }

    /** What a process has written is there after its death, and may not be on the disk yet. */
    @Test
    void losesNothingStoredWhenPowerFailsSoonAfterTheProcessWasKilled()
            throws IOException, SQLException {
        crashTwice(
                (disk, life, point, random) -> {
                    List<RecordingFiles.Event> before = life.subList(0, point);
                    Files.write(
                            folder.resolve("crashed.mv.db"),
                            new DiskImage.Builder(before).written());
                    return new DiskImage.Builder(before);
                });
    }

    private interface FirstCrash {
        DiskImage.Builder leaves(
                DiskImage.Builder disk, List<RecordingFiles.Event> life, int point, Random random)
                throws IOException;
    }

    private void crashTwice(FirstCrash first) throws IOException, SQLException {
        seed = FIRST_SEED;
        record(POWER_LOSS);
        Random random = new Random(seed);
        List<RecordingFiles.Event> life = RecordingFiles.events();
        List<Snapshot> states = states();
        DiskImage.Builder disk = new DiskImage.Builder(life);
        int opened = life.indexOf(new RecordingFiles.Opened()) + 1;
        int twice = 0;
        for (int point : random.ints(POINTS, opened, life.size()).sorted().toArray()) {
            twice += crashAgain(first.leaves(disk, life, point, random), states, random) ? 1 : 0;
        }
        assertTrue(twice > POINTS * 3 / 4, "crashed twice only " + twice + " times");
    }

    /** Returns whether it could, since all batches before the first crash were there whole. */
    private boolean crashAgain(DiskImage.Builder before, List<Snapshot> states, Random random)
            throws IOException, SQLException {
        RecordingFiles.start();
        int first = goOn(states);
        if (first < 0) {
            return false;
        }
        List<RecordingFiles.Event> events = RecordingFiles.events();
        // What was found counts as stored from now on.
        int opened = events.indexOf(new RecordingFiles.Opened()) + 1;
        int point = random.nextInt(opened, events.size() + 1);
        List<RecordingFiles.Event> happened = events.subList(0, point);
        byte[] image = before.then(happened).crashAtEnd(model(random), 512, random);
        Files.write(folder.resolve("crashed.mv.db"), image);
        int stored = first;
        int issued = first;
        for (RecordingFiles.Event event : happened) {
            if (event instanceof RecordingFiles.Issued mark) {
                issued = mark.batches();
            } else if (event instanceof RecordingFiles.Stored mark) {
                stored = mark.batches();
            }
        }
        requireOneOf(states, stored, issued, point);
        return true;
    }

    /** Returns how many batches had been stored before; -1 if it cannot go on from there. */
    private int goOn(List<Snapshot> states) throws SQLException {
        AtomicReference<Database> open = new AtomicReference<>();
        SessionStore store =
                new H2SessionStore(
                        folder.resolve("crashed"),
                        file -> {
                            open.set(Database.open(file, POWER_LOSS, Schema.STEPS));
                            return open.get();
                        });
        try (StoredSession session = store.open(CLIENT)) {
            RecordingFiles.mark(new RecordingFiles.Opened());
            int first = states.indexOf(Snapshot.of(session));
            if (first < 0) {
                open.get().abandon();
                return first;
            }
            RandomSession made = new RandomSession(seed);
            for (int i = 0; i < first; i++) {
                made.nextBatch();
            }
            Outcomes outcomes = new Outcomes();
            int last = Math.min(first + BATCHES_BETWEEN_CRASHES, states.size() - 1);
            for (int batch = first + 1; batch <= last; batch++) {
                RecordingFiles.mark(new RecordingFiles.Issued(batch));
                session.write(made.nextBatch(), marking(outcomes.next(), batch));
                outcomes.awaitStored();
            }
            open.get().abandon();
            return first;
        }
    }

    private static DiskImage.Unforced model(Random random) {
        return POWER_LOSS_MODELS[random.nextInt(POWER_LOSS_MODELS.length)];
    }

    private void crashEverywhere(String layers, Crash crash) throws IOException, SQLException {
        for (int points = 0; points < POINTS; points += POINTS_OF_A_RECORDING) {
            seed = FIRST_SEED + points / POINTS_OF_A_RECORDING;
            Files.deleteIfExists(folder.resolve("recorded.mv.db"));
            record(layers);
            crashEverywhere(crash, Math.min(POINTS - points, POINTS_OF_A_RECORDING));
            if (POINTS > POINTS_OF_A_RECORDING) {
                System.out.printf(
                        "%s seed %d: %,d of %,d points%n",
                        layers, seed, Math.min(points + POINTS_OF_A_RECORDING, POINTS), POINTS);
            }
        }
    }

    private interface Crash {
        byte[] image(DiskImage.Builder disk, int point, Random random);
    }

    /** Opens and closes several times, and is killed in between. */
    private void record(String layers) throws SQLException {
        RecordingFiles.start();
        AtomicReference<Database> open = new AtomicReference<>();
        SessionStore store =
                new H2SessionStore(
                        folder.resolve("recorded"),
                        file -> {
                            open.set(Database.open(file, layers, Schema.STEPS));
                            return open.get();
                        });
        RandomSession made = new RandomSession(seed);
        int issued = 0;
        for (int life = 0; life < LIVES; life++) {
            try (StoredSession session = store.open(CLIENT)) {
                RecordingFiles.mark(new RecordingFiles.Opened());
                Outcomes outcomes = new Outcomes();
                for (int i = 0; i < BATCHES_IN_A_LIFE; i++) {
                    issued++;
                    RecordingFiles.mark(new RecordingFiles.Issued(issued));
                    session.write(made.nextBatch(), marking(outcomes.next(), issued));
                    if (i % 3 != 0) {
                        outcomes.awaitStored();
                    }
                }
                outcomes.awaitStored();
                if (life % 3 == 2) {
                    open.get().abandon();
                }
            }
        }
    }

    private static StoredSession.Outcome marking(StoredSession.Outcome outcome, int batch) {
        return new StoredSession.Outcome() {
            @Override
            public void stored() {
                RecordingFiles.mark(new RecordingFiles.Stored(batch));
                outcome.stored();
            }

            @Override
            public void failed(StoreException cause) {
                outcome.failed(cause);
            }
        };
    }

    private void crashEverywhere(Crash crash, int number) throws IOException {
        Random random = new Random(seed);
        List<RecordingFiles.Event> events = RecordingFiles.events();
        assertTrue(events.size() > 2 * LIVES * BATCHES_IN_A_LIFE, "too little was recorded");
        List<Snapshot> states = states();
        DiskImage.Builder disk = new DiskImage.Builder(events);
        BitSet points = points(events, number, random);
        int issued = 0;
        int stored = 0;
        String name = "crashed.mv.db";
        for (int happened = 1; happened <= events.size(); happened++) {
            RecordingFiles.Event event = events.get(happened - 1);
            if (event instanceof RecordingFiles.Issued mark) {
                issued = mark.batches();
            } else if (event instanceof RecordingFiles.Stored mark) {
                stored = mark.batches();
            } else if (event instanceof RecordingFiles.Named mark) {
                name = mark.path().endsWith(".new.mv.db") ? "crashed.new.mv.db" : "crashed.mv.db";
            }
            if (points.get(happened)) {
                Files.deleteIfExists(folder.resolve("crashed.mv.db"));
                Files.write(folder.resolve(name), crash.image(disk, happened, random));
                requireOneOf(states, stored, issued, happened);
            }
        }
    }

    /** In the midst of any writes, and all moments of the creation and around openings. */
    private static BitSet points(List<RecordingFiles.Event> events, int number, Random random) {
        BitSet points = new BitSet();
        points.set(1, EVENTS_OF_CREATION);
        List<Integer> writes = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            if (events.get(i) instanceof RecordingFiles.Opened) {
                points.set(i, Math.min(i + EVENTS_AFTER_OPENING, events.size()));
            } else if (events.get(i) instanceof RecordingFiles.Write) {
                writes.add(i + 1);
            }
        }
        random.ints(number, 0, writes.size()).forEach(i -> points.set(writes.get(i)));
        return points;
    }

    /** After each number of batches. */
    private List<Snapshot> states() {
        RandomSession made = new RandomSession(seed);
        List<Snapshot> states = new ArrayList<>();
        for (int i = 0; i <= LIVES * BATCHES_IN_A_LIFE; i++) {
            states.add(Snapshot.of(made.state()));
            made.nextBatch();
        }
        return states;
    }

    private void requireOneOf(List<Snapshot> states, int stored, int issued, int point) {
        String when = "With seed " + seed + ", after a crash at event " + point;
        try (StoredSession session = H2SessionStore.at(folder.resolve("crashed")).open(CLIENT)) {
            Snapshot found = Snapshot.of(session);
            assertTrue(
                    states.subList(stored, issued + 1).contains(found)
                            || found.isWithoutYoung(seed, stored, issued),
                    () ->
                            when
                                    + ": "
                                    + stored
                                    + " to "
                                    + issued
                                    + " batches expected, found "
                                    + states.indexOf(found));
        } catch (StoreException e) {
            throw new AssertionError(when, e);
        }
    }
}
