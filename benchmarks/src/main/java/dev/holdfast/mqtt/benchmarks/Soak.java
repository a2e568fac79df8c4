package dev.holdfast.mqtt.benchmarks;

import dev.holdfast.mqtt.h2.Durability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Millions of messages are stored without a connection by a small JVM, which is killed; another
 * connects and sends them. Shows how both go on; ends with an error if a message is lost or out of
 * order, or if the heap or the file does not stay small.
 */
public final class Soak {
    private static final int STEPS = 10;
    private static final int MESSAGES = 10_000_000;

    /** For one step, on a busy machine. */
    private static final Duration LONGEST = Duration.ofMinutes(10);

    /** More messages must not show; what is under way at a moment does. */
    static final double MOST_GROWTH_MIB = 8;

    private final List<String> failures = new ArrayList<>();
    private final Durability durability;
    private final int messages;
    private final int step;

    private Soak(Durability durability, int messages) {
        this.durability = durability;
        this.messages = messages;
        step = messages / STEPS;
    }

    /** Arguments: the number of messages, and the durability; both may be left out. */
    public static void main(String[] args) throws Exception {
        int messages = args.length > 0 ? Integer.parseInt(args[0].replace("_", "")) : MESSAGES;
        if (messages < STEPS || messages % STEPS != 0) {
            throw new IllegalArgumentException(
                    "The number of messages must be a multiple of " + STEPS + ": " + messages);
        }
        Durability durability =
                args.length > 1 ? Durability.valueOf(args[1]) : Durability.PROCESS_CRASH;
        System.exit(new Soak(durability, messages).run() ? 0 : 1);
    }

    private boolean run() throws Exception {
        Path folder = Files.createTempDirectory("holdfast-soak");
        try (AckServerProcess server = new AckServerProcess(AckServer.NUMBERED)) {
            Path store = folder.resolve("backlog");
            show(
                    "Storing %,d messages of %d B without a connection, %s, -Xmx64m:",
                    messages, BacklogExperiment.PAYLOAD_BYTES, durability);
            int bytes = BacklogExperiment.PAYLOAD_BYTES;
            Sample stored = follow(BacklogStorer.class, store, messages, bytes, step);
            show("Stored: %,.0f msg/s, in all", stored.get(Figure.MESSAGES_PER_SECOND));
            show("The JVM is killed; another connects and sends:");
            Sample sent = follow(BacklogDrainer.class, store, server.port(), messages, step);
            Counts counts = server.counts();
            double seconds = (counts.lastPublish() - counts.firstPublish()) / 1e9;
            // It is compacted by close() as well, which does not count.
            double fileMib = sent.get(Figure.FILE_AFTER_MIB);
            show(
                    "Sent: %,.0f msg/s, in all; first PUBLISH %,.0f ms after the start of main",
                    messages / seconds,
                    (counts.firstPublish() - sent.get(Figure.BEGUN_AT_NANOS)) / 1e6);
            // The drainer publishes one message more.
            long lost = messages + 1 - counts.published();
            require(lost == 0, "%,d messages are missing, or there are too many if less", lost);
            long disorder = counts.outOfOrder();
            require(disorder == 0, "%,d messages did not follow the one before them", disorder);
            require(fileMib <= BacklogDrainer.SMALL_MIB, "The file still has %.1f MiB", fileMib);
            show(
                    "RESULT lost=%d out-of-order=%d file=%.1f MiB%s",
                    lost, disorder, fileMib, failures.isEmpty() ? "" : ", FAILED");
        } finally {
            delete(folder);
        }
        failures.forEach(f -> System.out.println("FAILED " + f));
        return failures.isEmpty();
    }

    /** Shows each step of a process; returns what it says in the end. */
    private Sample follow(Class<?> main, Path store, Object... numbers)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(durability.name(), store.toString()));
        Stream.of(numbers).map(String::valueOf).forEach(arguments::add);
        show(
                "%14s %11s %10s %18s %10s %9s",
                "messages", "msg/s", "heap MiB", "highest heap MiB", "file MiB", "seconds");
        long begin = System.nanoTime();
        try (Conversation process =
                new Conversation(main, BacklogExperiment.SMALL_JVM, List.copyOf(arguments))) {
            double first = 0;
            for (int i = 1; i <= STEPS; i++) {
                Sample sample = process.next(LONGEST);
                double heap = sample.get(Figure.HEAP_MIB);
                show(
                        "%,14.0f %,11.0f %10.1f %18.1f %10.1f %9.1f",
                        sample.get(Figure.TOTAL_MESSAGES),
                        sample.get(Figure.MESSAGES_PER_SECOND),
                        heap,
                        sample.get(Figure.HIGHEST_HEAP_MIB),
                        sample.get(Figure.FILE_MIB),
                        (System.nanoTime() - begin) / 1e9);
                first = i == 1 ? heap : first;
                require(
                        heap <= first + MOST_GROWTH_MIB,
                        "%s: the heap grew from %.1f MiB to %.1f MiB in step %d of %d",
                        main.getSimpleName(),
                        first,
                        heap,
                        i,
                        STEPS);
            }
            Sample last = process.next(LONGEST);
            process.end();
            return last;
        }
    }

    private void require(boolean met, String failure, Object... details) {
        if (!met) {
            failures.add(String.format(Locale.ROOT, failure, details));
        }
    }

    private static void show(String line, Object... details) {
        System.out.println(String.format(Locale.ROOT, line, details));
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
