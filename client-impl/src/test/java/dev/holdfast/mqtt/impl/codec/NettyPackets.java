package dev.holdfast.mqtt.impl.codec;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.Subscription.RetainHandling;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.Will;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectPayload;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.MqttProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringPair;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubscribePayload;
import io.netty.handler.codec.mqtt.MqttUnsubscribePayload;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What Netty's MQTT codec read from a client, as our packets. */
final class NettyPackets {
    private final MqttFixedHeader fixedHeader;
    private final Object variableHeader;
    private final Object payload;

    private NettyPackets(MqttMessage message) {
        fixedHeader = message.fixedHeader();
        variableHeader = message.variableHeader();
        payload = message.payload();
    }

    static Packet fromClient(MqttMessage message) {
        if (message.decoderResult().isFailure()) {
            throw new AssertionError("Netty refuses this", message.decoderResult().cause());
        }
        return new NettyPackets(message).packet(message);
    }

    private Packet packet(MqttMessage message) {
        return switch (fixedHeader.messageType()) {
            case CONNECT -> connect((MqttConnectMessage) message);
            case PUBLISH -> publish((MqttPublishMessage) message);
            case PUBACK -> {
                var h = (MqttPubReplyMessageVariableHeader) variableHeader;
                Properties p = new Properties(h.properties());
                yield new Puback(h.messageId(), code(h.reasonCode()), p.string(0x1F), p.user());
            }
            case PUBREC -> {
                var h = (MqttPubReplyMessageVariableHeader) variableHeader;
                Properties p = new Properties(h.properties());
                yield new Pubrec(h.messageId(), code(h.reasonCode()), p.string(0x1F), p.user());
            }
            case PUBREL -> {
                var h = (MqttPubReplyMessageVariableHeader) variableHeader;
                Properties p = new Properties(h.properties());
                yield new Pubrel(h.messageId(), code(h.reasonCode()), p.string(0x1F), p.user());
            }
            case PUBCOMP -> {
                var h = (MqttPubReplyMessageVariableHeader) variableHeader;
                Properties p = new Properties(h.properties());
                yield new Pubcomp(h.messageId(), code(h.reasonCode()), p.string(0x1F), p.user());
            }
            case SUBSCRIBE -> subscribe();
            case UNSUBSCRIBE -> {
                var h = (MqttMessageIdAndPropertiesVariableHeader) variableHeader;
                Properties p = new Properties(h.properties());
                yield new Unsubscribe(
                        h.messageId(), ((MqttUnsubscribePayload) payload).topics(), p.user());
            }
            case PINGREQ -> Pingreq.INSTANCE;
            case DISCONNECT -> {
                var h = (MqttReasonCodeAndPropertiesVariableHeader) variableHeader;
                Properties p = new Properties(h.properties());
                yield new Disconnect(
                        code(h.reasonCode()), p.integer(0x11, -1), p.string(0x1F), p.user(), null);
            }
            case AUTH -> {
                var h = (MqttReasonCodeAndPropertiesVariableHeader) variableHeader;
                Properties p = new Properties(h.properties());
                yield new Auth(
                        code(h.reasonCode()),
                        p.string(0x15),
                        p.binary(0x16),
                        p.string(0x1F),
                        p.user());
            }
            default -> throw new AssertionError("A client does not send " + message);
        };
    }

    private static Connect connect(MqttConnectMessage message) {
        MqttConnectVariableHeader h = message.variableHeader();
        MqttConnectPayload payload = message.payload();
        Properties p = new Properties(h.properties());
        Will will = null;
        if (h.isWillFlag()) {
            Properties w = new Properties(payload.willProperties());
            Message.Builder b =
                    w.message(payload.willTopic(), h.willQos(), h.isWillRetain())
                            .payload(payload.willMessageInBytes());
            will = new Will(b.build(), Duration.ofSeconds(w.integer(0x18, 0)));
        }
        Credentials credentials = null;
        if (h.hasUserName()) {
            credentials =
                    h.hasPassword()
                            ? Credentials.of(payload.userName(), payload.passwordInBytes())
                            : Credentials.userName(payload.userName());
        } else if (h.hasPassword()) {
            credentials = Credentials.password(payload.passwordInBytes());
        }
        return new Connect(
                payload.clientIdentifier(),
                h.isCleanSession(),
                h.keepAliveTimeSeconds(),
                p.integer(0x11, 0),
                (int) p.integer(0x21, 65_535),
                p.integer(0x27, Connack.NO_PACKET_LIMIT),
                (int) p.integer(0x22, 0),
                p.integer(0x19, 0) == 1,
                p.integer(0x17, 1) == 1,
                p.string(0x15),
                p.binary(0x16),
                credentials,
                will,
                p.user());
    }

    private Publish publish(MqttPublishMessage message) {
        int qos = fixedHeader.qosLevel().value();
        Properties p = new Properties(message.variableHeader().properties());
        Message.Builder b =
                p.message(message.variableHeader().topicName(), qos, fixedHeader.isRetain())
                        .payload(message.payload().nioBuffer());
        int identifier = qos == 0 ? 0 : message.variableHeader().packetId();
        return new Publish(b.build(), identifier, fixedHeader.isDup());
    }

    private Subscribe subscribe() {
        var h = (MqttMessageIdAndPropertiesVariableHeader) variableHeader;
        Properties p = new Properties(h.properties());
        List<Subscription> subscriptions = new ArrayList<>();
        for (var s : ((MqttSubscribePayload) payload).topicSubscriptions()) {
            subscriptions.add(
                    new Subscription(
                            s.topicFilter(),
                            QoS.values()[s.option().qos().value()],
                            s.option().isNoLocal(),
                            s.option().isRetainAsPublished(),
                            RetainHandling.values()[s.option().retainHandling().value()]));
        }
        return new Subscribe(h.messageId(), subscriptions, (int) p.integer(0x0B, 0), p.user());
    }

    private static ReasonCode code(byte value) {
        return ReasonCode.of(value & 0xFF);
    }

    private record Properties(MqttProperties properties) {
        long integer(int identifier, long ifAbsent) {
            MqttProperty<?> p = properties.getProperty(identifier);
            return p == null ? ifAbsent : (Integer) p.value() & 0xFFFF_FFFFL;
        }

        @Nullable String string(int identifier) {
            MqttProperty<?> p = properties.getProperty(identifier);
            return p == null ? null : (String) p.value();
        }

        @Nullable ByteBuffer binary(int identifier) {
            MqttProperty<?> p = properties.getProperty(identifier);
            return p == null ? null : ByteBuffer.wrap((byte[]) p.value());
        }

        List<UserProperty> user() {
            List<UserProperty> user = new ArrayList<>();
            for (MqttProperty<?> p : properties.getProperties(0x26)) {
                StringPair pair = (StringPair) p.value();
                user.add(new UserProperty(pair.key, pair.value));
            }
            return user;
        }

        Message.Builder message(String topic, int qos, boolean retain) {
            Message.Builder b =
                    Message.to(topic)
                            .qos(QoS.values()[qos])
                            .retain(retain)
                            .utf8Payload(integer(0x01, 0) == 1);
            if (properties.getProperty(0x02) != null) {
                b.expiry(Duration.ofSeconds(integer(0x02, 0)));
            }
            if (string(0x03) != null) {
                b.contentType(string(0x03));
            }
            if (string(0x08) != null) {
                b.responseTopic(string(0x08));
            }
            if (binary(0x09) != null) {
                b.correlationData(binary(0x09).array());
            }
            user().forEach(p -> b.userProperty(p.name(), p.value()));
            return b;
        }
    }
}
