package dev.holdfast.mqtt.impl.codec;

import static dev.holdfast.mqtt.impl.codec.Property.ASSIGNED_CLIENT_IDENTIFIER;
import static dev.holdfast.mqtt.impl.codec.Property.AUTHENTICATION_DATA;
import static dev.holdfast.mqtt.impl.codec.Property.AUTHENTICATION_METHOD;
import static dev.holdfast.mqtt.impl.codec.Property.CONTENT_TYPE;
import static dev.holdfast.mqtt.impl.codec.Property.CORRELATION_DATA;
import static dev.holdfast.mqtt.impl.codec.Property.MAXIMUM_PACKET_SIZE;
import static dev.holdfast.mqtt.impl.codec.Property.MAXIMUM_QOS;
import static dev.holdfast.mqtt.impl.codec.Property.MESSAGE_EXPIRY_INTERVAL;
import static dev.holdfast.mqtt.impl.codec.Property.PAYLOAD_FORMAT_INDICATOR;
import static dev.holdfast.mqtt.impl.codec.Property.REASON_STRING;
import static dev.holdfast.mqtt.impl.codec.Property.RECEIVE_MAXIMUM;
import static dev.holdfast.mqtt.impl.codec.Property.RESPONSE_INFORMATION;
import static dev.holdfast.mqtt.impl.codec.Property.RESPONSE_TOPIC;
import static dev.holdfast.mqtt.impl.codec.Property.RETAIN_AVAILABLE;
import static dev.holdfast.mqtt.impl.codec.Property.SERVER_KEEP_ALIVE;
import static dev.holdfast.mqtt.impl.codec.Property.SERVER_REFERENCE;
import static dev.holdfast.mqtt.impl.codec.Property.SESSION_EXPIRY_INTERVAL;
import static dev.holdfast.mqtt.impl.codec.Property.SHARED_SUBSCRIPTION_AVAILABLE;
import static dev.holdfast.mqtt.impl.codec.Property.SUBSCRIPTION_IDENTIFIER;
import static dev.holdfast.mqtt.impl.codec.Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE;
import static dev.holdfast.mqtt.impl.codec.Property.TOPIC_ALIAS;
import static dev.holdfast.mqtt.impl.codec.Property.TOPIC_ALIAS_MAXIMUM;
import static dev.holdfast.mqtt.impl.codec.Property.USER_PROPERTY;
import static dev.holdfast.mqtt.impl.codec.Property.WILDCARD_SUBSCRIPTION_AVAILABLE;

