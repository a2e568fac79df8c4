package dev.holdfast.mqtt.benchmarks;

import com.sun.management.GarbageCollectionNotificationInfo;
import com.sun.management.GarbageCollectorMXBean;
import com.sun.management.GcInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;

/**
 * What is in use right after garbage collections; without what is made between one and the look at
 * it, which is megabytes where a client is at work.
 */
final class HeapAfterCollections {
    private static final double MIB = 1 << 20;

    private static final Set<String> POOLS =
            ManagementFactory.getMemoryPoolMXBeans().stream()
                    .filter(p -> p.getType() == MemoryType.HEAP)
                    .map(MemoryPoolMXBean::getName)
                    .collect(Collectors.toSet());

    private final AtomicLong highest = new AtomicLong();

    HeapAfterCollections() {
        for (GarbageCollectorMXBean collector : collectors()) {
            ((NotificationEmitter) collector)
                    .addNotificationListener((n, handback) -> collected(n), null, null);
        }
    }

    private void collected(Notification notification) {
        if (!notification
                .getType()
                .equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
            return;
        }
        long used =
                used(
                        GarbageCollectionNotificationInfo.from(
                                        (CompositeData) notification.getUserData())
                                .getGcInfo());
        highest.accumulateAndGet(used, Math::max);
    }

    private static List<GarbageCollectorMXBean> collectors() {
        return ManagementFactory.getPlatformMXBeans(GarbageCollectorMXBean.class);
    }

    private static long used(GcInfo collection) {
        return collection.getMemoryUsageAfterGc().entrySet().stream()
                .filter(e -> POOLS.contains(e.getKey()))
                .map(Map.Entry::getValue)
                .mapToLong(MemoryUsage::getUsed)
                .sum();
    }

    /** Collects all garbage. */
    static double liveMib() {
        List<GarbageCollectorMXBean> collectors = collectors();
        long[] before =
                collectors.stream().mapToLong(GarbageCollectorMXBean::getCollectionCount).toArray();
        System.gc();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < before.length; i++) {
            GarbageCollectorMXBean collector = collectors.get(i);
            if (collector.getCollectionCount() > before[i]) {
                least = Math.min(least, used(collector.getLastGcInfo()));
            }
        }
        if (least == Long.MAX_VALUE) {
            throw new IllegalStateException(
                    "System.gc() has collected nothing; start the JVM without -XX:+DisableExplicitGC");
        }
        return least / MIB;
    }

    /** Since the last time: the most after any collection, which need not be a complete one. */
    double highestMib() {
        return highest.getAndSet(0) / MIB;
    }
}
