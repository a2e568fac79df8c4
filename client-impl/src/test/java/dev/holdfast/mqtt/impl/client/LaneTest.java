package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

/** Callbacks run whatever the executor does. */
class LaneTest {
    private static final Executor REFUSES =
            task -> {
                throw new RejectedExecutionException("shut down");
            };

    private final List<String> ran = new ArrayList<>();

    @Test
    void whatTheExecutorRefusesRunsOnTheOther() {
        List<Runnable> other = new ArrayList<>();
        Lane lane = new Lane(REFUSES, other::add);

        lane.add(() -> ran.add("a"));
        lane.add(() -> ran.add("b"));
        assertEquals(List.of(), ran);
        other.forEach(Runnable::run);

        assertEquals(List.of("a", "b"), ran);
    }

    @Test
    void whatBothRefuseRunsAtOnce() {
        Lane lane = new Lane(REFUSES, REFUSES);

        lane.add(() -> ran.add("a"));

        assertEquals(List.of("a"), ran);
    }

    @Test
    void errorOfOneCallbackDoesNotTakeTheNextWithIt() {
        Lane lane = new Lane(Runnable::run, REFUSES);

        lane.add(
                () -> {
                    throw new AssertionError("of the application");
                });
        lane.add(() -> ran.add("b"));

        assertEquals(List.of("b"), ran);
    }
}
