package dev.holdfast.mqtt.impl.codec;

import static dev.holdfast.mqtt.impl.codec.Property.ASSIGNED_CLIENT_IDENTIFIER;
import static dev.holdfast.mqtt.impl.codec.Property.AUTHENTICATION_DATA;
import static dev.holdfast.mqtt.impl.codec.Property.AUTHENTICATION_METHOD;
import static dev.holdfast.mqtt.impl.codec.Property.MAXIMUM_PACKET_SIZE;
import static dev.holdfast.mqtt.impl.codec.Property.MAXIMUM_QOS;
import static dev.holdfast.mqtt.impl.codec.Property.REASON_STRING;
import static dev.holdfast.mqtt.impl.codec.Property.RECEIVE_MAXIMUM;
import static dev.holdfast.mqtt.impl.codec.Property.RESPONSE_INFORMATION;
import static dev.holdfast.mqtt.impl.codec.Property.RETAIN_AVAILABLE;
import static dev.holdfast.mqtt.impl.codec.Property.SERVER_KEEP_ALIVE;
import static dev.holdfast.mqtt.impl.codec.Property.SERVER_REFERENCE;
import static dev.holdfast.mqtt.impl.codec.Property.SESSION_EXPIRY_INTERVAL;
import static dev.holdfast.mqtt.impl.codec.Property.SHARED_SUBSCRIPTION_AVAILABLE;
import static dev.holdfast.mqtt.impl.codec.Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE;
import static dev.holdfast.mqtt.impl.codec.Property.TOPIC_ALIAS_MAXIMUM;
import static dev.holdfast.mqtt.impl.codec.Property.USER_PROPERTY;
import static dev.holdfast.mqtt.impl.codec.Property.WILDCARD_SUBSCRIPTION_AVAILABLE;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingresp;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the packets that a server sends on one network connection, and refuses what a server must
 * not send. One packet takes memory in proportion to the Maximum Packet Size, whatever it contains.
 * Not safe for use by several threads at once.
 */
public final class Decoder {
    private static final int LARGEST_PACKET = (int) Connack.NO_PACKET_LIMIT;

    /** Type and flags of PUBACK, and a Remaining Length of 2: nothing but the Packet Identifier. */
    private static final int PLAIN_PUBACK = 0x40_02;

    private static final int PLAIN_PUBACK_BYTES = 4;

    private static final QoS[] QOS = QoS.values();
    private static final Type[] TYPES = Type.values();

    private static final long CONNACK_PROPERTIES =
            Property.setOf(
                    SESSION_EXPIRY_INTERVAL,
                    ASSIGNED_CLIENT_IDENTIFIER,
                    SERVER_KEEP_ALIVE,
                    AUTHENTICATION_METHOD,
                    AUTHENTICATION_DATA,
                    RESPONSE_INFORMATION,
                    SERVER_REFERENCE,
                    REASON_STRING,
                    RECEIVE_MAXIMUM,
                    TOPIC_ALIAS_MAXIMUM,
                    MAXIMUM_QOS,
                    RETAIN_AVAILABLE,
                    USER_PROPERTY,
                    MAXIMUM_PACKET_SIZE,
                    WILDCARD_SUBSCRIPTION_AVAILABLE,
                    SUBSCRIPTION_IDENTIFIER_AVAILABLE,
                    SHARED_SUBSCRIPTION_AVAILABLE);
    private static final long PROBLEM_PROPERTIES = Property.setOf(REASON_STRING, USER_PROPERTY);

    /**
     * With the Session Expiry Interval, so that its ban is reported as the Protocol Error it is.
     */
    private static final long DISCONNECT_PROPERTIES =
            PROBLEM_PROPERTIES | Property.setOf(SERVER_REFERENCE, SESSION_EXPIRY_INTERVAL);

    private static final long AUTH_PROPERTIES =
            PROBLEM_PROPERTIES | Property.setOf(AUTHENTICATION_METHOD, AUTHENTICATION_DATA);

