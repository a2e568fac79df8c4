package dev.holdfast.mqtt.benchmarks;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.h2.Durability;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Publishes a backlog without a connection, as fast as the store takes it; prints a {@link Sample}
 * for each step if there are any, and one of all; ends as a killed process does.
 */
public final class BacklogStorer {
    /** One message of so many is waited for: when it is stored, so are those before it. */
    private static final int STEP = 256;

    private static final int STEPS_UNDER_WAY = 16;

    private BacklogStorer() {}

    /** Arguments: durability, file, number of messages, bytes of each; messages of a step. */
    public static void main(String[] args) {
        Path file = Path.of(args[1]);
        MqttClient client =
                BacklogClient.build(Durability.valueOf(args[0]), file, BacklogClient.NOWHERE);
        BacklogSteps steps =
                args.length > 4 ? new BacklogSteps(Long.parseLong(args[4]), file) : null;
        int messages = Integer.parseInt(args[2]);
        System.out.println(store(client, messages, Integer.parseInt(args[3]), steps));
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    static Sample store(
            MqttClient client, int messages, int payloadBytes, @Nullable BacklogSteps steps) {
        Sample sample = new Sample();
        Usage usage = new Usage();
        ArrayDeque<CompletableFuture<Void>> unstored = new ArrayDeque<>();
        long begin = System.nanoTime();
        for (int i = 1; i <= messages; i++) {
            byte[] payload = new byte[payloadBytes];
            ByteBuffer.wrap(payload).putLong(i);
            Message message =
                    Message.to(BacklogClient.TOPIC).qos(QoS.AT_LEAST_ONCE).payload(payload).build();
            var publication = client.publish(message);
            boolean looked = steps != null && steps.isDue(i);
            boolean due = looked || i == messages || i == messages / 10;
            if (i % STEP == 0 || due) {
                unstored.add(publication.stored());
            }
            // The heap is looked at with nothing under way, which varies.
            while (unstored.size() > (due ? 0 : STEPS_UNDER_WAY)) {
                unstored.remove().join();
            }
            if (steps != null) {
                begin += steps.look(i);
            }
            if (i == messages / 10) {
                long pause = System.nanoTime();
                sample.with(Figure.EARLY_HEAP_MIB, HeapAfterCollections.liveMib());
                begin += System.nanoTime() - pause;
            }
        }
        double nanos = System.nanoTime() - begin;
        sample.with(Figure.MESSAGES_PER_SECOND, messages / nanos * 1e9)
                .with(Figure.CPU_MICROS, usage.cpuNanosSince() / 1e3 / messages)
                .with(Figure.THREADS, Usage.threads());
        usage.allocatedBytesSince()
                .ifPresent(b -> sample.with(Figure.ALLOCATED_BYTES, (double) b / messages));
        return sample.with(Figure.HEAP_MIB, HeapAfterCollections.liveMib());
    }
}
