package dev.holdfast.mqtt.benchmarks;

import java.util.HashSet;
import java.util.Set;

/** What all connections of the server have seen, and the sessions it is said to have. */
final class Tally {
    private final Set<String> sessions = new HashSet<>();
    private long published;
    private long publishedBytes;
    private long sent;
    private long settled;
    private long outOfOrder;
    private long firstPublish;
    private long lastPublish;
    private long connected;
    private long resumed;

    /** Of one connection, since it last told. */
    static final class Part {
        int publishes;
        int published;
        long publishedBytes;
        int sent;
        int settled;
        int outOfOrder;
    }

    /** Takes over what a connection has counted, which begins anew. */
    synchronized void add(Part part) {
        if (part.publishes > 0) {
            lastPublish = System.nanoTime();
            if (firstPublish == 0) {
                firstPublish = lastPublish;
            }
        }
        published += part.published;
        publishedBytes += part.publishedBytes;
        sent += part.sent;
        settled += part.settled;
        outOfOrder += part.outOfOrder;
        part.publishes = 0;
        part.published = 0;
        part.publishedBytes = 0;
        part.sent = 0;
        part.settled = 0;
        part.outOfOrder = 0;
    }

    /** Whether there is a session for this client, which there is from now on. */
    synchronized boolean connect(String clientIdentifier, boolean cleanStart) {
        boolean present = !sessions.add(clientIdentifier) && !cleanStart;
        connected++;
        resumed += present ? 1 : 0;
        return present;
    }

    synchronized Counts counts(long cpuNanos) {
        return new Counts(
                cpuNanos,
                published,
                publishedBytes,
                sent,
                settled,
                outOfOrder,
                firstPublish,
                lastPublish,
                connected,
                resumed);
    }
}
