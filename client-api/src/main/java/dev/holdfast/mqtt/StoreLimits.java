package dev.holdfast.mqtt;

import java.util.Objects;

/**
 * The bounds of a client's part of the store.
 *
 * @param outgoingMessages how many messages may be accepted and not yet acknowledged, at least 1
 * @param outgoingBytes how much they may take, in bytes of topic, payload and properties, at least
 *     1
 * @param incomingMessages how many received QoS 2 messages may wait for their handler before the
 *     client lets the server wait, at least 1
 * @param whenFull what happens to a publish that finds no room
 */
public record StoreLimits(
        long outgoingMessages, long outgoingBytes, int incomingMessages, WhenFull whenFull) {
    /** What happens to a publish that finds no room. */
    public enum WhenFull {
        /** It fails with {@link MqttException.StoreFull}; what is queued stays. The default. */
        FAIL,
        /**
         * The oldest messages that were never sent are dropped, and their stages fail with {@link
         * MqttException.StoreFull}, until there is room. The new message waits, within the bounds
         * of {@link #WAIT}, while the oldest are read from the store.
         */
        DROP_OLDEST,
        /**
         * It waits, in memory and in its order, until there is room; {@link Publication#stored()}
         * completes then. A publisher that waits for that stage goes no faster than the server
         * takes its messages. At most 10,000 messages and 16 MiB wait; what comes on top fails with
         * {@link MqttException.StoreFull}.
         */
        WAIT
    }

    private static final StoreLimits DEFAULTS =
            new StoreLimits(1_000_000, 256L << 20, 10_000, WhenFull.FAIL);

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if a bound is below 1
     */
    public StoreLimits {
        if (outgoingMessages < 1 || outgoingBytes < 1 || incomingMessages < 1) {
            throw new IllegalArgumentException("Each of the store's limits must be at least 1");
        }
        Objects.requireNonNull(whenFull);
    }

    /**
     * 1,000,000 messages and 256 MiB outgoing, 10,000 messages incoming, {@link WhenFull#FAIL}.
     *
     * @return the default
     */
    public static StoreLimits defaults() {
        return DEFAULTS;
    }
}
