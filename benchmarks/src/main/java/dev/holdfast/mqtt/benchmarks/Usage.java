package dev.holdfast.mqtt.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** What this process has used. */
final class Usage {
    private static final long LOOK_MILLIS = 200;
    private static final long QUIET_NANOS = 30_000_000;

    private final long cpuNanos = cpuNanos();
    private final Map<Long, Long> allocated = allocated();

    /** Since this object was made. */
    long cpuNanosSince() {
        return cpuNanos() - cpuNanos;
    }

    /** By all threads since this object was made; unknown if one of them has ended meanwhile. */
    OptionalLong allocatedBytesSince() {
        Map<Long, Long> now = allocated();
        if (!now.keySet().containsAll(allocated.keySet())) {
            return OptionalLong.empty();
        }
        long sum = 0;
        for (Map.Entry<Long, Long> thread : now.entrySet()) {
            sum += thread.getValue() - allocated.getOrDefault(thread.getKey(), 0L);
        }
        return OptionalLong.of(sum);
    }

    static long cpuNanos() {
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime();
    }

    /**
     * Waits until this process, which has nothing to do, does nothing: until then the JIT compiler
     * is busy with what was done before, and takes the processor of whoever goes on.
     *
     * @return whether that was so from the start
     */
    static boolean isQuietBefore(long end) throws InterruptedException {
        for (boolean first = true; ; first = false) {
            long before = cpuNanos();
            Thread.sleep(LOOK_MILLIS);
            if (cpuNanos() - before <= QUIET_NANOS) {
                return first;
            }
            if (System.nanoTime() >= end) {
                return false;
            }
        }
    }

    private static Map<Long, Long> allocated() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long[] ids = threads.getAllThreadIds();
        long[] bytes = threads.getThreadAllocatedBytes(ids);
        Map<Long, Long> byThread = new HashMap<>();
        for (int i = 0; i < ids.length; i++) {
            if (bytes[i] >= 0) {
                byThread.put(ids[i], bytes[i]);
            }
        }
        return byThread;
    }

    static int threads() {
        return ManagementFactory.getThreadMXBean().getThreadCount();
    }

    /** Those of Holdfast, and of the JVM, that stay when nothing happens. */
    static int lastingThreads() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return (int)
                Stream.of(threads.getThreadInfo(threads.getAllThreadIds()))
                        .filter(
                                t ->
                                        t != null
                                                && !t.getThreadName()
                                                        .startsWith("holdfast-callback"))
                        .count();
    }

    /** Since the start of this process. */
    static long millisSinceStart() {
        return System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
    }
}
