package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ServerLimits;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.time.Duration;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** Why a publication fails, in words: the limits of the server, time, and a session that ended. */
final class PublishFailures {
    private final ToLongFunction<Packet> encodedSize;

    PublishFailures(ToLongFunction<Packet> encodedSize) {
        this.encodedSize = encodedSize;
    }

    /** What forbids sending a message on this connection; null if nothing does. */
    MqttException.@Nullable PublishRejected beyondLimits(Message m, ServerLimits limits) {
        if (m.qos().compareTo(limits.maximumQos()) > 0) {
            return new MqttException.PublishRejected(
                    "The server takes messages up to "
                            + limits.maximumQos()
                            + ": publish to '"
                            + m.topic()
                            + "' with a lower QoS than "
                            + m.qos(),
                    ReasonCode.QOS_NOT_SUPPORTED);
        }
        if (m.retain() && !limits.retainAvailable()) {
            return new MqttException.PublishRejected(
                    "The server keeps no retained messages: publish to '"
                            + m.topic()
                            + "' without retain",
                    ReasonCode.RETAIN_NOT_SUPPORTED);
        }
        // A character takes three bytes at most, so that small messages need no exact count.
        long atMost = 3 * OutgoingMessage.sizeOf(m) + 5L * m.userProperties().size();
        if (atMost <= limits.maximumPacketSize()) {
            return null;
        }
        int anyIdentifier = m.qos() == QoS.AT_MOST_ONCE ? 0 : 1;
        long size = encodedSize.applyAsLong(new Publish(m, anyIdentifier, false));
        if (size <= limits.maximumPacketSize()) {
            return null;
        }
        return new MqttException.PublishRejected(
                "The PUBLISH to '"
                        + m.topic()
                        + "' takes "
                        + size
                        + " bytes; the server allows "
                        + limits.maximumPacketSize()
                        + ": split the payload, or raise the server's limit",
                ReasonCode.PACKET_TOO_LARGE);
    }

    static MqttException beyondLimitsInFlight(MqttException.PublishRejected refusal) {
        return new MqttException.PublishRejected(
                refusal.getMessage()
                        + ". This one was sent before the limits changed: the server may have it,"
                        + " and it is sent again if a later connection allows it",
                refusal.reason());
    }

    static MqttException expired(Outgoing o) {
        return new MqttException.MessageExpired(
                "The message to '"
                        + o.message.topic()
                        + "' expired before it could be sent; it was published with an expiry of "
                        + o.message.expiry().map(Duration::toString).orElse("?"));
    }

    static MqttException outcomeUnknown(Outgoing o) {
        return new MqttException.SessionLost(
                "The session ended while the message to '"
                        + o.message.topic()
                        + "' was in flight: whether the server took it cannot be known."
                        + " Publish it again if a duplicate does less harm than a loss");
    }
}
