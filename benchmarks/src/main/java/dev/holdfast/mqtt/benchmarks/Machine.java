package dev.holdfast.mqtt.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What the results depend on, besides the programs measured. */
final class Machine {
    private static final double GIB_PER_KIB = 1.0 / (1 << 20);

    private Machine() {}

    static List<String> describe() {
        return List.of(
                "on " + LocalDate.now(ZoneOffset.UTC),
                "%d processors (%s), %s of memory"
                        .formatted(
                                Runtime.getRuntime().availableProcessors(),
                                value("/proc/cpuinfo", "model name"),
                                memory()),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                "Java %s (%s)"
                        .formatted(
                                System.getProperty("java.runtime.version"),
                                System.getProperty("java.vendor")),
                "with " + String.join(", ", versions()));
    }

    private static List<String> versions() {
        return Stream.of(System.getProperty("java.class.path").split(":", -1))
                .map(p -> String.valueOf(Path.of(p).getFileName()))
                .filter(
                        n ->
                                n.matches(
                                        "(hivemq-mqtt-client|org.eclipse.paho.mqttv5.client|netty-handler|h2)"
                                                + "-[0-9].*[.]jar"))
                .map(n -> n.replace(".jar", ""))
                .toList();
    }

    private static String memory() {
        String kib = value("/proc/meminfo", "MemTotal").replaceAll("[^0-9]", "");
        return kib.isEmpty()
                ? "an unknown amount"
                : String.format(Locale.ROOT, "%.0f GiB", Long.parseLong(kib) * GIB_PER_KIB);
    }

    /** Of the first line of a file that begins with the name; empty if there is none. */
    private static String value(String file, String name) {
        try (Stream<String> lines = Files.lines(Path.of(file))) {
            return lines.filter(l -> l.startsWith(name))
                    .map(l -> l.substring(l.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("");
        } catch (IOException | SecurityException e) {
            return "";
        }
    }
}
