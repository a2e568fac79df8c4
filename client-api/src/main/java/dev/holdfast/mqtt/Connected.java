package dev.holdfast.mqtt;

import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * What the server said in CONNACK (MQTT 5, section 3.2).
 *
 * @param server the address of the server that said it
 * @param sessionPresent Session Present: whether the server resumed a session, with its
 *     subscriptions and messages
 * @param clientIdentifier the Client Identifier in use, the server's own if it assigned one
 * @param limits what the server allows
 * @param reasonString the server's words for people
 * @param responseInformation the basis for response topics, if asked for
 * @param userProperties the server's User Properties in their order
 */
public record Connected(
        URI server,
        boolean sessionPresent,
        String clientIdentifier,
        ServerLimits limits,
        Optional<String> reasonString,
        Optional<String> responseInformation,
        List<UserProperty> userProperties) {
    /** Keeps the list from changing. */
    public Connected {
        userProperties = List.copyOf(userProperties);
    }
}
