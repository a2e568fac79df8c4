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
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The server's end of the wire, for tests: writes what servers send and reads what clients send.
 * Reading is strict: an {@link AssertionError} names the statement of the standard that a client
 * broke. It shares no code with the encoder and the decoder under test, so that no misreading of
 * the standard cancels itself out.
 *
 * <p>One instance serves one network connection, whose received Topic Aliases it holds.
 */
public final class ServerCodec {
    private final String[] topicsByAlias;

    /** A connection on which the client may not use Topic Aliases. */
    public ServerCodec() {
        this(0);
    }

    /** A connection whose CONNACK announces this Topic Alias Maximum. */
    public ServerCodec(int topicAliasMaximum) {
        topicsByAlias = new String[topicAliasMaximum + 1];
    }

    /**
     * Reads one packet of a client.
     *
     * @param in its position moves behind the packet, or stays
     * @return null if the packet is not complete
     * @throws AssertionError if a client must not send this
     */
    public @Nullable Packet decode(ByteBuffer in) {
        return ClientPacketReader.read(in, topicsByAlias);
    }

    /** Writes one packet of a server. */
    public static byte[] encode(Packet packet) {
        if (packet instanceof Publish p) {
            return publish(p, p.message().topic(), 0);
        } else if (packet instanceof Connack p) {
            return connack(p);
        } else if (packet instanceof Puback p) {
            return ack(
                    0x40, p.packetIdentifier(), p.reason(), p.reasonString(), p.userProperties());
        } else if (packet instanceof Pubrec p) {
            return ack(
                    0x50, p.packetIdentifier(), p.reason(), p.reasonString(), p.userProperties());
        } else if (packet instanceof Pubrel p) {
            return ack(
                    0x62, p.packetIdentifier(), p.reason(), p.reasonString(), p.userProperties());
        } else if (packet instanceof Pubcomp p) {
            return ack(
                    0x70, p.packetIdentifier(), p.reason(), p.reasonString(), p.userProperties());
        } else if (packet instanceof Suback p) {
            return acks(
                    0x90, p.packetIdentifier(), p.reasons(), p.reasonString(), p.userProperties());
        } else if (packet instanceof Unsuback p) {
            return acks(
                    0xB0, p.packetIdentifier(), p.reasons(), p.reasonString(), p.userProperties());
        } else if (packet instanceof Pingresp) {
            return new Bytes().packet(0xD0);
        } else if (packet instanceof Disconnect p) {
            return disconnect(p);
        } else if (packet instanceof Auth p) {
            return auth(p);
        }
        throw new AssertionError("A server does not send " + packet);
    }

    /** Writes a PUBLISH that gives an alias to its topic. */
    public static byte[] encodeSettingAlias(Publish p, int topicAlias) {
        return publish(p, p.message().topic(), topicAlias);
    }

    /** Writes a PUBLISH that has an alias in place of its topic. */
    public static byte[] encodeUsingAlias(Publish p, int topicAlias) {
        return publish(p, "", topicAlias);
    }

    private static byte[] publish(Publish p, String topic, int topicAlias) {
        Message m = p.message();
        Bytes properties = new Bytes();
        if (m.utf8Payload()) {
            properties.one(0x01).one(1);
        }
        m.expiry().ifPresent(expiry -> properties.one(0x02).four(expiry.toSeconds()));
        m.contentType().ifPresent(type -> properties.one(0x03).string(type));
        m.responseTopic().ifPresent(response -> properties.one(0x08).string(response));
        m.correlationData().ifPresent(data -> properties.one(0x09).binary(data));
        p.subscriptionIdentifiers().forEach(id -> properties.one(0x0B).variable(id));
        if (topicAlias != 0) {
            properties.one(0x23).two(topicAlias);
        }
        Bytes body = new Bytes().string(topic);
        if (m.qos() != QoS.AT_MOST_ONCE) {
            body.two(p.packetIdentifier());
        }
        body.section(properties.user(m.userProperties())).raw(m.payloadBytes());
        int flags = (p.dup() ? 8 : 0) + 2 * m.qos().ordinal() + (m.retain() ? 1 : 0);
        return body.packet(0x30 + flags);
    }

