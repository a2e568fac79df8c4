package dev.holdfast.mqtt;

import java.time.Duration;
import java.util.Objects;

/**
 * What becomes of a message whose handler threw, or whose stage failed. It may be handed over again
 * some times; in the end it is refused or dropped, and {@link ClientListener#handlerFailed} is
 * told.
 *
 * <p>While a message waits to be handed over again, the messages behind it wait too: those of the
 * same handler, or of the same key where {@link MessageHandler#parallelBy} says so. Their order is
 * kept. A handler with retries therefore gets its next message only when the stage of the one
 * before has completed. Messages at QoS 2 wait in the store, and are tried anew after a restart;
 * those at QoS 1 come again from the server.
 *
 * @param retries how many times the message is handed over again, 0 to 1,000
 * @param firstDelay the time before the first of them, zero to one day; each later one takes twice
 *     as long as the one before, but no longer than a minute or this
 * @param outcome the reason with which the message is refused in the end, as in {@link
 *     Delivery#reject}; or {@link ReasonCode#SUCCESS} to drop it: it is acknowledged as if it had
 *     been handled
 */
public record HandlerFailure(int retries, Duration firstDelay, ReasonCode outcome) {
    private static final int MOST_RETRIES = 1_000;
    private static final Duration LONGEST_FIRST_DELAY = Duration.ofDays(1);
    private static final long LONGEST_GROWN_MILLIS = 60_000;

    /**
     * Checks the ranges.
     *
     * @throws IllegalArgumentException if one is left, or PUBACK must not carry the outcome
     */
    public HandlerFailure {
        if (retries < 0 || retries > MOST_RETRIES) {
            throw new IllegalArgumentException(
                    "A message may be tried again 0 to " + MOST_RETRIES + " times, not " + retries);
        }
        if (firstDelay.isNegative() || firstDelay.compareTo(LONGEST_FIRST_DELAY) > 0) {
            throw new IllegalArgumentException(
                    "The delay before the first retry must be zero to one day, not " + firstDelay);
        }
        requireOutcome(outcome);
    }

    private static void requireOutcome(ReasonCode outcome) {
        switch (outcome) {
            case SUCCESS,
                    UNSPECIFIED_ERROR,
                    IMPLEMENTATION_SPECIFIC_ERROR,
                    NOT_AUTHORIZED,
                    TOPIC_NAME_INVALID,
                    QUOTA_EXCEEDED,
                    PAYLOAD_FORMAT_INVALID -> {}
            default ->
                    throw new IllegalArgumentException(
                            "PUBACK must not carry "
                                    + outcome
                                    + "; see Delivery.reject for those it may");
        }
    }

    /**
     * Refuses the message at once. With {@link ReasonCode#IMPLEMENTATION_SPECIFIC_ERROR} this is
     * what holds until something else is set.
     *
     * @param reason as in {@link Delivery#reject}
     * @return the policy
     * @throws IllegalArgumentException if PUBACK must not carry the reason
     */
    public static HandlerFailure reject(ReasonCode reason) {
        if (reason == ReasonCode.SUCCESS) {
            throw new IllegalArgumentException(
                    "SUCCESS refuses nothing; drop() acknowledges the message");
        }
        return new HandlerFailure(0, Duration.ZERO, reason);
    }

    /**
     * Acknowledges the message as if it had been handled, so that the server keeps no trace of it.
     *
     * @return the policy
     */
    public static HandlerFailure drop() {
        return new HandlerFailure(0, Duration.ZERO, ReasonCode.SUCCESS);
    }

    /**
     * Hands the message over again; after the last attempt it is refused, unless {@link
     * #thenReject} or {@link #thenDrop} says otherwise.
     *
     * @param first the time before the first retry, zero to one day; it doubles from retry to
     *     retry, up to a minute
     * @param attempts how many retries, 1 to 1,000
     * @return the policy
     */
    public static HandlerFailure retry(Duration first, int attempts) {
        if (attempts < 1) {
            throw new IllegalArgumentException(
                    "retry(…) takes at least 1 attempt; for none there are reject(…) and drop()");
        }
        return new HandlerFailure(attempts, first, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR);
    }

    /**
     * The same with another reason in the end.
     *
     * @param reason as in {@link Delivery#reject}
     * @return a new policy
     */
    public HandlerFailure thenReject(ReasonCode reason) {
        return new HandlerFailure(retries, firstDelay, reject(reason).outcome());
    }

    /**
     * The same, but the message is dropped in the end.
     *
     * @return a new policy
     */
    public HandlerFailure thenDrop() {
        return new HandlerFailure(retries, firstDelay, ReasonCode.SUCCESS);
    }

    /**
     * How long to wait before a retry.
     *
     * @param retry 1 for the first
     * @return the delay
     */
    public Duration delay(int retry) {
        Objects.checkIndex(retry - 1, retries);
        long first = firstDelay.toMillis();
        long longest = Math.max(first, LONGEST_GROWN_MILLIS);
        int doublings = Math.min(retry - 1, 30);
        return Duration.ofMillis(Math.min(longest, first << doublings));
    }
}
