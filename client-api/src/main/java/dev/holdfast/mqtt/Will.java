package dev.holdfast.mqtt;

import java.time.Duration;

/**
 * The Will Message, which the server publishes when the client goes without a good-bye (MQTT 5,
 * section 3.1.2.5).
 *
 * @param message what is published; its expiry counts from then
 * @param delay Will Delay Interval: how long the server waits for the client to come back, 0 to
 *     4,294,967,295 s
 */
public record Will(Message message, Duration delay) {
    /**
     * Checks the delay.
     *
     * @throws IllegalArgumentException if MQTT cannot carry it
     */
    public Will {
        if (message.payloadSize() > Strings.MAXIMUM_LENGTH) {
            throw new IllegalArgumentException(
                    "The Will Payload has "
                            + message.payloadSize()
                            + " bytes; MQTT allows "
                            + Strings.MAXIMUM_LENGTH);
        }
        delay = Duration.ofSeconds(Durations.toWholeSeconds("Will Delay Interval", delay));
    }
}
