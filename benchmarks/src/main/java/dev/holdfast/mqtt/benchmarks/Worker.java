package dev.holdfast.mqtt.benchmarks;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;

/**
 * Measures one client at one work after the other, in a process of its own. Begins a work for each
 * line it reads, and prints a {@link Sample} when it is done with it.
 */
public final class Worker {
    private static final int RECEIVED_AT_ONCE = 25_000;

    /**
     * Few enough that no client drops any while its handler is behind, with as many asked for
     * again. Holdfast holds 16 MiB of them.
     */
    private static final int RECEIVED_AT_ONCE_AT_QOS_0 = 2_500;

    private static final int BYTES_AT_ONCE_AT_QOS_0 = 6 << 20;

    /** So that the last of what is asked for at once is not long in coming. */
    private static final double SECONDS_AT_ONCE = 0.1;

    private static final int FASTER_AT_MOST = 4;

    /** Looking at the clock for each message would be a part of what is measured. */
    private static final int BETWEEN_LOOKS_AT_THE_CLOCK = 100;

    private static final long STUCK_SECONDS = 30;
    private static final double WARM_UP_STEP_SECONDS = 1.5;

    private final Peer peer;
    private final Work work;
    private final String name;
    private final int mostAtOnce;
    private final int leastAtOnce;
    private final byte[] payload;
    private final Latencies latencies = new Latencies();
    private final Semaphore window;
    private final List<String> subscribed = new ArrayList<>();

    // What is received.
    private int atOnce;
    private final AtomicLong received = new AtomicLong();
    private final Semaphore reached = new Semaphore(0);
    private volatile long awaited;

    private long total;

    private Worker(Peer peer, Work work, String name, int mostAtOnce) {
        this.mostAtOnce = mostAtOnce;
        // Two at least are always asked for, so that all of the window can be under way.
        this.leastAtOnce = Math.min(work.window(), mostAtOnce);
        this.atOnce = leastAtOnce;
        this.peer = peer;
        this.work = work;
        this.name = name;
        this.payload = new byte[work.payloadBytes()];
        this.window = new Semaphore(work.window());
    }

