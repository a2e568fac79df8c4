package dev.holdfast.mqtt.impl.scenario;

import dev.holdfast.mqtt.impl.scenario.TraceTable.Column;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Merging;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A disk that stores at once, or, when it is slow, as soon as the script says so. */
final class ScriptedDisk {
    private record Task(String name, List<Change> changes, Runnable done, Runnable failed) {}

    private final SessionState state = new SessionState();
    private final ArrayDeque<Task> underway = new ArrayDeque<>();
    private final ScenarioRun run;
    private boolean slow;

    /** Whether it merges, as long as it is slow, what speaks of messages that it does not have. */
    private boolean merges;

    private boolean broken;
    private int batches;

    ScriptedDisk(ScenarioRun run) {
        this.run = run;
    }

    Recovered onDisk() {
        return state.recovered();
    }

    StoredSession open() {
        broken = false;
        return new Opened();
    }

    void run(Command command) {
        switch (command.verb()) {
            case "slow" -> {
                merges = command.flag("merges");
                command.end();
                slow = true;
            }
            case "quick" -> {
                command.end();
                slow = false;
                confirm(underway.size());
            }
            case "confirm" -> {
                int count = command.number("batches", underway.size());
                command.end();
                if (count < 1 || count > underway.size()) {
                    throw command.error("on their way to the disk are " + underway.size());
                }
                confirm(count);
            }
            case "fail" -> {
                command.end();
                fail();
            }
            default -> throw command.unknownVerb("slow", "quick", "confirm", "fail");
        }
    }

    /** The process is gone; what is on its way reaches the disk, or does not. */
    void crash(int keptBatches) {
        int kept = 0;
        for (Task task : underway) {
            if (kept < keptBatches) {
                kept++;
                task.changes().forEach(state::apply);
            }
        }
        underway.clear();
    }

    /** Counts batches from 1 again. */
    void countAnew() {
        batches = 0;
    }

    int batchesUnderway() {
        return underway.size();
    }

    private void confirm(int count) {
        for (int i = 0; i < count; i++) {
            Task task = underway.remove();
            task.changes().forEach(state::apply);
            run.trace(Column.DISK, "← " + task.name());
            task.done().run();
        }
    }

    private void fail() {
        broken = true;
        run.trace(Column.DISK, "← the disk fails");
        while (!underway.isEmpty()) {
            underway.remove().failed().run();
        }
    }

    private void add(Task task) {
        underway.add(task);
        if (broken) {
            run.loop.execute(this::fail);
        } else if (!slow) {
            confirm(1);
        }
    }

    private final class Opened implements StoredSession {
        private final Recovered recovered = onDisk();

        @Override
        public Recovered recovered() {
            return recovered;
        }

        @Override
        public void write(List<Change> changes, Outcome outcome) {
            String name = "batch " + ++batches;
            List<String> words = run.words.of(changes);
            run.trace(Column.DISK, "→ " + name + ": " + words.get(0));
            for (String more : words.subList(1, words.size())) {
                run.trace(Column.DISK, " ".repeat(name.length() + 4) + more);
            }
            List<Change> own = new ArrayList<>(changes);
            List<List<Change>> before = underway.stream().map(Task::changes).toList();
            boolean merged = slow && merges && !broken && Merging.isPossible(before, own);
            if (merged) {
                Merging.merge(before, own);
            }
            add(
                    new Task(
                            name + " is on disk",
                            own,
                            outcome::stored,
                            () -> outcome.failed(failure())));
            if (merged) {
                run.trace(Column.DISK, "← " + name + " is merged");
                outcome.merged();
            }
        }

        @Override
        public void readQueued(long after, int messages, long bytes, Page page) {
            run.trace(Column.DISK, "→ read what is queued");
            add(
                    new Task(
                            "what is queued",
                            List.of(),
                            () -> page.read(state.queued(after, messages, bytes)),
                            () -> page.failed(failure())));
        }

        @Override
        public void close() {
            throw new AssertionError("Nobody closes the store here");
        }
    }

    private static StoreException failure() {
        return new StoreException("The disk of the scenario failed", null);
    }
}
