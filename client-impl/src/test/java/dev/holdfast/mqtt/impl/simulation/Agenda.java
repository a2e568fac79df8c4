package dev.holdfast.mqtt.impl.simulation;

import java.util.PriorityQueue;

/** Virtual time, and what is to happen in it. What is due at the same moment comes in any order. */
final class Agenda {
    private record Entry(long time, int tie, long number, Runnable task)
            implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            int byTime = Long.compare(time, other.time);
            int byTie = byTime != 0 ? byTime : Integer.compare(tie, other.tie);
            return byTie != 0 ? byTie : Long.compare(number, other.number);
        }
    }

    /** More than any run needs at one moment: what goes on longer goes on for ever. */
    private static final int TASKS_PER_MOMENT = 20_000;

    private final Chance chance;
    private final PriorityQueue<Entry> entries = new PriorityQueue<>();
    private long now;
    private long number;
    private int tasksOfThisMoment;

    Agenda(Chance chance) {
        this.chance = chance;
    }

    /** Milliseconds since the start of the run. */
    long now() {
        return now;
    }

    void after(long delay, Runnable task) {
        entries.add(new Entry(now + delay, chance.nextInt(), number++, task));
    }

    /** Lets everything happen that is due until then. */
    void runUntil(long end) {
        while (!entries.isEmpty() && entries.peek().time() <= end) {
            Entry next = entries.poll();
            if (next.time() > now) {
                now = next.time();
                tasksOfThisMoment = 0;
            }
            if (++tasksOfThisMoment > TASKS_PER_MOMENT) {
                throw new SimulationFailure("Something goes on and on without time passing");
            }
            next.task().run();
        }
        now = end;
    }
}
