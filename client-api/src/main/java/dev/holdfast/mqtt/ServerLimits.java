package dev.holdfast.mqtt;

import java.time.Duration;

/**
 * What the server allows on this connection (MQTT 5, section 3.2.2.3), with the standard's defaults
 * where it said nothing. The client enforces all of it before sending.
 *
 * @param sessionExpiry how long the session outlives the connection; 4,294,967,295 s stands for
 *     ever
 * @param keepAlive the Keep Alive in use; zero is off
 * @param receiveMaximum how many QoS 1 and 2 messages may be unacknowledged, 1 to 65,535
 * @param maximumPacketSize in bytes, fixed header included
 * @param maximumQos the highest QoS for publishing
 * @param topicAliasMaximum the highest Topic Alias, 0 to 65,535; 0 is none
 * @param retainAvailable whether retained messages may be published
 * @param wildcardSubscriptions whether Topic Filters may have wildcards
 * @param subscriptionIdentifiers whether SUBSCRIBE may carry a Subscription Identifier
 * @param sharedSubscriptions whether {@code $share/…} may be subscribed
 */
public record ServerLimits(
        Duration sessionExpiry,
        Duration keepAlive,
        int receiveMaximum,
        long maximumPacketSize,
        QoS maximumQos,
        int topicAliasMaximum,
        boolean retainAvailable,
        boolean wildcardSubscriptions,
        boolean subscriptionIdentifiers,
        boolean sharedSubscriptions) {}
