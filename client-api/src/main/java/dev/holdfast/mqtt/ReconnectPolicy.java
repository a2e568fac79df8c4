package dev.holdfast.mqtt;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * Decides whether and when to try again after a connection was lost or could not be made. A pure
 * function: the client adds the jitter, by waiting between half and all of the delay.
 */
@FunctionalInterface
public interface ReconnectPolicy {
    /**
     * The delay before the next attempt.
     *
     * @param attempt what happened so far
     * @return how long to wait at most; empty to give up
     */
    Optional<Duration> delay(Attempt attempt);

    /**
     * What is known when the decision is due.
     *
     * @param number 1 for the first attempt after a connection that lasted, or after {@code
     *     connect()}; see {@link MqttClientBuilder#lastingAfter}. Trying each of several servers,
     *     and going where one sends the client, is one attempt
     * @param sinceLoss the time since that connection ended, or since {@code connect()}
     * @param cause why the last connection ended or could not be made; of several servers one that
     *     may yet be had, if there is any: {@link MqttException#permanent()} means that none can
     * @param connectedBefore whether there was a connection since {@code connect()} was called
     */
    record Attempt(int number, Duration sinceLoss, MqttException cause, boolean connectedBefore) {}

    /**
     * This policy, but giving up when the first attempt after {@code connect()} fails: for an
     * application that wants to know at its start. A connection that was made once is kept as this
     * policy says.
     *
     * @return the stricter policy
     */
    default ReconnectPolicy failFast() {
        return attempt -> attempt.connectedBefore() ? delay(attempt) : Optional.empty();
    }

    /**
     * Never tries again.
     *
     * @return a policy under which the first failure is final
     */
    static ReconnectPolicy never() {
        return attempt -> Optional.empty();
    }

    /**
     * Doubles the delay from attempt to attempt. Gives up when trying again cannot help, as {@link
     * MqttException#permanent()} tells: wrong password, session taken over, untrusted certificate
     * and the like.
     *
     * @param first the first delay, more than zero
     * @param maximum the longest delay, at least {@code first}
     * @return the policy
     */
    static ReconnectPolicy exponential(Duration first, Duration maximum) {
        Objects.requireNonNull(maximum);
        if (first.isNegative() || first.isZero() || maximum.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "exponential("
                            + first
                            + ", "
                            + maximum
                            + "): the first delay must be more than zero and not above the maximum");
        }
        return attempt -> {
            if (attempt.cause().permanent()) {
                return Optional.empty();
            }
            int doublings = Math.min(attempt.number() - 1, 30);
            boolean capped = first.compareTo(maximum.dividedBy(1L << doublings)) >= 0;
            return Optional.of(capped ? maximum : first.multipliedBy(1L << doublings));
        };
    }
}
