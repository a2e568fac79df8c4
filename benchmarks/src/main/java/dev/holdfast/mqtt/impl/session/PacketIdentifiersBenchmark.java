package dev.holdfast.mqtt.impl.session;

import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** An identifier is taken, looked up and freed, while others are held. */
@State(Scope.Thread)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PacketIdentifiersBenchmark {
    /** How many are held besides. */
    @Param({"0", "4096", "65000"})
    public int held;

    private final PacketIdentifiers<Object> identifiers = new PacketIdentifiers<>();
    private final Object holder = new Object();

    /** As many as are to be held. */
    @Setup
    public void hold() {
        for (int i = 0; i < held; i++) {
            identifiers.take(holder);
        }
    }

    @Benchmark
    public @Nullable Object takeAndFree() {
        int identifier = identifiers.take(holder);
        Object found = identifiers.get(identifier);
        identifiers.free(identifier);
        return found;
    }
}
