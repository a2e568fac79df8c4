package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage.State;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages at QoS 2 that are released before the file knows them. */
@Timeout(240) // seconds; it takes a few where nothing else runs
class MergedBatchesTest {
    private static final String CLIENT = "press-17";
    private static final int BATCHES = 6_000;
    private static final int UNDER_WAY = 400;
    private static final int POINTS = 80;
    private static final long SEED = 4711;
    private static final Message MESSAGE =
            Message.to("press/17/parts").payload(new byte[500]).qos(QoS.EXACTLY_ONCE).build();

    @TempDir Path folder;

    /** Released in file or memory, as was said of it; told again what became of it, or nothing. */
    private final Queue<Long> released = new ConcurrentLinkedQueue<>();

    private int merged;

    @Test
    void theFileNeverHasAMessageWithoutTheReleaseThatWasMerged()
            throws SQLException, IOException, InterruptedException {
        Random random = new Random(SEED);
        RecordingFiles.start();
        try (StoredSession session =
                new H2SessionStore(
                                folder.resolve("recorded"),
                                file ->
                                        Database.open(
                                                file, RecordingFiles.SCHEME + ":", Schema.STEPS))
                        .open(CLIENT)) {
            RecordingFiles.mark(new RecordingFiles.Opened());
            publish(session, random);
        }
        assertTrue(merged > BATCHES / 10, "merged only " + merged);
        List<RecordingFiles.Event> events = RecordingFiles.events();
        DiskImage.Builder disk = new DiskImage.Builder(events);
        int opened = events.indexOf(new RecordingFiles.Opened()) + 1;
        for (int point : random.ints(POINTS, opened, events.size()).sorted().toArray()) {
            Set<Long> releases = new HashSet<>();
            for (RecordingFiles.Event event : events.subList(0, point)) {
                if (event instanceof RecordingFiles.Merged mark) {
                    releases.addAll(mark.released());
                }
            }
            Files.write(
                    folder.resolve("crashed.mv.db"),
                    disk.crashAt(point, DiskImage.Unforced.ALL, 4096, random));
            try (StoredSession session =
                    H2SessionStore.at(folder.resolve("crashed")).open(CLIENT)) {
                for (OutgoingMessage m : session.recovered().inFlight()) {
                    assertFalse(
                            m.state() == State.IN_FLIGHT && releases.contains(m.sequence()),
                            () -> "At event " + point + " the file has " + m);
                }
            }
        }
    }

    /** What is merged was put into the queue before the claim, but after the last look into it. */
    @Test
    void theWriterLooksIntoItsQueueOnceMoreWhenItHasClaimedWhatItWrites()
            throws IOException, InterruptedException {
        CountDownLatch taken = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        CountDownLatch stored = new CountDownLatch(1);
        try (StoredSession session = H2SessionStore.at(folder.resolve("open")).open(CLIENT)) {
            Thread client = Thread.currentThread();
            Accepts accepts =
                    new Accepts() {
                        @Override
                        public StoredSession.Awaited awaited() {
                            if (Thread.currentThread() != client) {
                                taken.countDown();
                                await(released);
                            }
                            return StoredSession.Awaited.STORED;
                        }

                        @Override
                        public void stored() {
                            copy("open", "crashed");
                            stored.countDown();
                        }
                    };
            session.write(List.of(Samples.accepted(1, MESSAGE), Samples.sent(1)), accepts);
            taken.await();
            Semaphore room = new Semaphore(0);
            session.write(List.of(new Change.Released(1, 1)), new Releases(List.of(1L), room));
            assertEquals(1, merged, "merged, since the writer has claimed nothing yet");
            released.countDown();
            stored.await();
        }
        try (StoredSession session = H2SessionStore.at(folder.resolve("crashed")).open(CLIENT)) {
            assertEquals(
                    List.of(State.RELEASED),
                    session.recovered().inFlight().stream().map(OutgoingMessage::state).toList());
        }
    }

    private abstract static class Accepts implements StoredSession.Outcome {
        @Override
        public void failed(StoreException cause) {
            throw cause;
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError("Interrupted", e);
        }
    }

    private void copy(String from, String to) {
        try {
            Files.copy(folder.resolve(from + ".mv.db"), folder.resolve(to + ".mv.db"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As a client does whose server answers in its own time; now and then it stops. */
    private void publish(StoredSession session, Random random) throws InterruptedException {
        Semaphore room = new Semaphore(64);
        ArrayDeque<Long> sent = new ArrayDeque<>();
        long next = 1;
        for (int batch = 0; batch < BATCHES; batch++) {
            List<Change> changes = new ArrayList<>();
            Long done;
            while ((done = released.peek()) != null && random.nextInt(50) != 0) {
                changes.add(Samples.completed(released.remove()));
            }
            List<Long> releases = new ArrayList<>();
            while (!sent.isEmpty() && (sent.size() > UNDER_WAY || random.nextInt(20) != 0)) {
                long first = sent.remove();
                releases.add(first);
                changes.add(new Change.Released(first, first));
            }
            for (int i = random.nextInt(20); i >= 0; i--, next++) {
                changes.add(Samples.accepted(next, MESSAGE));
                changes.add(Samples.sent(next));
                sent.add(next);
            }
            room.acquire();
            session.write(changes, new Releases(releases, room));
            if (random.nextInt(200) == 0) {
                room.acquire(64);
                room.release(64);
            }
        }
    }

    /** PUBREL leaves when the batch is merged or stored, whichever is first. */
    private final class Releases implements StoredSession.Outcome {
        private final List<Long> messages;
        private final Semaphore room;
        private final AtomicBoolean left = new AtomicBoolean();

        Releases(List<Long> messages, Semaphore room) {
            this.messages = messages;
            this.room = room;
        }

        @Override
        public StoredSession.Awaited awaited() {
            return StoredSession.Awaited.MERGED;
        }

        @Override
        public void merged() {
            RecordingFiles.mark(new RecordingFiles.Merged(messages));
            merged++;
            leave();
        }

        @Override
        public void stored() {
            leave();
            room.release();
        }

        private void leave() {
            if (left.compareAndSet(false, true)) {
                released.addAll(messages);
            }
        }

        @Override
        public void failed(StoreException cause) {
            throw cause;
        }
    }
}
