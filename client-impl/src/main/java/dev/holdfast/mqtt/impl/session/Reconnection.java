package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReconnectPolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * When to try again. Counts attempts since the last connection that lasted: one that is up for a
 * moment only, because the server kicks the client out, does not start the delays anew.
 */
final class Reconnection {
    /** How long a connection must have lasted for the delays to start anew, in milliseconds. */
    static final long LASTING = 10_000;

    private static final long LONGEST_DELAY = Duration.ofDays(1).toMillis();

    private final ReconnectPolicy policy;
    private final RandomGenerator random;
    private int attempts;
    private long since;

    Reconnection(ReconnectPolicy policy, RandomGenerator random) {
        this.policy = policy;
        this.random = random;
    }

    /** A call of connect(), or the loss of a lasting connection: counting starts anew. */
    void startAnew(long now) {
        attempts = 0;
        since = now;
    }

    /**
     * Asks the policy, and adds the jitter that keeps many clients from coming back at the same
     * moment.
     *
     * @return milliseconds to wait; empty to give up
     */
    Optional<Duration> delay(MqttException cause, long now) {
        attempts++;
        Optional<Duration> longest =
                policy.delay(
                        new ReconnectPolicy.Attempt(
                                attempts, Duration.ofMillis(now - since), cause));
        return longest.map(this::withJitter);
    }

    private Duration withJitter(Duration longest) {
        long millis = Math.min(Time.millis(longest), LONGEST_DELAY);
        return Duration.ofMillis(millis - (long) (random.nextDouble() * (millis / 2.0)));
    }
}
