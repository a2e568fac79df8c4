package dev.holdfast.mqtt.benchmarks;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.h2.Durability;
import dev.holdfast.mqtt.h2.H2SessionStore;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Batches of messages that are stored, each waited for, and then deleted. */
@State(Scope.Thread)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class StoreBenchmark {
    static final int MESSAGES = 256;

    /** What a stored batch survives. */
    @Param({"PROCESS_CRASH", "POWER_LOSS"})
    public Durability durability = Durability.PROCESS_CRASH;

    private final Message message = Message.to("bench/topic").payload(new byte[256]).build();
    private Path folder = Path.of("");
    private List<StoredSession> opened = List.of();
    private long sequence;

    /** Opens a new store. */
    @Setup
    public void open() throws IOException {
        folder = Files.createTempDirectory("holdfast-benchmark");
        opened = List.of(H2SessionStore.at(folder.resolve("store"), durability).open("bench"));
    }

    /** Deletes the store. */
    @TearDown
    public void close() throws IOException {
        opened.get(0).close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** 256 messages in two batches: stored, and deleted. */
    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public void storeAndDelete() {
        List<Change> accepted = new ArrayList<>(MESSAGES);
        List<Change> completed = new ArrayList<>(MESSAGES);
        for (int i = 0; i < MESSAGES; i++) {
            sequence++;
            accepted.add(
                    new Change.Accepted(
                            OutgoingMessage.queued(sequence, message, OutgoingMessage.NEVER)));
            completed.add(new Change.Completed(sequence));
        }
        write(accepted);
        write(completed);
    }

    private void write(List<Change> batch) {
        CompletableFuture<Void> outcome = new CompletableFuture<>();
        opened.get(0)
                .write(
                        batch,
                        new StoredSession.Outcome() {
                            @Override
                            public void stored() {
                                outcome.complete(null);
                            }

                            @Override
                            public void failed(StoreException cause) {
                                outcome.completeExceptionally(cause);
                            }
                        });
        outcome.join();
    }
}