import dev.holdfast.mqtt.Message;
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
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.time.Duration;
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

    /** What {@link Message.Builder#payload} takes, a little less than a packet can hold. */
    private static final int LARGEST_PAYLOAD = 268_000_000;

    private static final QoS[] QOS = QoS.values();
    private static final String[] NAMES = {
        "a packet of type 0", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL",
        "PUBCOMP", "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP",
        "DISCONNECT", "AUTH"
    };
    private static final int PUBLISH = 3;
    private static final int PUBREL = 6;

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
    private static final long PUBLISH_PROPERTIES =
            Property.setOf(
                    PAYLOAD_FORMAT_INDICATOR,
                    MESSAGE_EXPIRY_INTERVAL,
                    CONTENT_TYPE,
                    RESPONSE_TOPIC,
                    CORRELATION_DATA,
                    SUBSCRIPTION_IDENTIFIER,
                    TOPIC_ALIAS,
                    USER_PROPERTY);
    private static final long PROBLEM_PROPERTIES = Property.setOf(REASON_STRING, USER_PROPERTY);

    /**
     * With the Session Expiry Interval, so that its ban is reported as the Protocol Error it is.
     */
    private static final long DISCONNECT_PROPERTIES =
            PROBLEM_PROPERTIES | Property.setOf(SERVER_REFERENCE, SESSION_EXPIRY_INTERVAL);

    private static final long AUTH_PROPERTIES =
            PROBLEM_PROPERTIES | Property.setOf(AUTHENTICATION_METHOD, AUTHENTICATION_DATA);

    private final int maximumPacketSize;
    private final int topicAliasMaximum;
    private final boolean requestProblemInformation;
    private final PacketReader reader = new PacketReader();
    private final ReceivedProperties properties = new ReceivedProperties();

    /** The topic of each alias at its own index; empty until the first alias arrives. */
    private @Nullable String[] topicsByAlias = new @Nullable String[0];

    /**
     * Starts a connection, with what the client announces in its CONNECT.
     *
     * @param maximumPacketSize in bytes, fixed header included, 1 to 268,435,460, which is no limit
     * @param topicAliasMaximum the highest Topic Alias, 0 to 65,535; 0 is none
     * @param requestProblemInformation whether Reason Strings and User Properties may come with any
     *     packet
     */
    public Decoder(
            int maximumPacketSize, int topicAliasMaximum, boolean requestProblemInformation) {
        if (maximumPacketSize < 1 || maximumPacketSize > LARGEST_PACKET) {
            throw new IllegalArgumentException(
                    "Maximum Packet Size " + maximumPacketSize + " is not 1 to " + LARGEST_PACKET);
        }
        if (topicAliasMaximum < 0 || topicAliasMaximum > 0xFFFF) {
            throw new IllegalArgumentException(
                    "Topic Alias Maximum " + topicAliasMaximum + " is not 0 to 65,535");
        }
        this.maximumPacketSize = maximumPacketSize;
        this.topicAliasMaximum = topicAliasMaximum;
        this.requestProblemInformation = requestProblemInformation;
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
        int type = in.getUnsignedByte(start) >> 4;
        int flags = in.getByte(start) & 0x0F;
        int body = start + 1;
        reader.start(NAMES[type], in, body, end);
        try {
            int remainingLength = VariableByteInteger.read(in, body, end);
            if (remainingLength == VariableByteInteger.INCOMPLETE) {
                return null;
            }
            requireFromServer(type, flags);
            remainingLength = reader.variableByteInteger("Remaining Length");
            body += VariableByteInteger.size(remainingLength);
            requireSize(body - start + remainingLength);
            if (remainingLength > end - body) {
                return null;
            }
            reader.start(NAMES[type], in, body, body + remainingLength);
            Packet packet = read(type, flags);
            reader.requireAllRead();
            in.readerIndex(body + remainingLength);
            return packet;
        } finally {
            reader.stop();
            properties.clear();
        }
    }

    private void requireFromServer(int type, int flags) {
        switch (type) {
            case 0 -> throw reader.malformed("the type is reserved");
            case 1, 8, 10, 12 -> throw reader.protocolError("only clients send such packets");
            case PUBLISH -> {
                int qos = flags >> 1 & 3;
                if (qos == 3) {
                    throw reader.malformed("it has QoS 3, which does not exist");
                }
                if (qos == 0 && (flags & 8) != 0) {
                    throw reader.protocolError("it has DUP 1 at QoS 0");
                }
            }
            default -> {
                if (flags != (type == PUBREL ? 2 : 0)) {
                    throw reader.malformed(
                            "the four low bits of the first byte are reserved and not as they must"
                                    + " be");
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

    private Packet read(int type, int flags) {
        return switch (type) {
            case 2 -> connack();
            case PUBLISH -> publish(flags);
            case 4 -> {
                int id = reader.packetIdentifier();
                ReasonCode reason = acknowledgement(ReasonCodes.PUBACK_OR_PUBREC);
                yield new Puback(id, reason, reasonString(), userProperties());
            }
            case 5 -> {
                int id = reader.packetIdentifier();
                ReasonCode reason = acknowledgement(ReasonCodes.PUBACK_OR_PUBREC);
                yield new Pubrec(id, reason, reasonString(), userProperties());
            }
            case PUBREL -> {
                int id = reader.packetIdentifier();
                ReasonCode reason = acknowledgement(ReasonCodes.PUBREL_OR_PUBCOMP);
                yield new Pubrel(id, reason, reasonString(), userProperties());
            }
            case 7 -> {
                int id = reader.packetIdentifier();
                ReasonCode reason = acknowledgement(ReasonCodes.PUBREL_OR_PUBCOMP);
                yield new Pubcomp(id, reason, reasonString(), userProperties());
            }
            case 9 -> {
                int id = reader.packetIdentifier();
                List<ReasonCode> reasons = reasonCodes(ReasonCodes.SUBACK);
                yield new Suback(id, reasons, reasonString(), userProperties());
            }
            case 11 -> {
                int id = reader.packetIdentifier();
                List<ReasonCode> reasons = reasonCodes(ReasonCodes.UNSUBACK);
                yield new Unsuback(id, reasons, reasonString(), userProperties());
            }
            case 13 -> Pingresp.INSTANCE;
            case 14 -> disconnect();
            case 15 -> auth();
            default -> throw new AssertionError("Type " + type + " should have been refused");
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

    private Publish publish(int flags) {
        QoS qos = QOS[flags >> 1 & 3];
        String topic = reader.string("Topic Name");
        requireNoWildcard("Topic Name", topic);
        int packetIdentifier = qos == QoS.AT_MOST_ONCE ? 0 : reader.packetIdentifier();
        properties.read(reader, PUBLISH_PROPERTIES);
        Message.Builder message = Message.to(withoutAlias(topic)).qos(qos).retain((flags & 1) != 0);
        if (properties.flag(PAYLOAD_FORMAT_INDICATOR, false)) {
            message.utf8Payload(true);
        }
        if (properties.has(MESSAGE_EXPIRY_INTERVAL)) {
            message.expiry(Duration.ofSeconds(properties.integer(MESSAGE_EXPIRY_INTERVAL, 0)));
        }
        String contentType = properties.string(CONTENT_TYPE);
        if (contentType != null) {
            message.contentType(contentType);
        }
        String responseTopic = properties.string(RESPONSE_TOPIC);
        if (responseTopic != null) {
            requireNoWildcard("Response Topic", responseTopic);
            if (responseTopic.isEmpty()) {
                throw reader.protocolError("the Response Topic is empty");
            }
            message.responseTopic(responseTopic);
        }
        byte[] correlationData = properties.binaryData();
        if (correlationData != null) {
            message.correlationData(correlationData);
        }
        for (UserProperty property : properties.userProperties()) {
            message.userProperty(property.name(), property.value());
        }
        if (reader.remaining() > LARGEST_PAYLOAD) {
            throw reader.violation(
                    ReasonCode.PACKET_TOO_LARGE,
                    "its payload is above this client's limit of " + LARGEST_PAYLOAD + " bytes");
        }
        return new Publish(
                message.payload(reader.rest()).build(),
                packetIdentifier,
                (flags & 8) != 0,
                properties.subscriptionIdentifiers());
    }

    private void requireNoWildcard(String field, String topic) {
        if (topic.indexOf('+') >= 0 || topic.indexOf('#') >= 0) {
            throw reader.protocolError("the " + field + " holds a wildcard, + or #");
        }
    }

    /** The full topic; the rules are those of section 3.3.2.3.4. */
    private String withoutAlias(String topic) {
        if (!properties.has(TOPIC_ALIAS)) {
            if (topic.isEmpty()) {
                throw reader.protocolError("the Topic Name is empty and there is no Topic Alias");
            }
            return topic;
        }
        int alias = (int) properties.integer(TOPIC_ALIAS, 0);
        if (alias == 0 || alias > topicAliasMaximum) {
            throw reader.violation(
                    ReasonCode.TOPIC_ALIAS_INVALID,
                    "the Topic Alias is "
                            + alias
                            + (topicAliasMaximum == 0
                                    ? ", but the client allows none"
                                    : "; the client allows 1 to " + topicAliasMaximum));
        }
        if (topicsByAlias.length == 0) {
            topicsByAlias = new @Nullable String[topicAliasMaximum + 1];
        }
        if (!topic.isEmpty()) {
            topicsByAlias[alias] = topic;
            return topic;
        }
        String mapped = topicsByAlias[alias];
        if (mapped == null) {
            throw reader.protocolError(
                    "the Topic Name is empty and the Topic Alias "
                            + alias
                            + " was given no topic on this connection");
        }
        return mapped;
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
