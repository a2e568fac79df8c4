package dev.holdfast.mqtt.benchmarks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;

/** All samples so far, and what failed. */
final class Results {
    private final Map<Table, Map<String, List<Sample>>> samples = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();

    void add(Table table, String contender, Sample sample) {
        samples.computeIfAbsent(table, t -> new LinkedHashMap<>())
                .computeIfAbsent(contender, c -> new ArrayList<>())
                .add(sample);
    }

    void failed(String failure) {
        failures.add(failure);
    }

    List<String> failures() {
        return failures;
    }

    List<Table> tables(Table.Section section) {
        Stream<Table> tables = samples.keySet().stream().filter(t -> t.section() == section);
        return section.isOfWorks()
                ? tables.sorted(Comparator.comparing(Table::title)).toList()
                : tables.toList();
    }

    Set<String> contenders(Table table) {
        return samples.getOrDefault(table, Map.of()).keySet();
    }

    /** Empty if it was not measured. */
    OptionalDouble median(Table table, String contender, Figure figure) {
        double[] sorted =
                samples.getOrDefault(table, Map.of()).getOrDefault(contender, List.of()).stream()
                        .filter(s -> s.has(figure))
                        .mapToDouble(s -> s.get(figure))
                        .sorted()
                        .toArray();
        return sorted.length == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(sorted[sorted.length / 2]);
    }

    /** To the figure of the table's baseline; empty if one of them is missing. */
    OptionalDouble ratio(Table table, String contender, Figure figure) {
        return ratio(table, contender, table.baseline(), figure);
    }

    OptionalDouble ratio(Table table, String contender, String baseline, Figure figure) {
        OptionalDouble own = median(table, contender, figure);
        OptionalDouble base = median(table, baseline, figure);
        return own.isEmpty() || base.isEmpty() || base.getAsDouble() == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of(own.getAsDouble() / base.getAsDouble());
    }

    /** How many samples of a contender there are. */
    int count(Table table, String contender) {
        return samples.getOrDefault(table, Map.of()).getOrDefault(contender, List.of()).size();
    }
}
