package dev.holdfast.mqtt.impl.scenario;

import dev.holdfast.mqtt.impl.client.TestDriver;
import java.util.ArrayDeque;
import java.util.PriorityQueue;

/** A loop in virtual time: what is submitted runs in its order, what is scheduled at its time. */
final class VirtualLoop implements TestDriver.Clock {
    private record Timer(long time, long number, Runnable task) implements Comparable<Timer> {
        @Override
        public int compareTo(Timer other) {
            int byTime = Long.compare(time, other.time);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    private static final long EPOCH = 1_700_000_000_000L;
    private static final int MOST_TASKS = 10_000;

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private long now;
    private long numbers;

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public Runnable schedule(Runnable task, long delay) {
        Timer timer = new Timer(now + delay, numbers++, task);
        timers.add(timer);
        return () -> timers.remove(timer);
    }

    /** Runs all that is due now. */
    void settle() {
        for (int i = 0; i < MOST_TASKS; i++) {
            Runnable next = tasks.poll();
            if (next == null && !timers.isEmpty() && timers.peek().time() <= now) {
                next = timers.remove().task();
            }
            if (next == null) {
                return;
            }
            next.run();
        }
        throw new AssertionError("The client comes to no rest at " + now + " ms");
    }

    /** Lets time pass, and everything happen at its time. */
    void pass(long millis) {
        long end = now + millis;
        settle();
        while (!timers.isEmpty() && timers.peek().time() <= end) {
            now = timers.peek().time();
            settle();
        }
        now = end;
        settle();
    }

    /** The process is gone, and with it all that it was about to do. */
    void clear() {
        tasks.clear();
        timers.clear();
    }

    @Override
    public long now() {
        return now;
    }

    @Override
    public long wallClock() {
        return EPOCH + now;
    }
}
