package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Merging;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A disk that is late, keeps its order, may fail for good, and after a crash holds what was
 * confirmed and a part of what was not, as {@link StoredSession} allows it.
 */
final class SimulatedStore {
    private final Simulation sim;
    private final SessionState disk = new SessionState();
    private Opened current;

    /** What the disk holds, until it holds something else. */
    private Recovered view = disk.recovered();

    /** Payloads of all QoS 2 messages of the server that were ever on disk. */
    private final Set<String> everReceived = new HashSet<>();

    SimulatedStore(Simulation sim) {
        this.sim = sim;
    }

    StoredSession open() {
        current = new Opened();
        return current;
    }

    /** The process that used the store is gone. */
    void crash() {
        current.crash();
    }

    boolean isIdle() {
        return current.underway.isEmpty();
    }

    Recovered onDisk() {
        if (view == null) {
            view = disk.recovered();
        }
        return view;
    }

    boolean isQueued(String payload) {
        return disk.queued(0, Integer.MAX_VALUE, Long.MAX_VALUE).stream()
                .anyMatch(m -> m.message().payloadText().equals(payload));
    }

    boolean hasReceived(String payload) {
        return everReceived.contains(payload);
    }

    private void apply(List<Change> changes) {
        view = null;
        for (Change change : changes) {
            disk.apply(change);
            if (change instanceof Change.Received c) {
                everReceived.add(c.message().message().payloadText());
            }
        }
    }

    private static StoreException failure() {
        return new StoreException("The simulated disk failed", null);
    }

    /** A batch, or a page to be read, which nothing can be merged with. */
    private record Task(List<Change> changes, Runnable done, Runnable failed, Runnable merged) {}

    private final class Opened implements StoredSession {
        private final Recovered recovered = sim.sabotage.recovered(onDisk());
        private final ArrayDeque<Task> underway = new ArrayDeque<>();
        private boolean crashed;
        private boolean broken;

        Opened() {
            if (sim.faults.storeFailsEvery > 0) {
                sim.agenda.after(sim.chance.between(1, 2 * sim.faults.storeFailsEvery), this::fail);
            }
        }

        @Override
        public Recovered recovered() {
            return recovered;
        }

        @Override
        public void write(List<Change> changes, Outcome outcome) {
            sim.trace.say("store", "is to store ", changes);
            List<Change> kept = new ArrayList<>(sim.sabotage.store(changes));
            if (sim.sabotage.storeLies()) {
                outcome.stored();
                add(new Task(kept, () -> {}, () -> {}, () -> {}));
                return;
            }
            List<List<Change>> before = underway.stream().map(Task::changes).toList();
            boolean merges =
                    !broken
                            && underway.stream().noneMatch(task -> task.merged() == null)
                            && sim.faults.strike(sim.faults.storeMerges)
                            && Merging.isPossible(before, kept);
            if (merges && !sim.sabotage.storeLiesOfMerging()) {
                Merging.merge(before, kept);
            }
            add(new Task(kept, outcome::stored, () -> outcome.failed(failure()), outcome::merged));
            if (merges) {
                sim.trace.say("store", "has merged that");
                outcome.merged();
            }
        }

        @Override
        public void readQueued(long after, int messages, long bytes, Page page) {
            int most = sim.faults.strike(sim.faults.shortPages) ? 1 : messages;
            add(
                    new Task(
                            List.of(),
                            () -> page.read(disk.queued(after, most, bytes)),
                            () -> page.failed(failure()),
                            null));
        }

        private void add(Task task) {
            boolean atOnce = underway.isEmpty() && sim.faults.strike(sim.faults.storeAtOnce);
            underway.add(task);
            if (broken || atOnce) {
                complete();
            } else {
                sim.agenda.after(sim.faults.delay(sim.faults.storeLatency), this::complete);
            }
        }

        /** Completes the oldest task, so that all of them complete in their order. */
        private void complete() {
            if (crashed || underway.isEmpty()) {
                return;
            }
            Task task = underway.poll();
            if (broken) {
                task.failed().run();
                return;
            }
            if (!task.changes().isEmpty()) {
                apply(task.changes());
                sim.trace.say("store", "has stored ", task.changes().size(), " changes");
            }
            task.done().run();
            if (sim.faults.strike(sim.faults.storeMerges)) {
                storeAllButYoung(sim.chance.upTo(underway.size()));
            }
        }

        /** Stores of the next batches all but the messages that they accept. */
        private void storeAllButYoung(int batches) {
            List<Task> next = new ArrayList<>();
            for (Task task : underway) {
                if (task.merged() == null || next.size() == batches) {
                    break;
                }
                next.add(task);
            }
            Set<Long> young = new HashSet<>();
            List<List<Change>> before = new ArrayList<>();
            for (Task task : next) {
                List<Change> rest =
                        task.changes().stream().filter(c -> !Merging.isLeftOut(c, young)).toList();
                apply(rest);
                task.changes().removeIf(c -> !Merging.isLeftOut(c, young));
                if (Merging.isPossible(before, task.changes())) {
                    Merging.merge(before, task.changes());
                }
                before.add(task.changes());
                sim.trace.say("store", "has stored ", rest.size(), " changes of a later batch");
                task.merged().run();
            }
        }

        /** Nothing more is stored; what is underway may have been. */
        private void fail() {
            if (!crashed && !sim.faults.areOver()) {
                sim.trace.say("store", "fails");
                keepSome();
                broken = true;
                sim.agenda.after(0, this::failAll);
            }
        }

        private void failAll() {
            while (!crashed && !underway.isEmpty()) {
                complete();
            }
        }

        private void crash() {
            if (!broken) {
                keepSome();
            }
            crashed = true;
            underway.clear();
        }

        /** Some batches whole, and of some more all but the messages that they accepted. */
        private void keepSome() {
            int whole = sim.chance.upTo(underway.size());
            int keep = whole + sim.chance.upTo(underway.size() - whole);
            sim.trace.say(
                    "store",
                    "keeps ",
                    keep,
                    " of ",
                    underway.size(),
                    " batches, ",
                    whole,
                    " whole");
            Set<Long> young = new HashSet<>();
            for (Task task : underway) {
                if (keep-- <= 0) {
                    return;
                }
                if (whole-- > 0) {
                    apply(task.changes());
                } else {
                    apply(
                            task.changes().stream()
                                    .filter(c -> !Merging.isLeftOut(c, young))
                                    .toList());
                }
            }
        }

        @Override
        public void close() {
            throw new SimulationFailure("Nobody closes the store here");
        }
    }
}
