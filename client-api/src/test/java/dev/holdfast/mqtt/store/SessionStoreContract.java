package dev.holdfast.mqtt.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every {@link SessionStore} must do. A module with a store extends this class in its tests.
 */
public abstract class SessionStoreContract {
    private static final OutgoingMessage.State QUEUED = OutgoingMessage.State.QUEUED;

    /** For subclasses. */
    protected SessionStoreContract() {}

    /**
     * The store under test, empty when a test begins.
     *
     * @return each time one that finds what was written through the others of the same test, once
     *     their sessions are closed
     */
    protected abstract SessionStore store();

    @Test
    void opensAnEmptySession() {
        try (StoredSession session = store().open("new")) {
            assertEquals(Snapshot.of(new SessionState()), Snapshot.of(session));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void holdsWhatTheFoldOfAllChangesHolds(long seed) {
        Random random = new Random(seed);
        SessionStore store = store();
        List<Life> lives = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            lives.add(new Life("client-" + i, seed * 31 + i));
        }
        openAll(lives, store);
        for (int step = 0; step < 400; step++) {
            Life life = lives.get(random.nextInt(lives.size()));
            switch (random.nextInt(60)) {
                case 0 -> life.reopen(store);
                case 1, 2 -> life.compareSomePage(random);
                case 3 -> life.outcomes.await();
                default -> life.write();
            }
            if (random.nextInt(150) == 0) {
                lives.forEach(Life::close);
                store = store();
                openAll(lives, store);
            }
        }
        for (Life life : lives) {
            life.outcomes.awaitStored();
            life.compareAllPages(random);
            life.reopen(store);
            life.close();
        }
    }

    private static void openAll(List<Life> lives, SessionStore store) {
        lives.forEach(life -> life.open(store));
    }

    /** One client: what it makes up, and the session that must agree. */
    private static final class Life {
        final String clientIdentifier;
        final RandomSession made;
        Outcomes outcomes = new Outcomes();
        StoredSession session;

        Life(String clientIdentifier, long seed) {
            this.clientIdentifier = clientIdentifier;
            made = new RandomSession(seed);
        }

        void open(SessionStore store) {
            session = store.open(clientIdentifier);
            outcomes = new Outcomes();
            assertEquals(Snapshot.of(made.state()), Snapshot.of(session));
            made.restart();
        }

        void close() {
            session.close();
            outcomes.awaitStored();
        }

        void reopen(SessionStore store) {
            close();
            open(store);
        }

        void write() {
            session.write(made.nextBatch(), outcomes.next());
        }

        void compareSomePage(Random random) {
            long after = random.nextLong(-1, 2 + made.state().recovered().numbersReserved());
            comparePage(after, random.nextInt(1, 30), random.nextLong(5000));
        }

        List<OutgoingMessage> comparePage(long after, int messages, long bytes) {
            List<OutgoingMessage> page = Outcomes.read(session, after, messages, bytes);
            assertEquals(made.state().queued(after, messages, bytes), page);
            return page;
        }

        void compareAllPages(Random random) {
            long after = 0;
            while (true) {
                List<OutgoingMessage> page = comparePage(after, random.nextInt(1, 30), 20_000);
                if (page.isEmpty()) {
                    return;
                }
                after = page.get(page.size() - 1).sequence();
            }
        }
    }

    @Test
    void tellsTheOutcomesOfASessionInOrderAndOnce() {
        try (StoredSession session = store().open("orderly")) {
            Outcomes outcomes = new Outcomes();
            for (int i = 1; i <= 3_000; i++) {
                session.write(List.of(new Change.NumbersReserved(i + 1)), outcomes.next());
            }
            outcomes.awaitStored();
            assertEquals(3_000, outcomes.stored());
        }
    }

    @Test
    void hasToldAllOutcomesWhenASessionIsClosed() {
        StoredSession session = store().open("closing");
        Outcomes outcomes = new Outcomes();
        for (int i = 1; i <= 500; i++) {
            session.write(List.of(accepted(i, QoS.AT_LEAST_ONCE)), outcomes.next());
        }
        session.close();
        assertEquals(500, outcomes.stored());
    }

    @Test
    void readsWhatWasWrittenJustBefore() {
        try (StoredSession session = store().open("reader")) {
            Outcomes outcomes = new Outcomes();
            for (int i = 1; i <= 200; i++) {
                session.write(List.of(accepted(i, QoS.AT_LEAST_ONCE)), outcomes.next());
                List<OutgoingMessage> page = Outcomes.read(session, i - 1, 10, 1_000_000);
                assertEquals(1, page.size());
                assertEquals(i, page.get(0).sequence());
                assertSame(QUEUED, page.get(0).state());
            }
            outcomes.awaitStored();
        }
    }

    @Test
    void readsQueuedMessagesPastThoseInFlight() {
        try (StoredSession session = store().open("reader")) {
            Outcomes outcomes = new Outcomes();
            for (int i = 1; i <= 100; i++) {
                session.write(List.of(accepted(i, QoS.EXACTLY_ONCE)), outcomes.next());
            }
            for (int i = 1; i <= 90; i++) {
                session.write(List.of(new Change.Sent(i, i)), outcomes.next());
            }
            List<OutgoingMessage> page = Outcomes.read(session, 0, 5, 1_000_000);
            assertEquals(
                    List.of(91L, 92L, 93L, 94L, 95L),
                    page.stream().map(OutgoingMessage::sequence).toList());
            outcomes.awaitStored();
        }
    }

    @Test
    void readsOneMessageHoweverLarge() {
        try (StoredSession session = store().open("reader")) {
            Outcomes outcomes = new Outcomes();
            Message large = Message.to("large").payload(new byte[3_000_000]).build();
            OutgoingMessage first = OutgoingMessage.queued(1, large, OutgoingMessage.NEVER);
            OutgoingMessage second = OutgoingMessage.queued(2, large, OutgoingMessage.NEVER);
            session.write(
                    List.of(new Change.Accepted(first), new Change.Accepted(second)),
                    outcomes.next());
            assertEquals(List.of(first), Outcomes.read(session, 0, 10, 1));
            assertEquals(List.of(second), Outcomes.read(session, 1, 10, 1));
            assertEquals(List.of(), Outcomes.read(session, 2, 10, 1));
            outcomes.awaitStored();
        }
    }

    @Test
    void refusesASessionThatIsInUse() {
        SessionStore store = store();
        try (StoredSession session = store.open("busy");
                StoredSession other = store.open("other")) {
            StoreException refusal = assertThrows(StoreException.class, () -> store.open("busy"));
            assertTrue(refusal.getMessage().contains("'busy'"), refusal.getMessage());
            Outcomes outcomes = new Outcomes();
            session.write(List.of(new Change.NumbersReserved(5)), outcomes.next());
            other.write(List.of(new Change.NumbersReserved(7)), outcomes.next());
            outcomes.awaitStored();
        }
        try (StoredSession again = store.open("busy")) {
            assertEquals(5, again.recovered().numbersReserved());
        }
    }

    @Test
    void keepsManySessionsApart() {
        SessionStore store = store();
        int sessions = 200;
        List<StoredSession> open = new ArrayList<>();
        Set<Outcomes> all = new HashSet<>();
        for (int i = 0; i < sessions; i++) {
            StoredSession session = store.open("client " + i);
            open.add(session);
            Outcomes outcomes = new Outcomes();
            all.add(outcomes);
            session.write(List.of(new Change.NumbersReserved(100 + i)), outcomes.next());
            session.write(List.of(accepted(7, QoS.EXACTLY_ONCE)), outcomes.next());
            session.write(List.of(new Change.Sent(7, 1 + i)), outcomes.next());
        }
        all.forEach(Outcomes::awaitStored);
        open.forEach(StoredSession::close);
        SessionStore another = store();
        open.clear();
        for (int i = 0; i < sessions; i++) {
            StoredSession session = another.open("client " + i);
            open.add(session);
            assertEquals(100 + i, session.recovered().numbersReserved());
            assertEquals(1, session.recovered().inFlight().size());
            assertEquals(1 + i, session.recovered().inFlight().get(0).packetIdentifier());
        }
        open.forEach(StoredSession::close);
    }

    @Test
    void takesWritesFromWithinAnOutcome() throws InterruptedException {
        try (StoredSession session = store().open("reentrant")) {
            CountDownLatch done = new CountDownLatch(1);
            AtomicReference<StoreException> failure = new AtomicReference<>();
            class Next implements StoredSession.Outcome {
                private final long below;

                Next(long below) {
                    this.below = below;
                }

                @Override
                public void stored() {
                    if (below == 50) {
                        done.countDown();
                    } else {
                        session.write(
                                List.of(new Change.NumbersReserved(below + 1)),
                                new Next(below + 1));
                    }
                }

                @Override
                public void failed(StoreException cause) {
                    failure.set(cause);
                    done.countDown();
                }
            }
            session.write(List.of(new Change.NumbersReserved(2)), new Next(2));
            assertTrue(done.await(30, TimeUnit.SECONDS));
            assertEquals(null, failure.get());
        }
    }

    @Test
    void tellsTheSameOfTheOpeningUntilTheFirstBatch() {
        SessionStore store = store();
        try (StoredSession session = store.open("same")) {
            Recovered before = session.recovered();
            assertEquals(List.of(), Outcomes.read(session, 0, 10, 1));
            assertEquals(before, session.recovered());
            assertEquals(1, session.recovered().numbersReserved());
            Outcomes outcomes = new Outcomes();
            session.write(List.of(new Change.NumbersReserved(9)), outcomes.next());
            outcomes.awaitStored();
            Recovered after;
            try {
                after = session.recovered();
            } catch (IllegalStateException letGoOf) {
                return;
            }
            assertEquals(before, after);
        }
    }

    @Test
    void takesNothingAfterItIsClosed() {
        StoredSession session = store().open("closed");
        session.close();
        session.close();
        Outcomes outcomes = new Outcomes();
        assertThrows(
                IllegalStateException.class,
                () -> session.write(List.of(new Change.NumbersReserved(9)), outcomes.next()));
        assertThrows(IllegalStateException.class, () -> Outcomes.read(session, 0, 1, 1));
    }

    @Test
    void refusesAnEmptyBatch() {
        try (StoredSession session = store().open("empty")) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> session.write(List.of(), new Outcomes().next()));
        }
    }

    private static Change accepted(long sequence, QoS qos) {
        Message message = Message.to("t").payload("message " + sequence).qos(qos).build();
        return new Change.Accepted(
                OutgoingMessage.queued(sequence, message, OutgoingMessage.NEVER));
    }
}
