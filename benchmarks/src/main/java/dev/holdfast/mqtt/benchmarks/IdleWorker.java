package dev.holdfast.mqtt.benchmarks;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.h2.Durability;
import dev.holdfast.mqtt.h2.H2SessionStore;
import dev.holdfast.mqtt.store.SessionStore;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Connects many clients that share one store; prints one {@link Sample}, and ends as a killed
 * process does.
 */
public final class IdleWorker {
    private static final int CONNECTING_AT_ONCE = 500;

    /**
     * As many as there are event loops at least, so that all threads are there that there will be.
     */
    private static final int FEW = 100;

    private static final long STUCK_SECONDS = 60;
    private static final double KIB_PER_MIB = 1_024;

    private IdleWorker() {}

    /** Arguments: port, file of the store, number of clients. */
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        List<MqttClient> clients = new ArrayList<>();
        System.out.println(connect(port, Path.of(args[1]), Integer.parseInt(args[2]), clients));
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    static Sample connect(int port, Path file, int count, List<MqttClient> clients)
            throws InterruptedException {
        SessionStore store = H2SessionStore.at(file, Durability.PROCESS_CRASH);
        URI server = URI.create("mqtt://127.0.0.1:" + port);
        // What the first one takes is for all.
        MqttClient first = client(server, 0, store);
        clients.add(first);
        first.connect().join();
        double before = heapOnceIdle();
        int threadsOfFew = 0;
        long begin = System.nanoTime();
        Semaphore connecting = new Semaphore(CONNECTING_AT_ONCE);
        for (int i = 1; i < count; i++) {
            if (i == Math.min(FEW, count - 1)) {
                acquire(connecting, CONNECTING_AT_ONCE);
                threadsOfFew = Usage.lastingThreads();
                connecting.release(CONNECTING_AT_ONCE);
            }
            acquire(connecting, 1);
            MqttClient client = client(server, i, store);
            clients.add(client);
            client.connect()
                    .whenComplete(
                            (connected, failure) -> {
                                Failures.stopAt(failure);
                                connecting.release();
                            });
        }
        acquire(connecting, CONNECTING_AT_ONCE);
        double nanos = System.nanoTime() - begin;
        double grown = (heapOnceIdle() - before) * KIB_PER_MIB;
        return new Sample()
                .with(Figure.CLIENTS, count)
                .with(Figure.CLIENTS_PER_SECOND, (count - 1) / nanos * 1e9)
                .with(Figure.HEAP_PER_CLIENT_KIB, grown / (count - 1))
                .with(Figure.THREADS_OF_FEW, threadsOfFew)
                .with(Figure.LASTING_THREADS, Usage.lastingThreads())
                .with(Figure.THREADS, Usage.threads());
    }

    private static double heapOnceIdle() throws InterruptedException {
        Usage.isQuietBefore(System.nanoTime() + TimeUnit.SECONDS.toNanos(STUCK_SECONDS));
        return HeapAfterCollections.liveMib();
    }

    private static MqttClient client(URI server, int number, SessionStore store) {
        return MqttClient.newBuilder(server)
                .clientIdentifier("idle-" + number)
                .sessionExpiry(Duration.ofHours(1))
                .store(store)
                .build();
    }

    private static void acquire(Semaphore connecting, int permits) throws InterruptedException {
        if (!connecting.tryAcquire(permits, STUCK_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException(
                    "Clients did not connect within " + STUCK_SECONDS + " s");
        }
    }
}
