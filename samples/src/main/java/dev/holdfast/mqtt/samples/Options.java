package dev.holdfast.mqtt.samples;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The options behind a recipe's name on the command line: {@code --name value}. */
final class Options {
    private final Map<String, String> values;

    private Options(Map<String, String> values) {
        this.values = values;
    }

    /** What is wrong with a command line, in words for its user. */
    static final class Misuse extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Misuse(String message) {
            super(message);
        }
    }

    /**
     * Reads a command line.
     *
     * @param args {@code --name value} or {@code --name=value}, any number of times
     * @param known the names that are allowed, without the hyphens
     * @throws Misuse if there is anything else
     */
    static Options parse(Iterable<String> args, Iterable<String> known) {
        Map<String, String> values = new LinkedHashMap<>();
        String pending = null;
        for (String arg : args) {
            if (pending != null) {
                values.put(pending, arg);
                pending = null;
                continue;
            }
            int equals = arg.indexOf('=');
            String name = requireKnown(equals < 0 ? arg : arg.substring(0, equals), known);
            if (equals < 0) {
                pending = name;
            } else {
                values.put(name, arg.substring(equals + 1));
            }
        }
        if (pending != null) {
            throw new Misuse("--" + pending + " needs a value");
        }
        return new Options(values);
    }

    private static String requireKnown(String arg, Iterable<String> known) {
        for (String name : known) {
            if (arg.equals("--" + name)) {
                return name;
            }
        }
        throw new Misuse(
                "unknown option '%s'; this recipe takes --%s"
                        .formatted(arg, String.join(", --", known)));
    }

    /** The broker of {@code --server}; empty if the recipe is to start its own. */
    Optional<URI> server() {
        String value = values.get("server");
        if (value == null) {
            return Optional.empty();
        }
        try {
            URI uri = URI.create(value);
            if ("mqtt".equals(uri.getScheme()) && uri.getHost() != null) {
                return Optional.of(uri);
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw new Misuse(
                "--server '" + value + "' is no address; give one like mqtt://localhost:1883");
    }

    /** A word, or several in quotes. */
    String word(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }

    /** A whole number between two bounds, which are allowed themselves. */
    long number(String name, long otherwise, long least, long most) {
        String value = values.get(name);
        if (value == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new Misuse(
                "--%s '%s' is no whole number from %,d to %,d".formatted(name, value, least, most));
    }
}
