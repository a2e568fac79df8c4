package dev.holdfast.mqtt.impl.codec;

import static dev.holdfast.mqtt.impl.codec.Fields.oneByte;
import static dev.holdfast.mqtt.impl.codec.Fields.property;
import static dev.holdfast.mqtt.impl.codec.Fields.string;
import static dev.holdfast.mqtt.impl.codec.Fields.twoByteInteger;
import static dev.holdfast.mqtt.impl.codec.Fields.userProperties;
import static dev.holdfast.mqtt.impl.codec.Fields.variableByteInteger;
import static dev.holdfast.mqtt.impl.codec.Property.AUTHENTICATION_DATA;
import static dev.holdfast.mqtt.impl.codec.Property.AUTHENTICATION_METHOD;
import static dev.holdfast.mqtt.impl.codec.Property.REASON_STRING;
import static dev.holdfast.mqtt.impl.codec.Property.SESSION_EXPIRY_INTERVAL;
import static dev.holdfast.mqtt.impl.codec.Property.SUBSCRIPTION_IDENTIFIER;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
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
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the packets that a client sends on one network connection. Properties with the standard's
 * default are left out. A packet that no client may send is refused before its first byte is
 * written. Not safe for use by several threads at once.
 *
 * <p>The method of each packet describes its body once, as {@link Fields} do: it returns the size,
 * and writes if it is given a buffer.
 */
public final class Encoder {
    /** Null while the server allows none. */
    private @Nullable TopicAliases aliases;

    /** Starts a connection. */
    public Encoder() {}

    /** Learns from CONNACK whether Topic Aliases may be used on this connection. */
    public void connected(Connack c) {
        if (c.topicAliasMaximum() > 0) {
            aliases = new TopicAliases(c.topicAliasMaximum(), c.maximumPacketSize());
        }
    }

    /**
     * Writes one packet.
     *
     * @param packet one that clients send
     * @param out grows as needed
     * @throws IllegalArgumentException if MQTT does not allow a client to send this; a bug of the
     *     caller. Nothing was written.
     */
    public void encode(Packet packet, ByteBuf out) {
        if (aliases != null && packet instanceof Publish p) {
            encode(p, aliases, out);
            return;
        }
        int end = begin(packet, body(packet, null), out);
        body(packet, out);
        end(packet, end, out);
    }

    private static void encode(Publish p, TopicAliases aliases, ByteBuf out) {
        String topic = p.message().topic();
        int known = aliases.known(topic);
        int alias = known != 0 ? known : aliases.next(p);
        String written = known != 0 ? "" : topic;
        int end = begin(p, PublishEncoder.body(p, written, alias, null), out);
        PublishEncoder.body(p, written, alias, out);
        end(p, end, out);
        if (alias != known) {
            aliases.told(topic, alias);
        }
    }

    /** Writes the fixed header; returns where the packet must end. */
    private static int begin(Packet packet, long remainingLength, ByteBuf out) {
        int firstByte = firstByte(packet);
        if (remainingLength > VariableByteInteger.MAXIMUM) {
            throw new IllegalArgumentException(
                    name(packet)
                            + " of "
                            + size(remainingLength)
                            + " bytes is larger than MQTT's "
                            + Connack.NO_PACKET_LIMIT);
        }
        int size = (int) size(remainingLength);
        out.ensureWritable(size);
        int end = out.writerIndex() + size;
        out.writeByte(firstByte);
        VariableByteInteger.write(out, (int) remainingLength);
        return end;
    }

    private static void end(Packet packet, int end, ByteBuf out) {
        if (out.writerIndex() != end) {
            throw new IllegalStateException(
                    name(packet)
                            + " ends at "
                            + out.writerIndex()
                            + " instead of "
                            + end
                            + ": it changed meanwhile, or its encoder is wrong");
        }
    }

    /**
     * The size of a packet, to compare with the server's Maximum Packet Size.
     *
     * @param packet one that clients send
     * @return in bytes, fixed header included; above {@link Connack#NO_PACKET_LIMIT} if MQTT cannot
     *     carry it
     * @throws IllegalArgumentException if MQTT does not allow a client to send this
     */
    public static long encodedSize(Packet packet) {
        return size(body(packet, null));
    }

