package dev.holdfast.mqtt.benchmarks;

import java.util.EnumMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What was measured once. */
final class Sample {
    private static final Pattern FIELD = Pattern.compile("\"([A-Z0-9_]+)\":([-+.0-9E]+)");

    private final Map<Figure, Double> figures = new EnumMap<>(Figure.class);

    Sample with(Figure figure, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(figure + " is " + value);
        }
        figures.put(figure, value);
        return this;
    }

    Sample with(Figure figure, long value) {
        return with(figure, (double) value);
    }

    boolean has(Figure figure) {
        return figures.containsKey(figure);
    }

    double get(Figure figure) {
        Double value = figures.get(figure);
        if (value == null) {
            throw new IllegalStateException(figure + " was not measured: " + this);
        }
        return value;
    }

    /** One line of JSON. */
    @Override
    public String toString() {
        return "{" + fields() + "}";
    }

    /** What stands between the braces. */
    String fields() {
        return figures.entrySet().stream()
                .map(e -> "\"" + e.getKey() + "\":" + e.getValue())
                .collect(Collectors.joining(","));
    }

    /** The line that a process has printed. */
    static Sample parse(String line) {
        Sample sample = new Sample();
        Matcher field = FIELD.matcher(line);
        while (field.find()) {
            sample.with(Figure.valueOf(field.group(1)), Double.parseDouble(field.group(2)));
        }
        if (sample.figures.isEmpty()) {
            throw new IllegalArgumentException("No figures: " + line);
        }
        return sample;
    }
}
