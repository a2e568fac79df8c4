package dev.holdfast.mqtt.impl.codec;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingresp;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnAckVariableHeader;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.BinaryProperty;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubAckPayload;
import io.netty.handler.codec.mqtt.MqttUnsubAckMessage;
import io.netty.handler.codec.mqtt.MqttUnsubAckPayload;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Packets of a server as messages of Netty's MQTT codec. */
final class NettyMessages {
    private NettyMessages() {}

    static MqttMessage fromServer(Packet packet) {
        if (packet instanceof Connack p) {
            return connack(p);
        } else if (packet instanceof Publish p) {
            return publish(p);
        } else if (packet instanceof Puback p) {
            return ack(
                    MqttMessageType.PUBACK,
                    p.packetIdentifier(),
                    p.reason(),
                    problem(p.reasonString(), p.userProperties()));
        } else if (packet instanceof Pubrec p) {
            return ack(
                    MqttMessageType.PUBREC,
                    p.packetIdentifier(),
                    p.reason(),
                    problem(p.reasonString(), p.userProperties()));
        } else if (packet instanceof Pubrel p) {
            return ack(
                    MqttMessageType.PUBREL,
                    p.packetIdentifier(),
                    p.reason(),
                    problem(p.reasonString(), p.userProperties()));
        } else if (packet instanceof Pubcomp p) {
            return ack(
                    MqttMessageType.PUBCOMP,
                    p.packetIdentifier(),
                    p.reason(),
                    problem(p.reasonString(), p.userProperties()));
        } else if (packet instanceof Suback p) {
            return new MqttSubAckMessage(
                    header(MqttMessageType.SUBACK),
                    new MqttMessageIdAndPropertiesVariableHeader(
                            p.packetIdentifier(), problem(p.reasonString(), p.userProperties())),
                    new MqttSubAckPayload(p.reasons().stream().map(ReasonCode::value).toList()));
        } else if (packet instanceof Unsuback p) {
            return new MqttUnsubAckMessage(
                    header(MqttMessageType.UNSUBACK),
                    new MqttMessageIdAndPropertiesVariableHeader(
                            p.packetIdentifier(), problem(p.reasonString(), p.userProperties())),
                    new MqttUnsubAckPayload(
                            p.reasons().stream().map(reason -> (short) reason.value()).toList()));
        } else if (packet instanceof Pingresp) {
            return MqttMessage.PINGRESP;
        } else if (packet instanceof Disconnect p) {
            MqttProperties properties = problem(p.reasonString(), p.userProperties());
            add(properties, 0x1C, p.serverReference());
            return new MqttMessage(
                    header(MqttMessageType.DISCONNECT),
                    new MqttReasonCodeAndPropertiesVariableHeader(value(p.reason()), properties));
        } else if (packet instanceof Auth p) {
            MqttProperties properties = problem(p.reasonString(), p.userProperties());
            add(properties, 0x15, p.authenticationMethod());
            add(properties, 0x16, p.authenticationData());
            return new MqttMessage(
                    header(MqttMessageType.AUTH),
                    new MqttReasonCodeAndPropertiesVariableHeader(value(p.reason()), properties));
        }
        throw new AssertionError("A server does not send " + packet);
    }

    private static MqttMessage connack(Connack p) {
        MqttProperties properties = problem(p.reasonString(), p.userProperties());
        if (p.sessionExpiryInterval() != Connack.ABSENT) {
            add(properties, 0x11, p.sessionExpiryInterval());
        }
        add(properties, 0x21, p.receiveMaximum());
        if (p.maximumQos() != QoS.EXACTLY_ONCE) {
            add(properties, 0x24, p.maximumQos().ordinal());
        }
        add(properties, 0x25, p.retainAvailable() ? 1 : 0);
        if (p.maximumPacketSize() != Connack.NO_PACKET_LIMIT) {
            add(properties, 0x27, p.maximumPacketSize());
        }
        add(properties, 0x12, p.assignedClientIdentifier());
        add(properties, 0x22, p.topicAliasMaximum());
        add(properties, 0x28, p.wildcardSubscriptionAvailable() ? 1 : 0);
        add(properties, 0x29, p.subscriptionIdentifierAvailable() ? 1 : 0);
        add(properties, 0x2A, p.sharedSubscriptionAvailable() ? 1 : 0);
        if (p.serverKeepAlive() != Connack.ABSENT) {
            add(properties, 0x13, p.serverKeepAlive());
        }
        add(properties, 0x1A, p.responseInformation());
        add(properties, 0x1C, p.serverReference());
        add(properties, 0x15, p.authenticationMethod());
        add(properties, 0x16, p.authenticationData());
        return new MqttConnAckMessage(
                header(MqttMessageType.CONNACK),
                new MqttConnAckVariableHeader(
                        MqttConnectReturnCode.valueOf(value(p.reason())),
                        p.sessionPresent(),
                        properties));
    }

    private static MqttMessage publish(Publish p) {
        Message m = p.message();
        MqttProperties properties = problem(null, m.userProperties());
        add(properties, 0x01, m.utf8Payload() ? 1 : 0);
        m.expiry().ifPresent(expiry -> add(properties, 0x02, expiry.toSeconds()));
        add(properties, 0x03, m.contentType().orElse(null));
        add(properties, 0x08, m.responseTopic().orElse(null));
        add(properties, 0x09, m.correlationData().orElse(null));
        p.subscriptionIdentifiers().forEach(id -> add(properties, 0x0B, id));
        return new MqttPublishMessage(
                new MqttFixedHeader(
                        MqttMessageType.PUBLISH,
                        p.dup(),
                        MqttQoS.valueOf(m.qos().ordinal()),
                        m.retain(),
                        0),
                new MqttPublishVariableHeader(m.topic(), p.packetIdentifier(), properties),
                Unpooled.wrappedBuffer(m.payloadBytes()));
    }

    private static MqttMessage ack(
            MqttMessageType type, int identifier, ReasonCode reason, MqttProperties properties) {
        return new MqttMessage(
                header(type),
                new MqttPubReplyMessageVariableHeader(identifier, value(reason), properties));
    }

    private static MqttFixedHeader header(MqttMessageType type) {
        MqttQoS bits =
                type == MqttMessageType.PUBREL ? MqttQoS.AT_LEAST_ONCE : MqttQoS.AT_MOST_ONCE;
        return new MqttFixedHeader(type, false, bits, false, 0);
    }

    private static byte value(ReasonCode reason) {
        return (byte) reason.value();
    }

    private static MqttProperties problem(
            @Nullable String reasonString, List<UserProperty> userProperties) {
        MqttProperties properties = new MqttProperties();
        add(properties, 0x1F, reasonString);
        for (UserProperty p : userProperties) {
            properties.add(new MqttProperties.UserProperty(p.name(), p.value()));
        }
        return properties;
    }

    private static void add(MqttProperties properties, int identifier, @Nullable Object value) {
        if (value instanceof Number number) {
            properties.add(new IntegerProperty(identifier, number.intValue()));
        } else if (value instanceof String string) {
            properties.add(new StringProperty(identifier, string));
        } else if (value instanceof ByteBuffer binary) {
            byte[] bytes = new byte[binary.remaining()];
            binary.duplicate().get(bytes);
            properties.add(new BinaryProperty(identifier, bytes));
        }
    }
}
