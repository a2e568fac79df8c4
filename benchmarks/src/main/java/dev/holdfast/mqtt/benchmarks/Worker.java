package dev.holdfast.mqtt.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;

/**
 * Measures one client at one work, in a process of its own; prints one {@link Sample}, and the CPU
 * time it used in all.
 */
public final class Worker {
    private static final int RECEIVED_AT_ONCE = 50_000;

    /** Few enough that no client drops any while its handler is behind. */
    private static final int RECEIVED_AT_ONCE_AT_QOS_0 = 5_000;

    private static final int SINGLES_AT_ONCE = 100;

    private final Peer peer;
    private final Work work;
    private final byte[] payload;

    /** Latencies of single messages, in nanoseconds. */
    private long[] latencies = new long[1 << 16];

    private int singles;
    private int subscriptions;

    private Worker(Peer peer, Work work) {
        this.peer = peer;
        this.work = work;
        this.payload = new byte[work.payloadBytes()];
    }

    /** Arguments: kind of peer, work, port, folder, seconds to warm up, seconds to measure. */
    public static void main(String[] args) throws Exception {
        Peer peer = Peer.Kind.valueOf(args[0]).create(Integer.parseInt(args[2]), Path.of(args[3]));
        peer.connect();
        long start = ManagementFactory.getRuntimeMXBean().getStartTime();
        long startMillis = System.currentTimeMillis() - start;
        Worker worker = new Worker(peer, Work.parse(args[1]));
        worker.workFor(Double.parseDouble(args[4]));
        Sample sample = worker.measure(Double.parseDouble(args[5]), startMillis);
        System.out.println(sample.toLine() + " " + cpuNanos());
        peer.close();
        System.exit(0);
    }

    private Sample measure(double seconds, long startMillis) throws Exception {
        singles = 0;
        long cpu = cpuNanos();
        long allocated = allocatedBytes();
        long begin = System.nanoTime();
        long messages = workFor(seconds);
        double nanos = System.nanoTime() - begin;
        double cpuUsed = cpuNanos() - cpu;
        double bytes = allocatedBytes() - allocated;
        long[] sorted = Arrays.copyOf(latencies, singles);
        Arrays.sort(sorted);
        return new Sample(
                messages / nanos * 1e9,
                cpuUsed / messages / 1e3,
                bytes / messages,
                percentile(sorted, 0.5),
                percentile(sorted, 0.99),
                percentile(sorted, 0.999),
                startMillis,
                0);
    }

    private static double percentile(long[] sorted, double part) {
        return sorted.length == 0 ? 0 : sorted[(int) (part * (sorted.length - 1))] / 1e3;
    }

    private static long cpuNanos() {
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime();
    }

    /** By all threads that are alive; the clients start and end none while they are measured. */
    private static long allocatedBytes() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long sum = 0;
        for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
            sum += Math.max(0, bytes);
        }
        return sum;
    }

    /** Works for about as long; returns how many messages were done with. */
    private long workFor(double seconds) throws Exception {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        return switch (work.kind()) {
            case PUBLISH -> publishUntil(end);
            case RECEIVE -> receiveUntil(end);
            case LATENCY -> publishSinglyUntil(end);
        };
    }

    private long publishUntil(long end) throws Exception {
        Semaphore window = new Semaphore(work.window());
        long messages = 0;
        // Looking at the clock for each message would be a part of what is measured.
        while (System.nanoTime() < end) {
            for (int i = 0; i < SINGLES_AT_ONCE; i++) {
                window.acquire();
                peer.publish(work.qos(), payload, window::release);
                messages++;
            }
        }
        window.acquire(work.window());
        return messages;
    }

    private long receiveUntil(long end) throws Exception {
        long messages = 0;
        int atOnce = work.qos() == 0 ? RECEIVED_AT_ONCE_AT_QOS_0 : RECEIVED_AT_ONCE;
        while (System.nanoTime() < end) {
            CountDownLatch all = new CountDownLatch(atOnce);
            peer.subscribe(
                    "send/%d/%d/%d/%d/%d"
                            .formatted(
                                    work.qos(),
                                    work.payloadBytes(),
                                    work.window(),
                                    atOnce,
                                    subscriptions++),
                    all::countDown);
            all.await();
            messages += atOnce;
        }
        return messages;
    }

    private long publishSinglyUntil(long end) throws Exception {
        long messages = 0;
        Semaphore done = new Semaphore(0);
        while (System.nanoTime() < end) {
            long begin = System.nanoTime();
            peer.publish(work.qos(), payload, done::release);
            done.acquire();
            if (singles < latencies.length) {
                latencies[singles++] = System.nanoTime() - begin;
            }
            messages++;
        }
        return messages;
    }
}
