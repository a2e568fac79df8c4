package dev.holdfast.mqtt;

import java.util.List;
import java.util.Optional;

/**
 * The server's positive answer to a publish (MQTT 5, sections 3.4 and 3.7).
 *
 * @param reason {@link ReasonCode#SUCCESS} or {@link ReasonCode#NO_MATCHING_SUBSCRIBERS}
 * @param reasonString the server's words for people
 * @param userProperties the server's User Properties in their order
 */
public record Acknowledgement(
        ReasonCode reason, Optional<String> reasonString, List<UserProperty> userProperties) {
    /** Keeps the list from changing. */
    public Acknowledgement {
        userProperties = List.copyOf(userProperties);
    }
}