    /** The packet types by their numbers. */
    private enum Type {
        RESERVED,
        CONNECT,
        CONNACK,
        PUBLISH,
        PUBACK,
        PUBREC,
        PUBREL,
        PUBCOMP,
        SUBSCRIBE,
        SUBACK,
        UNSUBSCRIBE,
        UNSUBACK,
        PINGREQ,
        PINGRESP,
        DISCONNECT,
        AUTH
    }

    private final int maximumPacketSize;
    private final boolean requestProblemInformation;
    private final PacketReader reader;
    private final ReceivedProperties properties;
    private final PublishDecoder publishes;

    /**
     * Starts a connection, with what the client announces in its CONNECT.
     *
     * @param maximumPacketSize in bytes, fixed header included, 1 to 268,435,460, which is no limit
     * @param topicAliasMaximum the highest Topic Alias, 0 to 65,535; 0 is none. Each may hold a
     *     topic of 65,535 bytes while the connection lasts.
     * @param requestProblemInformation whether Reason Strings and User Properties may come with any
     *     packet
     */
    public Decoder(
            int maximumPacketSize, int topicAliasMaximum, boolean requestProblemInformation) {
        this(
                maximumPacketSize,
                topicAliasMaximum,
                requestProblemInformation,
                new ReceivedProperties());
    }

    /**
     * As the other constructor, for a connection of many.
     *
     * @param properties used for one packet at a time, so that decoders of one thread may share it
     */
    public Decoder(
            int maximumPacketSize,
            int topicAliasMaximum,
            boolean requestProblemInformation,
            ReceivedProperties properties) {
        if (maximumPacketSize < 1 || maximumPacketSize > LARGEST_PACKET) {
            throw new IllegalArgumentException(
                    "Maximum Packet Size " + maximumPacketSize + " is not 1 to " + LARGEST_PACKET);
        }
        if (topicAliasMaximum < 0 || topicAliasMaximum > 0xFFFF) {
            throw new IllegalArgumentException(
                    "Topic Alias Maximum " + topicAliasMaximum + " is not 0 to 65,535");
        }
        this.maximumPacketSize = maximumPacketSize;
        this.requestProblemInformation = requestProblemInformation;
        this.properties = properties;
        this.reader = properties.reader;
        this.publishes = new PublishDecoder(reader, properties, topicAliasMaximum);
    }

    /**
     * Reads the next packet.
     *
     * @param in what has arrived and was not read yet; its reader index moves behind the packet, or
     *     stays
     * @return the packet, which shares nothing with the buffer, or null if more bytes are needed
     * @throws ProtocolViolation if the server broke the protocol; the connection cannot go on. What
     *     the fixed header tells is told before the rest arrives.
     */
    public @Nullable Packet decode(ByteBuf in) {
        int start = in.readerIndex();
        int end = in.writerIndex();
        if (start == end) {
            return null;
        }
        Type type = TYPES[in.getUnsignedByte(start) >> 4];
        int flags = in.getByte(start) & 0x0F;
        int body = start + 1;
        reader.start(type.name(), in, body, end);
        try {
            if (VariableByteInteger.read(in, body, end) == VariableByteInteger.INCOMPLETE) {
                return null;
            }
            requireFromServer(type, flags);
            int remainingLength = reader.variableByteInteger("Remaining Length");
            body += VariableByteInteger.size(remainingLength);
            requireSize(body - start + remainingLength);
            if (remainingLength > end - body) {
                return null;
            }
            reader.start(type.name(), in, body, body + remainingLength);
            Packet packet = read(type, flags);
            reader.requireAllRead();
            in.readerIndex(body + remainingLength);
            return packet;
        } finally {
            reader.stop();
            properties.clear();
        }
    }

    /**
     * How many bytes a packet needs beside those that are there, if {@link #decode} did without.
     *
     * @param in as for {@link #decode}
     * @return at least 1, which is all that is known before its fixed header is there
     */
    public int missing(ByteBuf in) {
        int body = in.readerIndex() + 1;
        int end = in.writerIndex();
        int remainingLength = VariableByteInteger.read(in, body, end);
        if (remainingLength < 0) {
            return 1;
        }
        return body + VariableByteInteger.size(remainingLength) + remainingLength - end;
    }

