package dev.holdfast.mqtt.benchmarks;

import java.io.IOException;

/** A server in a process of its own, until it is closed. */
interface Server extends AutoCloseable {
    int port();

    /** The CPU time it has used. */
    long cpuNanos() throws IOException;

    @Override
    void close() throws IOException;
}