    private static byte[] connack(Connack p) {
        Bytes properties = new Bytes();
        if (p.sessionExpiryInterval() != Connack.ABSENT) {
            properties.one(0x11).four(p.sessionExpiryInterval());
        }
        if (p.receiveMaximum() != 65_535) {
            properties.one(0x21).two(p.receiveMaximum());
        }
        if (p.maximumQos() != QoS.EXACTLY_ONCE) {
            properties.one(0x24).one(p.maximumQos().ordinal());
        }
        properties.falseFlag(0x25, p.retainAvailable());
        if (p.maximumPacketSize() != Connack.NO_PACKET_LIMIT) {
            properties.one(0x27).four(p.maximumPacketSize());
        }
        properties.optional(0x12, p.assignedClientIdentifier());
        if (p.topicAliasMaximum() != 0) {
            properties.one(0x22).two(p.topicAliasMaximum());
        }
        properties.falseFlag(0x28, p.wildcardSubscriptionAvailable());
        properties.falseFlag(0x29, p.subscriptionIdentifierAvailable());
        properties.falseFlag(0x2A, p.sharedSubscriptionAvailable());
        if (p.serverKeepAlive() != Connack.ABSENT) {
            properties.one(0x13).two(p.serverKeepAlive());
        }
        properties.optional(0x1A, p.responseInformation());
        properties.optional(0x1C, p.serverReference());
        properties.optional(0x15, p.authenticationMethod());
        properties.optional(0x16, p.authenticationData());
        properties.problem(p.reasonString(), p.userProperties());
        return new Bytes()
                .one(p.sessionPresent() ? 1 : 0)
                .one(p.reason().value())
                .section(properties)
                .packet(0x20);
    }

    /** PUBACK and its like, in the shortest form that holds everything. */
    private static byte[] ack(
            int firstByte,
            int packetIdentifier,
            ReasonCode reason,
            @Nullable String reasonString,
            List<UserProperty> userProperties) {
        Bytes properties = new Bytes().problem(reasonString, userProperties);
        Bytes body = new Bytes().two(packetIdentifier);
        if (properties.size() > 0) {
            body.one(reason.value()).section(properties);
        } else if (reason != ReasonCode.SUCCESS) {
            body.one(reason.value());
        }
        return body.packet(firstByte);
    }

    private static byte[] acks(
            int firstByte,
            int packetIdentifier,
            List<ReasonCode> reasons,
            @Nullable String reasonString,
            List<UserProperty> userProperties) {
        Bytes body = new Bytes().two(packetIdentifier);
        body.section(new Bytes().problem(reasonString, userProperties));
        reasons.forEach(reason -> body.one(reason.value()));
        return body.packet(firstByte);
    }

    private static byte[] disconnect(Disconnect p) {
        Bytes properties = new Bytes().optional(0x1C, p.serverReference());
        properties.problem(p.reasonString(), p.userProperties());
        Bytes body = new Bytes();
        if (properties.size() > 0) {
            body.one(p.reason().value()).section(properties);
        } else if (p.reason() != ReasonCode.SUCCESS) {
            body.one(p.reason().value());
        }
        return body.packet(0xE0);
    }

    private static byte[] auth(Auth p) {
        Bytes properties = new Bytes().optional(0x15, p.authenticationMethod());
        properties.optional(0x16, p.authenticationData());
        properties.problem(p.reasonString(), p.userProperties());
        return new Bytes().one(p.reason().value()).section(properties).packet(0xF0);
    }

    /** Grows by fields of the standard's data types (section 1.5). */
    private static final class Bytes {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        int size() {
            return out.size();
        }

        Bytes one(int value) {
            out.write(value);
            return this;
        }

        Bytes two(int value) {
            return one(value >> 8).one(value);
        }

        Bytes four(long value) {
            return two((int) (value >> 16)).two((int) value);
        }

        Bytes variable(int value) {
            return value < 128 ? one(value) : one(128 + value % 128).variable(value / 128);
        }

        Bytes raw(byte[] bytes) {
            out.writeBytes(bytes);
            return this;
        }

        Bytes string(String value) {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            return two(bytes.length).raw(bytes);
        }

        Bytes binary(ByteBuffer value) {
            byte[] bytes = new byte[value.remaining()];
            value.duplicate().get(bytes);
            return two(bytes.length).raw(bytes);
        }

        Bytes falseFlag(int identifier, boolean value) {
            return value ? this : one(identifier).one(0);
        }

        Bytes optional(int identifier, @Nullable Object value) {
            if (value instanceof String string) {
                one(identifier).string(string);
            } else if (value instanceof ByteBuffer binary) {
                one(identifier).binary(binary);
            }
            return this;
        }

        Bytes problem(@Nullable String reasonString, List<UserProperty> userProperties) {
            return optional(0x1F, reasonString).user(userProperties);
        }

        Bytes user(List<UserProperty> userProperties) {
            userProperties.forEach(p -> one(0x26).string(p.name()).string(p.value()));
            return this;
        }

        /** Adds properties behind their length. */
        Bytes section(Bytes properties) {
            return variable(properties.size()).raw(properties.out.toByteArray());
        }

        /** These bytes behind a fixed header. */
        byte[] packet(int firstByte) {
            return new Bytes()
                    .one(firstByte)
                    .variable(size())
                    .raw(out.toByteArray())
                    .out
                    .toByteArray();
        }
    }
}