    /**
     * Passes by a PUBACK that says Success in its shortest form, if that is what comes next.
     *
     * @param in as for {@link #decode}
     * @return its Packet Identifier, or 0 if it is to be decoded, whatever it is
     */
    public int passPlainPuback(ByteBuf in) {
        int start = in.readerIndex();
        if (in.readableBytes() < PLAIN_PUBACK_BYTES
                || in.getUnsignedShort(start) != PLAIN_PUBACK
                || maximumPacketSize < PLAIN_PUBACK_BYTES) {
            return 0;
        }
        int packetIdentifier = in.getUnsignedShort(start + 2);
        if (packetIdentifier != 0) {
            in.skipBytes(PLAIN_PUBACK_BYTES);
        }
        return packetIdentifier;
    }

    private void requireFromServer(Type type, int flags) {
        switch (type) {
            case RESERVED -> throw reader.malformed("packets of type 0 do not exist");
            case CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ ->
                    throw reader.protocolError("only clients send such packets");
            case PUBLISH -> publishes.requireRightFlags(flags);
            default -> {
                if (flags != (type == Type.PUBREL ? 2 : 0)) {
                    throw reader.malformed("the low bits of the first byte, reserved, are wrong");
                }
            }
        }
    }

    private void requireSize(int size) {
        if (size > maximumPacketSize) {
            throw reader.violation(
                    ReasonCode.PACKET_TOO_LARGE,
                    "it has "
                            + size
                            + " bytes, more than the Maximum Packet Size of "
                            + maximumPacketSize
                            + " that the client announced");
        }
    }

    private Packet read(Type type, int flags) {
        return switch (type) {
            case CONNACK -> connack();
            case PUBLISH -> publishes.read(flags);
            case PUBACK -> {
                int id = reader.packetIdentifier();
                ReasonCode reason = acknowledgement(ReasonCodes.PUBACK_OR_PUBREC);
                yield new Puback(id, reason, reasonString(), userProperties());
            }
            case PUBREC -> {
                int id = reader.packetIdentifier();
                ReasonCode reason = acknowledgement(ReasonCodes.PUBACK_OR_PUBREC);
                yield new Pubrec(id, reason, reasonString(), userProperties());
            }
            case PUBREL -> {
                int id = reader.packetIdentifier();
                ReasonCode reason = acknowledgement(ReasonCodes.PUBREL_OR_PUBCOMP);
                yield new Pubrel(id, reason, reasonString(), userProperties());
            }
            case PUBCOMP -> {
                int id = reader.packetIdentifier();
                ReasonCode reason = acknowledgement(ReasonCodes.PUBREL_OR_PUBCOMP);
                yield new Pubcomp(id, reason, reasonString(), userProperties());
            }
            case SUBACK -> {
                int id = reader.packetIdentifier();
                List<ReasonCode> reasons = reasonCodes(ReasonCodes.SUBACK);
                yield new Suback(id, reasons, reasonString(), userProperties());
            }
            case UNSUBACK -> {
                int id = reader.packetIdentifier();
                List<ReasonCode> reasons = reasonCodes(ReasonCodes.UNSUBACK);
                yield new Unsuback(id, reasons, reasonString(), userProperties());
            }
            case PINGRESP -> Pingresp.INSTANCE;
            case DISCONNECT -> disconnect();
            case AUTH -> auth();
            case RESERVED, CONNECT, SUBSCRIBE, UNSUBSCRIBE, PINGREQ ->
                    throw new AssertionError(type + " should have been refused");
        };
    }

