package dev.holdfast.mqtt.benchmarks;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** All samples so far. */
final class Results {
    private final Map<Work, Map<Peer.Kind, List<Sample>>> samples = new LinkedHashMap<>();

    void add(Work work, Peer.Kind kind, Sample sample) {
        samples.computeIfAbsent(work, w -> new EnumMap<>(Peer.Kind.class))
                .computeIfAbsent(kind, k -> new ArrayList<>())
                .add(sample);
    }

    Set<Work> works() {
        return samples.keySet();
    }

    double median(Work work, Peer.Kind kind, ToDoubleFunction<Sample> figure) {
        Map<Peer.Kind, List<Sample>> ofWork = samples.getOrDefault(work, Map.of());
        return Sample.median(ofWork.getOrDefault(kind, List.of()), figure);
    }

    /** As a multiple of what the best of the peers has. */
    double ratio(Work work, Peer.Kind kind, ToDoubleFunction<Sample> figure) {
        return median(work, kind, figure) / median(work, Peer.Kind.HIVEMQ, figure);
    }
}
