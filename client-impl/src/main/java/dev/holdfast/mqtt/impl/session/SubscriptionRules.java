package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ServerLimits;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.packet.Suback;
import org.jspecify.annotations.Nullable;

/** What the server allows in SUBSCRIBE and UNSUBSCRIBE, and what its refusals are called. */
final class SubscriptionRules {
    private SubscriptionRules() {}

    /** Why the server would refuse; null if it need not. */
    static @Nullable MqttException refusal(Subscription s, ServerLimits limits) {
        String filter = s.topicFilter();
        boolean wildcard = filter.indexOf('+') >= 0 || filter.indexOf('#') >= 0;
        if (wildcard && !limits.wildcardSubscriptions()) {
            return new MqttException.SubscribeRejected(
                    "The server allows no wildcards: subscribe without those of '" + filter + "'",
                    ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED);
        }
        if (filter.startsWith("$share/") && !limits.sharedSubscriptions()) {
            return new MqttException.SubscribeRejected(
                    "The server allows no shared subscriptions such as '" + filter + "'",
                    ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED);
        }
        return null;
    }

    static MqttException tooLarge(String name, String filter, long size, ServerLimits limits) {
        return new MqttException.SubscribeRejected(
                "The "
                        + name
                        + " of '"
                        + filter
                        + "' takes "
                        + size
                        + " bytes; the server allows "
                        + limits.maximumPacketSize(),
                ReasonCode.PACKET_TOO_LARGE);
    }

    static MqttException noPacketIdentifier() {
        return new MqttException.SubscribeRejected(
                "All 65,535 Packet Identifiers are in use: wait for acknowledgements",
                ReasonCode.QUOTA_EXCEEDED);
    }

    static MqttException refusedByServer(String filter, ReasonCode reason, Suback p) {
        String mend =
                reason == ReasonCode.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED
                        ? ". Its CONNACK had allowed Subscription Identifiers: do without them by"
                                + " subscriptionIdentifiers(false)"
                        : "";
        return new MqttException.SubscribeRejected(
                "The server refused the subscription to '"
                        + filter
                        + "': "
                        + reason
                        + (p.reasonString() == null ? "" : ", " + p.reasonString())
                        + mend,
                reason,
                p.reasonString(),
                p.userProperties());
    }

    static QoS granted(ReasonCode reason) {
        return switch (reason) {
            case SUCCESS -> QoS.AT_MOST_ONCE;
            case GRANTED_QOS_1 -> QoS.AT_LEAST_ONCE;
            case GRANTED_QOS_2 -> QoS.EXACTLY_ONCE;
            default -> throw ProtocolViolation.protocolError("SUBACK grants " + reason);
        };
    }
}