    private static long size(long remainingLength) {
        return 1 + VariableByteInteger.size(remainingLength) + remainingLength;
    }

    private static int firstByte(Packet packet) {
        if (packet instanceof Publish p) {
            return PublishEncoder.firstByte(p);
        } else if (packet instanceof Puback) {
            return 0x40;
        } else if (packet instanceof Pubrec) {
            return 0x50;
        } else if (packet instanceof Pubrel) {
            return 0x62;
        } else if (packet instanceof Pubcomp) {
            return 0x70;
        } else if (packet instanceof Subscribe) {
            return 0x82;
        } else if (packet instanceof Unsubscribe) {
            return 0xA2;
        } else if (packet instanceof Pingreq) {
            return 0xC0;
        } else if (packet instanceof Connect) {
            return 0x10;
        } else if (packet instanceof Disconnect) {
            return 0xE0;
        } else if (packet instanceof Auth) {
            return 0xF0;
        }
        throw new IllegalArgumentException(name(packet) + " is sent by servers only");
    }

    private static long body(Packet packet, @Nullable ByteBuf out) {
        if (packet instanceof Publish p) {
            return PublishEncoder.body(p, p.message().topic(), 0, out);
        } else if (packet instanceof Puback p) {
            requireAllowed(p, p.reason(), ReasonCodes.PUBACK_OR_PUBREC_FROM_CLIENT);
            return acknowledgement(
                    p.packetIdentifier(), p.reason(), p.reasonString(), p.userProperties(), out);
        } else if (packet instanceof Pubrec p) {
            requireAllowed(p, p.reason(), ReasonCodes.PUBACK_OR_PUBREC_FROM_CLIENT);
            return acknowledgement(
                    p.packetIdentifier(), p.reason(), p.reasonString(), p.userProperties(), out);
        } else if (packet instanceof Pubrel p) {
            requireAllowed(p, p.reason(), ReasonCodes.PUBREL_OR_PUBCOMP);
            return acknowledgement(
                    p.packetIdentifier(), p.reason(), p.reasonString(), p.userProperties(), out);
        } else if (packet instanceof Pubcomp p) {
            requireAllowed(p, p.reason(), ReasonCodes.PUBREL_OR_PUBCOMP);
            return acknowledgement(
                    p.packetIdentifier(), p.reason(), p.reasonString(), p.userProperties(), out);
        } else if (packet instanceof Subscribe p) {
            return subscribe(p, out);
        } else if (packet instanceof Unsubscribe p) {
            return unsubscribe(p, out);
        } else if (packet instanceof Pingreq) {
            return 0;
        } else if (packet instanceof Connect p) {
            return ConnectEncoder.body(p, out);
        } else if (packet instanceof Disconnect p) {
            return disconnect(p, out);
        } else if (packet instanceof Auth p) {
            return auth(p, out);
        }
        throw new IllegalArgumentException(name(packet) + " is sent by servers only");
    }

    /**
     * Short where the standard allows it, but never without a Property Length after a Reason Code:
     * some servers refuse that.
     */
    private static long acknowledgement(
            int packetIdentifier,
            ReasonCode reason,
            @Nullable String reasonString,
            List<UserProperty> userProperties,
            @Nullable ByteBuf out) {
        long size = packetIdentifier(out, packetIdentifier);
        long properties = problemInformation(reasonString, userProperties, null);
        if (reason == ReasonCode.SUCCESS && properties == 0) {
            return size;
        }
        size += oneByte(out, reason.value()) + variableByteInteger(out, properties) + properties;
        if (out != null) {
            problemInformation(reasonString, userProperties, out);
        }
        return size;
    }

    private static long problemInformation(
            @Nullable String reasonString,
            List<UserProperty> userProperties,
            @Nullable ByteBuf out) {
        return property(out, REASON_STRING, reasonString) + userProperties(out, userProperties);
    }