    /**
     * Arguments: kind of peer, port, folder. Each line that is read has a work, and for how many
     * seconds to warm up at most, and to measure.
     */
    public static void main(String[] args) throws Exception {
        String name = "bench-" + ProcessHandle.current().pid();
        Peer peer =
                Peer.Kind.valueOf(args[0])
                        .create(name, Integer.parseInt(args[1]), Path.of(args[2]));
        peer.connect();
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ", -1);
            Work work = Work.parse(words[0]);
            double warmUp = Double.parseDouble(words[1]);
            double seconds = Double.parseDouble(words[2]);
            System.out.println(run(peer, work, name, warmUp, seconds, mostAtOnce(work)));
        }
        peer.close();
        System.exit(0);
    }

    private static int mostAtOnce(Work work) {
        return work.qos() == 0
                ? Math.min(RECEIVED_AT_ONCE_AT_QOS_0, BYTES_AT_ONCE_AT_QOS_0 / work.payloadBytes())
                : RECEIVED_AT_ONCE;
    }

    /** Warms up and measures with a client that is connected, and leaves nothing behind. */
    static Sample run(
            Peer peer, Work work, String name, double warmUp, double seconds, int mostAtOnce)
            throws Exception {
        long cpu = Usage.cpuNanos();
        Worker worker = new Worker(peer, work, name, mostAtOnce);
        if (work.kind() == Work.Kind.ROUND_TRIP) {
            worker.subscribe(worker.topic(), worker::cameBack);
        }
        worker.warmUp(warmUp);
        Sample sample = worker.measure(seconds);
        for (String topicFilter : worker.subscribed) {
            peer.unsubscribe(topicFilter);
        }
        return sample.with(Figure.TOTAL_MESSAGES, worker.total)
                .with(Figure.TOTAL_CPU_NANOS, Usage.cpuNanos() - cpu);
    }

    /** Works until the JIT compiler has nothing more to do for it. */
    private void warmUp(double mostSeconds) throws Exception {
        long end = System.nanoTime() + (long) (mostSeconds * 1e9);
        double step = Math.min(mostSeconds / 2, WARM_UP_STEP_SECONDS);
        while (System.nanoTime() < end) {
            workFor(step);
            if (Usage.isQuietBefore(end)) {
                return;
            }
        }
    }

    private void subscribe(String topicFilter, IntConsumer received) throws Exception {
        peer.subscribe(topicFilter, received);
        subscribed.add(topicFilter);
    }

    private Sample measure(double seconds) throws Exception {
        latencies.clear();
        Usage usage = new Usage();
        long begin = System.nanoTime();
        long messages = workFor(seconds);
        double nanos = System.nanoTime() - begin;
        double cpu = usage.cpuNanosSince();
        Sample sample =
                new Sample()
                        .with(Figure.MESSAGES_PER_SECOND, messages / nanos * 1e9)
                        .with(Figure.CPU_MICROS, cpu / messages / 1e3)
                        .with(Figure.THREADS, Usage.threads());
        usage.allocatedBytesSince()
                .ifPresent(b -> sample.with(Figure.ALLOCATED_BYTES, (double) b / messages));
        latencies.into(sample);
        return sample.with(Figure.HEAP_MIB, HeapAfterCollections.liveMib());
    }

    /** Works for about as long; returns how many messages were done with. */
    private long workFor(double seconds) throws Exception {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        long messages =
                switch (work.kind()) {
                    case PUBLISH -> publishUntil(end, window::release);
                    case ROUND_TRIP -> publishUntil(end, () -> {});
                    case RECEIVE -> receiveUntil(end);
                    case LATENCY -> publishSinglyUntil(end);
                };
        total += messages;
        return messages;
    }

    private String topic() {
        return "bench/" + name;
    }

    private long publishUntil(long end, Runnable done) throws Exception {
        String topic = topic();
        long messages = 0;
        while (System.nanoTime() < end) {
            for (int i = 0; i < BETWEEN_LOOKS_AT_THE_CLOCK; i++) {
                acquire(1);
                peer.publish(topic, work.qos(), payload, done);
                messages++;
            }
        }
        acquire(work.window());
        window.release(work.window());
        return messages;
    }

    private void acquire(int permits) throws InterruptedException {
        if (!window.tryAcquire(permits)
                && !window.tryAcquire(permits, STUCK_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException(
                    "Nothing came back within "
                            + STUCK_SECONDS
                            + " s; of "
                            + work.window()
                            + ", "
                            + window.availablePermits()
                            + " messages are done with");
        }
    }

    private void cameBack(int payloadSize) {
        requireWhole(payloadSize);
        window.release();
    }

    private void requireWhole(int payloadSize) {
        if (payloadSize != payload.length) {
            Failures.stopAt(new IllegalStateException("A payload of " + payloadSize + " bytes"));
        }
    }

    /** Asks for the next messages before the last ones have come. */
    private long receiveUntil(long end) throws Exception {
        long before = received.get();
        long begin = System.nanoTime();
        ArrayDeque<Long> asked = new ArrayDeque<>();
        long last = ask(before);
        asked.add(last);
        for (long now = begin; now < end; now = System.nanoTime()) {
            last = ask(last);
            asked.add(last);
            await(asked.remove());
            double nanos = System.nanoTime() - begin;
            double fitting = SECONDS_AT_ONCE * 1e9 * (received.get() - before) / nanos;
            double most = Math.min(mostAtOnce, FASTER_AT_MOST * (double) atOnce);
            atOnce = (int) Math.max(leastAtOnce, Math.min(most, fitting));
        }
        await(last);
        return last - before;
    }

    /** Returns how many will have been received then, if so many were or will be without. */
    private long ask(long without) throws Exception {
        String topicFilter = AckConnection.request(work, atOnce, subscribed.size());
        subscribe(
                topicFilter,
                size -> {
                    requireWhole(size);
                    if (received.incrementAndGet() == awaited) {
                        reached.release();
                    }
                });
        return without + atOnce;
    }

    private void await(long count) throws InterruptedException {
        awaited = count;
        while (received.get() < count) {
            if (!reached.tryAcquire(STUCK_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(
                        received
                                + " messages came, and no more within "
                                + STUCK_SECONDS
                                + " s; asked for were "
                                + count);
            }
        }
    }

    private long publishSinglyUntil(long end) throws Exception {
        String topic = topic();
        long messages = 0;
        while (System.nanoTime() < end) {
            long begin = System.nanoTime();
            acquire(1);
            peer.publish(topic, work.qos(), payload, window::release);
            acquire(1);
            latencies.add(System.nanoTime() - begin);
            window.release();
            messages++;
        }
        return messages;
    }
}