    private Connack connack() {
        int flags = reader.oneByte("Connect Acknowledge Flags");
        if ((flags & ~1) != 0) {
            throw reader.malformed("reserved bits of the Connect Acknowledge Flags are not 0");
        }
        ReasonCode reason = reader.reasonCode(ReasonCodes.CONNACK);
        properties.read(reader, CONNACK_PROPERTIES);
        return new Connack(
                flags == 1,
                reason,
                properties.integer(SESSION_EXPIRY_INTERVAL, Connack.ABSENT),
                (int) properties.integer(RECEIVE_MAXIMUM, 0xFFFF),
                QOS[(int) properties.integer(MAXIMUM_QOS, 2)],
                properties.flag(RETAIN_AVAILABLE, true),
                properties.integer(MAXIMUM_PACKET_SIZE, Connack.NO_PACKET_LIMIT),
                properties.string(ASSIGNED_CLIENT_IDENTIFIER),
                (int) properties.integer(TOPIC_ALIAS_MAXIMUM, 0),
                reasonString(),
                userProperties(),
                properties.flag(WILDCARD_SUBSCRIPTION_AVAILABLE, true),
                properties.flag(SUBSCRIPTION_IDENTIFIER_AVAILABLE, true),
                properties.flag(SHARED_SUBSCRIPTION_AVAILABLE, true),
                (int) properties.integer(SERVER_KEEP_ALIVE, Connack.ABSENT),
                properties.string(RESPONSE_INFORMATION),
                properties.string(SERVER_REFERENCE),
                properties.string(AUTHENTICATION_METHOD),
                authenticationData());
    }

    /** What follows the Packet Identifier in PUBACK, PUBREC, PUBREL and PUBCOMP. */
    private ReasonCode acknowledgement(Set<ReasonCode> allowed) {
        if (reader.remaining() == 0) {
            return ReasonCode.SUCCESS;
        }
        ReasonCode reason = reader.reasonCode(allowed);
        if (reader.remaining() > 0) {
            properties.read(reader, PROBLEM_PROPERTIES);
            requireProblemInformationAllowed();
        }
        return reason;
    }

    /** What follows the Packet Identifier in SUBACK and UNSUBACK. */
    private List<ReasonCode> reasonCodes(Set<ReasonCode> allowed) {
        properties.read(reader, PROBLEM_PROPERTIES);
        requireProblemInformationAllowed();
        if (reader.remaining() == 0) {
            throw reader.malformed("it has no Reason Code; there must be one per Topic Filter");
        }
        if (reader.remaining() == 1) {
            return List.of(reader.reasonCode(allowed));
        }
        List<ReasonCode> reasons = new ArrayList<>(reader.remaining());
        while (reader.remaining() > 0) {
            reasons.add(reader.reasonCode(allowed));
        }
        return Collections.unmodifiableList(reasons);
    }

    private Disconnect disconnect() {
        ReasonCode reason = ReasonCode.SUCCESS;
        if (reader.remaining() > 0) {
            reason = reader.reasonCode(ReasonCodes.DISCONNECT_FROM_SERVER);
        }
        if (reader.remaining() > 0) {
            properties.read(reader, DISCONNECT_PROPERTIES);
        }
        if (properties.has(SESSION_EXPIRY_INTERVAL)) {
            throw reader.protocolError(
                    "it has a Session Expiry Interval, which only clients may send in it");
        }
        return new Disconnect(
                reason,
                Disconnect.ABSENT,
                reasonString(),
                userProperties(),
                properties.string(SERVER_REFERENCE));
    }

    private Auth auth() {
        ReasonCode reason = ReasonCode.SUCCESS;
        if (reader.remaining() > 0) {
            reason = reader.reasonCode(ReasonCodes.AUTH_FROM_SERVER);
            properties.read(reader, AUTH_PROPERTIES);
            requireProblemInformationAllowed();
        }
        String method = properties.string(AUTHENTICATION_METHOD);
        if (method == null) {
            throw reader.protocolError("it has no Authentication Method");
        }
        return new Auth(reason, method, authenticationData(), reasonString(), userProperties());
    }

    private void requireProblemInformationAllowed() {
        if (!requestProblemInformation
                && (properties.has(REASON_STRING) || properties.has(USER_PROPERTY))) {
            throw reader.protocolError(
                    "it has a Reason String or User Property, which the client asked the server to"
                            + " leave out with Request Problem Information 0");
        }
    }

    private @Nullable String reasonString() {
        return properties.string(REASON_STRING);
    }

    private List<UserProperty> userProperties() {
        return properties.userProperties();
    }

    private @Nullable ByteBuffer authenticationData() {
        byte[] data = properties.binaryData();
        return data == null ? null : ByteBuffer.wrap(data).asReadOnlyBuffer();
    }
}
