package dev.holdfast.mqtt.benchmarks;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Measures one client at one work, in a process of its own; prints one {@link Sample}. */
public final class Worker {
    private static final int RECEIVED_AT_ONCE = 50_000;

    /** Few enough that no client drops any while its handler is behind. */
    private static final int RECEIVED_AT_ONCE_AT_QOS_0 = 5_000;

    /** Looking at the clock for each message would be a part of what is measured. */
    private static final int BETWEEN_LOOKS_AT_THE_CLOCK = 100;

    private static final long STUCK_SECONDS = 30;

    private final Peer peer;
    private final Work work;
    private final String name;
    private final int receivedAtOnce;
    private final byte[] payload;
    private final Latencies latencies = new Latencies();
    private final Semaphore window;
    private long total;
    private int subscriptions;

    private Worker(Peer peer, Work work, String name, int receivedAtOnce) {
        this.receivedAtOnce = receivedAtOnce;
        this.peer = peer;
        this.work = work;
        this.name = name;
        this.payload = new byte[work.payloadBytes()];
        this.window = new Semaphore(work.window());
    }

    /** Arguments: kind of peer, work, port, folder, seconds to warm up, seconds to measure. */
    public static void main(String[] args) throws Exception {
        String name = "bench-" + ProcessHandle.current().pid();
        Work work = Work.parse(args[1]);
        Peer peer =
                Peer.Kind.valueOf(args[0])
                        .create(name, Integer.parseInt(args[2]), Path.of(args[3]));
        double warmUp = Double.parseDouble(args[4]);
        double seconds = Double.parseDouble(args[5]);
        int atOnce = work.qos() == 0 ? RECEIVED_AT_ONCE_AT_QOS_0 : RECEIVED_AT_ONCE;
        Sample sample = run(peer, work, name, warmUp, seconds, atOnce);
        sample.with(Figure.TOTAL_CPU_NANOS, Usage.cpuNanos());
        System.out.println(sample);
        System.exit(0);
    }

    /** Connects, warms up, measures, and closes the client. */
    static Sample run(
            Peer peer, Work work, String name, double warmUp, double seconds, int receivedAtOnce)
            throws Exception {
        peer.connect();
        Worker worker = new Worker(peer, work, name, receivedAtOnce);
        if (work.kind() == Work.Kind.ROUND_TRIP) {
            peer.subscribe(worker.topic(), worker::cameBack);
        }
        worker.workFor(warmUp);
        Sample sample = worker.measure(seconds);
        sample.with(Figure.TOTAL_MESSAGES, worker.total);
        peer.close();
        return sample;
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
        return sample.with(Figure.HEAP_MIB, Usage.heapMib());
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

    private long receiveUntil(long end) throws Exception {
        long messages = 0;
        int atOnce = receivedAtOnce;
        while (System.nanoTime() < end) {
            CountDownLatch last = new CountDownLatch(1);
            AtomicInteger received = new AtomicInteger();
            peer.subscribe(
                    AckConnection.request(work, atOnce, subscriptions++),
                    size -> {
                        requireWhole(size);
                        if (received.incrementAndGet() == atOnce) {
                            last.countDown();
                        }
                    });
            if (!last.await(STUCK_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(
                        received
                                + " of "
                                + atOnce
                                + " messages came within "
                                + STUCK_SECONDS
                                + " s");
            }
            messages += atOnce;
        }
        return messages;
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
