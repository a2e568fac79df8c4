package dev.holdfast.mqtt.benchmarks;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.h2.Durability;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connects with what is in the store, sends it and one message more, and waits until the file is
 * small again; prints one {@link Sample}.
 */
public final class BacklogDrainer {
    static final double SMALL_MIB = 32;
    private static final double MIB = 1 << 20;
    private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long LONGEST_SHRINKING_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long STABLE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private BacklogDrainer() {}

    /** Arguments: durability, file, port, number of messages in the store; messages of a step. */
    public static void main(String[] args) throws Exception {
        Path file = Path.of(args[1]);
        int port = Integer.parseInt(args[2]);
        long backlog = Long.parseLong(args[3]);
        BacklogSteps steps =
                args.length > 4 ? new BacklogSteps(Long.parseLong(args[4]), file) : null;
        System.out.println(drain(Durability.valueOf(args[0]), file, port, backlog, steps));
        System.exit(0);
    }

    static Sample drain(
            Durability durability, Path file, int port, long backlog, @Nullable BacklogSteps steps)
            throws Exception {
        long begin = System.nanoTime();
        try (MqttClient client = BacklogClient.build(durability, file, port)) {
            client.connect().join();
            double connected = System.nanoTime() - begin;
            Usage usage = new Usage();
            awaitEmpty(client, backlog, steps);
            byte[] payload = ByteBuffer.allocate(Long.BYTES).putLong(backlog + 1).array();
            client.publish(Message.to(BacklogClient.TOPIC).payload(payload).build())
                    .acknowledged()
                    .join();
            long cpu = usage.cpuNanosSince();
            awaitSmall(Path.of(file + ".mv.db"));
            return new Sample()
                    .with(Figure.BEGUN_AT_NANOS, begin)
                    .with(Figure.CONNECTED_MILLIS, connected / 1e6)
                    .with(Figure.CPU_MICROS, cpu / 1e3 / (double) (backlog + 1))
                    .with(Figure.FILE_AFTER_MIB, Files.size(Path.of(file + ".mv.db")) / MIB)
                    .with(Figure.HEAP_MIB, HeapAfterCollections.liveMib());
        }
    }

    private static void awaitEmpty(MqttClient client, long backlog, @Nullable BacklogSteps steps)
            throws InterruptedException {
        long left = client.session().queuedMessages();
        long progress = System.nanoTime();
        while (left > 0) {
            TimeUnit.MILLISECONDS.sleep(2);
            long now = client.session().queuedMessages();
            if (now < left) {
                left = now;
                if (steps != null) {
                    steps.look(backlog - left);
                }
                progress = System.nanoTime();
            } else if (System.nanoTime() - progress > STUCK_NANOS) {
                throw new IllegalStateException(left + " messages stay in the queue");
            }
        }
    }

    /** Until the file is as small as it should be, and its size has not changed for a while. */
    private static void awaitSmall(Path file) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        long changed = begin;
        long size = Files.size(file);
        while (System.nanoTime() - begin < LONGEST_SHRINKING_NANOS
                && (size > SMALL_MIB * MIB || System.nanoTime() - changed < STABLE_NANOS)) {
            TimeUnit.MILLISECONDS.sleep(20);
            long now = Files.size(file);
            if (now != size) {
                size = now;
                changed = System.nanoTime();
            }
        }
    }
}
