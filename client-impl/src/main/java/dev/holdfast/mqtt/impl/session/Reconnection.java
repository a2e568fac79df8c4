package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.spi.ClientSettings;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * When to try again. Counts attempts since the last connection that lasted: one that is up for a
 * moment only, because the server kicks the client out, does not start the delays anew.
 */
final class Reconnection {
    private static final long LONGEST_DELAY = Duration.ofDays(1).toMillis();

    private final ReconnectPolicy policy;
    private final RandomGenerator random;
    private final long lasting;
    private int attempts;
    private long since;

    /** Network connections asked for, as {@link #attempts} are counted. */
    private int opened;

    /** Whether there was a connection since connect(). */
    private boolean connected;

    Reconnection(ClientSettings settings, RandomGenerator random) {
        this.policy = settings.reconnect();
        this.lasting = settings.lastingAfter().toMillis();
        this.random = random;
    }

    /** A call of connect(). */
    void start(long now) {
        connected = false;
        countAnew(now);
    }

    private void countAnew(long now) {
        attempts = 0;
        opened = 0;
        since = now;
    }

    /** The number of the attempt that begins. */
    int open() {
        return ++opened;
    }

    void connected() {
        connected = true;
    }

    /** A connection was lost. Tells whether it had lasted, so that counting starts anew. */
    boolean hasLasted(long connectedAt, long now) {
        boolean lasted = now - connectedAt >= lasting;
        if (lasted) {
            countAnew(now);
        }
        return lasted;
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
                                attempts, Duration.ofMillis(now - since), cause, connected));
        return longest.map(this::withJitter);
    }

    private Duration withJitter(Duration longest) {
        long millis = Math.min(Time.millis(longest), LONGEST_DELAY);
        return Duration.ofMillis(millis - (long) (random.nextDouble() * (millis / 2.0)));
    }
}
