package dev.holdfast.mqtt.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Prints a {@link Sample} each time that so many messages more are done with. */
final class BacklogSteps {
    private static final double MIB = 1 << 20;

    private final long size;
    private final Path file;
    private final HeapAfterCollections heap = new HeapAfterCollections();
    private long done;
    private long counted;
    private long begin = System.nanoTime();

    BacklogSteps(long size, Path store) {
        this.size = size;
        this.file = Path.of(store + ".mv.db");
    }

    boolean isDue(long messages) {
        return messages >= done + size;
    }

    /** Returns how many nanoseconds the look itself took. */
    long look(long messages) {
        if (!isDue(messages)) {
            return 0;
        }
        long pause = System.nanoTime();
        double highest = heap.highestMib();
        double live = HeapAfterCollections.liveMib();
        double rate = (messages - counted) / (double) (pause - begin) * 1e9;
        while (isDue(messages)) {
            done += size;
            System.out.println(
                    new Sample()
                            .with(Figure.TOTAL_MESSAGES, done)
                            .with(Figure.MESSAGES_PER_SECOND, rate)
                            .with(Figure.HEAP_MIB, live)
                            .with(Figure.HIGHEST_HEAP_MIB, highest)
                            .with(Figure.FILE_MIB, fileMib()));
        }
        counted = messages;
        begin = System.nanoTime();
        return begin - pause;
    }

    private double fileMib() {
        try {
            return Files.size(file) / MIB;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
