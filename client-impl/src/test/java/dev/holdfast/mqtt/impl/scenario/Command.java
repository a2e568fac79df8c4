package dev.holdfast.mqtt.impl.scenario;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** One line of a script, as in {@code app: publish qos=2 payload=x retain}. */
final class Command {
    private final int line;
    private final String text;
    private final String actor;
    private final String verb;

    /** Options that nobody has asked for yet; a word without a value has the value "". */
    private final Map<String, String> options = new LinkedHashMap<>();

    private Command(int line, String text) {
        this.line = line;
        this.text = text;
        int colon = text.indexOf(':');
        String rest = colon < 0 ? "" : text.substring(colon + 1).strip();
        if (rest.isEmpty()) {
            throw error("a line reads 'actor: verb key=value …'");
        }
        actor = text.substring(0, colon).strip();
        List<String> words = List.of(rest.split("\\s+"));
        // Settings are options only.
        verb = words.get(0).contains("=") ? "" : words.get(0);
        for (String word : words.subList(verb.isEmpty() ? 0 : 1, words.size())) {
            int equals = word.indexOf('=');
            String key = equals < 0 ? word : word.substring(0, equals);
            String value = equals < 0 ? "" : word.substring(equals + 1);
            if (options.put(key, value) != null) {
                throw error("'" + key + "' is given twice");
            }
        }
    }

    /**
     * Reads one line.
     *
     * @param line its number in the file, for errors
     * @throws IllegalArgumentException if it is malformed
     */
    static Command parse(int line, String text) {
        return new Command(line, text.strip());
    }

    String actor() {
        return actor;
    }

    String verb() {
        return verb;
    }

    boolean flag(String key) {
        String value = options.remove(key);
        if (value != null && !value.isEmpty()) {
            throw error("'" + key + "' takes no value");
        }
        return value != null;
    }

    boolean has(String key) {
        return options.containsKey(key);
    }

    String word(String key, String otherwise) {
        return value(key, otherwise, "a word", Function.identity());
    }

    int number(String key, int otherwise) {
        return value(key, otherwise, "a number", Integer::valueOf);
    }

    int required(String key) {
        if (!has(key)) {
            throw error("'" + key + "=' is missing");
        }
        return number(key, 0);
    }

    QoS qos(String key, QoS otherwise) {
        return value(key, otherwise, "0, 1 or 2", v -> QoS.values()[Integer.parseInt(v)]);
    }

    /** A Reason Code by its name in {@link ReasonCode}, in small letters with hyphens. */
    ReasonCode reason(ReasonCode otherwise) {
        return choice("reason", otherwise);
    }

    <E extends Enum<E>> E choice(String key, E otherwise) {
        Class<E> type = otherwise.getDeclaringClass();
        return value(
                key,
                otherwise,
                "one of " + Arrays.stream(type.getEnumConstants()).map(Command::spelled).toList(),
                v ->
                        Arrays.stream(type.getEnumConstants())
                                .filter(e -> spelled(e).equals(v))
                                .findFirst()
                                .orElseThrow(IllegalArgumentException::new));
    }

    private static String spelled(Enum<?> constant) {
        return constant.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    private <V> V value(String key, V otherwise, String what, Function<String, V> reader) {
        String value = options.remove(key);
        if (value == null) {
            return otherwise;
        }
        try {
            if (!value.isEmpty()) {
                return reader.apply(value);
            }
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            throw error("'" + key + "=" + value + "' is not " + what);
        }
        throw error("'" + key + "=' needs a value, " + what);
    }

    /** To be called when all options that make sense were asked for. */
    void end() {
        if (!options.isEmpty()) {
            throw error("'" + verb + "' knows no " + options.keySet());
        }
    }

    IllegalArgumentException unknownVerb(String... known) {
        return error(
                "'" + actor + "' has no verb '" + verb + "'; it has " + String.join(", ", known));
    }

    /** An error that shows where it is. */
    IllegalArgumentException error(String complaint) {
        return new IllegalArgumentException("line " + line + ", '" + text + "': " + complaint);
    }
}
