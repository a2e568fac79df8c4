package dev.holdfast.mqtt;

import java.util.List;
import java.util.Optional;

/**
 * The server's positive answer to a publish (MQTT 5, sections 3.4 and 3.7).
 *
 * @param reason {@link ReasonCode#SUCCESS} or {@link ReasonCode#NO_MATCHING_SUBSCRIBERS}
 * @param reasonString the server's words for people; those of PUBREC if PUBCOMP has none, though
 *     not after a restart between the two
 * @param userProperties the server's User Properties in their order, those of PUBREC first
 */
public record Acknowledgement(
        ReasonCode reason, Optional<String> reasonString, List<UserProperty> userProperties) {
    /** Keeps the list from changing. */
    public Acknowledgement {
        userProperties = List.copyOf(userProperties);
    }
}
