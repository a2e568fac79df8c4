package dev.holdfast.mqtt.impl.client;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One Topic Filter and one Topic Name. */
@State(Scope.Thread)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TopicFilterBenchmark {
    /** All match but the last. */
    @Param({"plant/7/press/17/temperature", "plant/+/press/+/temperature", "plant/#", "plant/8/#"})
    public String filter = "";

    private final String topic = "plant/7/press/17/temperature";
    private TopicFilter matcher = new TopicFilter("#");

    /** Once for each filter, as when a handler is registered. */
    @Setup
    public void prepare() {
        matcher = new TopicFilter(filter);
    }

    @Benchmark
    public boolean match() {
        return matcher.matches(topic);
    }
}
