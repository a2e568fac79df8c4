package dev.holdfast.mqtt;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How to say good-bye (MQTT 5, section 3.14). Filled in by the argument of {@link
 * MqttClient#disconnect}.
 */
public final class DisconnectOptions {
    private boolean withWill;
    private @Nullable Duration sessionExpiry;
    private Duration afterPending = Duration.ZERO;
    private @Nullable String reasonString;
    private final List<UserProperty> userProperties = new ArrayList<>();

    /** Starts with the defaults: no will, the session keeps its expiry, nothing is waited for. */
    public DisconnectOptions() {}

    /**
     * Lets the server publish the Will Message (reason code 0x04).
     *
     * @return this
     */
    public DisconnectOptions withWill() {
        withWill = true;
        return this;
    }

    /**
     * Overrides the Session Expiry Interval: zero ends the session now.
     *
     * @param expiry 0 to 4,294,967,295 s; the last stands for ever. Not above zero if CONNECT said
     *     zero
     * @return this
     */
    public DisconnectOptions sessionExpiry(Duration expiry) {
        sessionExpiry =
                Duration.ofSeconds(Durations.toWholeSeconds("Session Expiry Interval", expiry));
        return this;
    }

    /**
     * Waits until all that was published is acknowledged, before saying good-bye.
     *
     * @param timeout how long at most; DISCONNECT is sent then in any case, and what is left stays
     *     in the store
     * @return this
     */
    public DisconnectOptions afterPending(Duration timeout) {
        if (timeout.isNegative()) {
            throw new IllegalArgumentException("afterPending(" + timeout + ") is negative");
        }
        afterPending = timeout;
        return this;
    }

    /**
     * Adds words for people; left out if the server's Maximum Packet Size has no room for them.
     *
     * @param reason a UTF-8 string of at most 65,535 bytes
     * @return this
     */
    public DisconnectOptions reasonString(String reason) {
        reasonString = Strings.requireEncodable("Reason String", reason);
        return this;
    }

    /**
     * Adds a User Property; left out if the server's Maximum Packet Size has no room for it.
     *
     * @param name its name
     * @param value its value
     * @return this
     */
    public DisconnectOptions userProperty(String name, String value) {
        userProperties.add(new UserProperty(name, value));
        return this;
    }

    /**
     * Whether the will shall be published.
     *
     * @return false until {@link #withWill}
     */
    public boolean isWithWill() {
        return withWill;
    }

    /**
     * The override.
     *
     * @return empty if the session keeps its expiry
     */
    public Optional<Duration> sessionExpiry() {
        return Optional.ofNullable(sessionExpiry);
    }

    /**
     * The time to wait for acknowledgements.
     *
     * @return zero until set
     */
    public Duration afterPending() {
        return afterPending;
    }

    /**
     * The words for people.
     *
     * @return empty until set
     */
    public Optional<String> reasonString() {
        return Optional.ofNullable(reasonString);
    }

    /**
     * The User Properties in their order.
     *
     * @return a copy
     */
    public List<UserProperty> userProperties() {
        return List.copyOf(userProperties);
    }
}
