package dev.holdfast.mqtt.benchmarks;

import java.nio.file.Path;

/** Something that is done once in each round and gives samples. */
interface Experiment {
    /** For the one who waits. */
    String title();

    /** On a machine like the one this was written on; nothing is measured by it. */
    double expectedSeconds();

    /**
     * Measures.
     *
     * @param folder for files; empty, and deleted afterwards
     * @param samples takes what was measured
     */
    void run(Path folder, Samples samples) throws Exception;

    /** Takes what was measured. */
    interface Samples {
        void add(Table table, String contender, Sample sample);

        /** For the one who waits: what comes next, of an experiment with many parts. */
        default void next(String what) {}
    }
}
