package dev.holdfast.mqtt.benchmarks;

/** What can be measured. */
enum Figure {
    MESSAGES_PER_SECOND("msg/s", 0),
    /** Of the client's process, all threads. */
    CPU_MICROS("CPU µs/msg", 1),
    /** By all threads of the client's process. */
    ALLOCATED_BYTES("allocated B/msg", 0),
    /** In use after a collection, with the client connected and nothing under way. */
    HEAP_MIB("heap MiB", 1),
    THREADS("threads", 0),
    /** Of the CPU time of client and server together. */
    SERVER_SHARE("server's CPU %", 0),

    P50_MICROS("p50 µs", 1),
    P99_MICROS("p99 µs", 1),
    P999_MICROS("p99.9 µs", 1),

    CONNECTED_MILLIS("connected ms", 0),
    FIRST_PUBLISH_MILLIS("first PUBLISH ms", 0),
    JARS_MIB("jars MiB", 2),

    /** In use after a collection, when a tenth of the work was done. */
    EARLY_HEAP_MIB("heap at 10 % MiB", 1),
    /** After any collection, of a part of the work. */
    HIGHEST_HEAP_MIB("highest heap MiB", 1),
    FILE_MIB("file MiB", 1),
    /** After the work, without a restart. */
    FILE_AFTER_MIB("file afterwards MiB", 1),
    OUT_OF_ORDER("out of order", 0),

    CLIENTS("clients", 0),
    /** Without those for callbacks: four at most, and more only while callbacks block. */
    LASTING_THREADS("lasting threads", 0),
    THREADS_OF_FEW("lasting threads with 100 clients", 0),
    CLIENTS_PER_SECOND("clients/s", 0),
    HEAP_PER_CLIENT_KIB("heap KiB/client", 2),
    SESSIONS_PRESENT("resumed", 0),

    /** Without one copy of the payload; for targets. */
    ALLOCATED_BESIDES_BYTES("allocated besides the payload B/msg", 0),

    // Told by a process to the one that started it; in no table.
    TOTAL_MESSAGES("messages", 0),
    TOTAL_CPU_NANOS("CPU ns", 0),
    BEGUN_AT_NANOS("begun at ns", 0);

    /** As the head of a column. */
    final String title;

    final int decimals;

    /** For most, less is. */
    boolean moreIsBetter() {
        return this == MESSAGES_PER_SECOND || this == CLIENTS_PER_SECOND;
    }

    Figure(String title, int decimals) {
        this.title = title;
        this.decimals = decimals;
    }
}
