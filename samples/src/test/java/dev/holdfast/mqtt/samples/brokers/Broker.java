package dev.holdfast.mqtt.samples.brokers;

import java.net.URI;

/** A running broker. */
public interface Broker extends AutoCloseable {
    /** Where it listens, before and after a restart. */
    URI uri();

    /** Ends it in order, and starts it again with what it has kept. */
    void restart();

    @Override
    void close();
}
