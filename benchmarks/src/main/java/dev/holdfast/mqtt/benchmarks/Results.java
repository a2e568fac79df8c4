package dev.holdfast.mqtt.benchmarks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** All samples so far, and what failed. */
final class Results {
    /** What one contender did in each turn of each round. */
    private static final class Taken {
        private final Map<Turn, Sample> samples = new LinkedHashMap<>();

        void add(int round, Sample sample) {
            int earlier = (int) samples.keySet().stream().filter(t -> t.round == round).count();
            samples.put(new Turn(round, earlier), sample);
        }
    }

    /** Contenders of the same turn were measured one right after the other. */
    private record Turn(int round, int number) {}

    private static final Taken NOTHING = new Taken();

    private final Map<Table, Map<String, Taken>> taken = new LinkedHashMap<>();
    private final List<String> failures = new ArrayList<>();

    void add(int round, Table table, String contender, Sample sample) {
        taken.computeIfAbsent(table, t -> new LinkedHashMap<>())
                .computeIfAbsent(contender, c -> new Taken())
                .add(round, sample);
    }

    void failed(String failure) {
        failures.add(failure);
    }

    List<String> failures() {
        return failures;
    }

    List<Table> tables(Table.Section section) {
        Stream<Table> tables = taken.keySet().stream().filter(t -> t.section() == section);
        return section.isOfWorks()
                ? tables.sorted(Comparator.comparing(Table::title)).toList()
                : tables.toList();
    }

    Set<String> contenders(Table table) {
        return taken.getOrDefault(table, Map.of()).keySet();
    }

    private Map<Turn, Sample> samples(Table table, String contender) {
        return taken.getOrDefault(table, Map.of()).getOrDefault(contender, NOTHING).samples;
    }

    /** Empty if it was not measured. */
    OptionalDouble median(Table table, String contender, Figure figure) {
        return median(
                samples(table, contender).values().stream()
                        .filter(s -> s.has(figure))
                        .mapToDouble(s -> s.get(figure)));
    }

    private static OptionalDouble median(DoubleStream values) {
        double[] sorted = values.sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length == 0
                ? OptionalDouble.empty()
                : OptionalDouble.of((sorted[(sorted.length - 1) / 2] + sorted[half]) / 2);
    }

    /** To the figure of the table's baseline; empty if one of them is missing. */
    OptionalDouble ratio(Table table, String contender, Figure figure) {
        return ratio(table, contender, table.baseline(), figure);
    }

    /** The median of the ratios of each turn. */
    OptionalDouble ratio(Table table, String contender, String baseline, Figure figure) {
        Map<Turn, Sample> others = samples(table, baseline);
        DoubleStream.Builder ratios = DoubleStream.builder();
        samples(table, contender)
                .forEach(
                        (turn, own) -> {
                            Sample other = others.get(turn);
                            if (other != null && own.has(figure) && other.has(figure)) {
                                ratios.add(own.get(figure) / other.get(figure));
                            }
                        });
        return median(ratios.build().filter(Double::isFinite));
    }

    /** How many samples of a contender there are. */
    int count(Table table, String contender) {
        return samples(table, contender).size();
    }
}