    private static long subscribe(Subscribe p, @Nullable ByteBuf out) {
        require(!p.subscriptions().isEmpty(), "A SUBSCRIBE has no Topic Filter");
        long size = packetIdentifier(out, p.packetIdentifier());
        long properties = subscribeProperties(p, null);
        size += variableByteInteger(out, properties) + properties;
        if (out != null) {
            subscribeProperties(p, out);
        }
        for (Subscription subscription : p.subscriptions()) {
            size += string(out, "Topic Filter", subscription.topicFilter());
            size += oneByte(out, options(subscription));
        }
        return size;
    }

    private static long subscribeProperties(Subscribe p, @Nullable ByteBuf out) {
        long size = 0;
        if (p.subscriptionIdentifier() != 0) {
            size += property(out, SUBSCRIPTION_IDENTIFIER, p.subscriptionIdentifier());
        }
        return size + userProperties(out, p.userProperties());
    }

    private static int options(Subscription subscription) {
        int retainHandling =
                switch (subscription.retainHandling()) {
                    case SEND -> 0;
                    case SEND_IF_NEW -> 1;
                    case DO_NOT_SEND -> 2;
                };
        return Fields.value(subscription.maximumQos())
                | (subscription.noLocal() ? 4 : 0)
                | (subscription.retainAsPublished() ? 8 : 0)
                | retainHandling << 4;
    }

    private static long unsubscribe(Unsubscribe p, @Nullable ByteBuf out) {
        require(!p.topicFilters().isEmpty(), "An UNSUBSCRIBE has no Topic Filter");
        long size = packetIdentifier(out, p.packetIdentifier());
        long properties = userProperties(null, p.userProperties());
        size += variableByteInteger(out, properties) + properties;
        if (out != null) {
            userProperties(out, p.userProperties());
        }
        for (String topicFilter : p.topicFilters()) {
            size += string(out, "Topic Filter", topicFilter);
        }
        return size;
    }

    private static long disconnect(Disconnect p, @Nullable ByteBuf out) {
        requireAllowed(p, p.reason(), ReasonCodes.DISCONNECT_FROM_CLIENT);
        require(p.serverReference() == null, "A DISCONNECT from a client has a Server Reference");
        long properties = disconnectProperties(p, null);
        if (p.reason() == ReasonCode.SUCCESS && properties == 0) {
            return 0;
        }
        long size = oneByte(out, p.reason().value());
        size += variableByteInteger(out, properties) + properties;
        if (out != null) {
            disconnectProperties(p, out);
        }
        return size;
    }

    /** A Session Expiry Interval of 0 ends the session; without one the old value goes on. */
    private static long disconnectProperties(Disconnect p, @Nullable ByteBuf out) {
        long size = 0;
        if (p.sessionExpiryInterval() != Disconnect.ABSENT) {
            size += property(out, SESSION_EXPIRY_INTERVAL, p.sessionExpiryInterval());
        }
        return size + problemInformation(p.reasonString(), p.userProperties(), out);
    }

    private static long auth(Auth p, @Nullable ByteBuf out) {
        requireAllowed(p, p.reason(), ReasonCodes.AUTH_FROM_CLIENT);
        long properties = authProperties(p, null);
        long size = oneByte(out, p.reason().value());
        size += variableByteInteger(out, properties) + properties;
        if (out != null) {
            authProperties(p, out);
        }
        return size;
    }

    private static long authProperties(Auth p, @Nullable ByteBuf out) {
        return property(out, AUTHENTICATION_METHOD, p.authenticationMethod())
                + property(out, AUTHENTICATION_DATA, p.authenticationData())
                + problemInformation(p.reasonString(), p.userProperties(), out);
    }

    private static long packetIdentifier(@Nullable ByteBuf out, int identifier) {
        return twoByteInteger(out, "Packet Identifier", 1, identifier);
    }

    private static void requireAllowed(Packet packet, ReasonCode reason, Set<ReasonCode> allowed) {
        if (!allowed.contains(reason)) {
            throw new IllegalArgumentException(
                    "A client may not send " + name(packet) + " with the Reason Code " + reason);
        }
    }

    static void require(boolean holds, String complaint) {
        if (!holds) {
            throw new IllegalArgumentException(complaint);
        }
    }

    private static String name(Packet packet) {
        return packet.getClass().getSimpleName().toUpperCase(Locale.ROOT);
    }
}
