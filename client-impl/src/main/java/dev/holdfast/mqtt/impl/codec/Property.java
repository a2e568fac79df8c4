package dev.holdfast.mqtt.impl.codec;

import static dev.holdfast.mqtt.impl.codec.Property.Type.BINARY_DATA;
import static dev.holdfast.mqtt.impl.codec.Property.Type.BYTE;
import static dev.holdfast.mqtt.impl.codec.Property.Type.FOUR_BYTE_INTEGER;
import static dev.holdfast.mqtt.impl.codec.Property.Type.STRING;
import static dev.holdfast.mqtt.impl.codec.Property.Type.STRING_PAIR;
import static dev.holdfast.mqtt.impl.codec.Property.Type.TWO_BYTE_INTEGER;
import static dev.holdfast.mqtt.impl.codec.Property.Type.VARIABLE_BYTE_INTEGER;

import org.jspecify.annotations.Nullable;

/** The properties (section 2.2.2.2) with the values they may have. */
enum Property {
    PAYLOAD_FORMAT_INDICATOR(0x01, "Payload Format Indicator", BYTE, 0, 1),
    MESSAGE_EXPIRY_INTERVAL(0x02, "Message Expiry Interval", FOUR_BYTE_INTEGER),
    CONTENT_TYPE(0x03, "Content Type", STRING),
    RESPONSE_TOPIC(0x08, "Response Topic", STRING),
    CORRELATION_DATA(0x09, "Correlation Data", BINARY_DATA),
    SUBSCRIPTION_IDENTIFIER(
            0x0B, "Subscription Identifier", VARIABLE_BYTE_INTEGER, 1, VariableByteInteger.MAXIMUM),
    SESSION_EXPIRY_INTERVAL(0x11, "Session Expiry Interval", FOUR_BYTE_INTEGER),
    ASSIGNED_CLIENT_IDENTIFIER(0x12, "Assigned Client Identifier", STRING),
    SERVER_KEEP_ALIVE(0x13, "Server Keep Alive", TWO_BYTE_INTEGER),
    AUTHENTICATION_METHOD(0x15, "Authentication Method", STRING),
    AUTHENTICATION_DATA(0x16, "Authentication Data", BINARY_DATA),
    REQUEST_PROBLEM_INFORMATION(0x17, "Request Problem Information", BYTE, 0, 1),
    WILL_DELAY_INTERVAL(0x18, "Will Delay Interval", FOUR_BYTE_INTEGER),
    REQUEST_RESPONSE_INFORMATION(0x19, "Request Response Information", BYTE, 0, 1),
    RESPONSE_INFORMATION(0x1A, "Response Information", STRING),
    SERVER_REFERENCE(0x1C, "Server Reference", STRING),
    REASON_STRING(0x1F, "Reason String", STRING),
    RECEIVE_MAXIMUM(0x21, "Receive Maximum", TWO_BYTE_INTEGER, 1, 0xFFFF),
    TOPIC_ALIAS_MAXIMUM(0x22, "Topic Alias Maximum", TWO_BYTE_INTEGER),
    /** Zero is an error too, but one with a Reason Code of its own. */
    TOPIC_ALIAS(0x23, "Topic Alias", TWO_BYTE_INTEGER),
    MAXIMUM_QOS(0x24, "Maximum QoS", BYTE, 0, 1),
    RETAIN_AVAILABLE(0x25, "Retain Available", BYTE, 0, 1),
    USER_PROPERTY(0x26, "User Property", STRING_PAIR),
    MAXIMUM_PACKET_SIZE(0x27, "Maximum Packet Size", FOUR_BYTE_INTEGER, 1, 0xFFFF_FFFFL),
    WILDCARD_SUBSCRIPTION_AVAILABLE(0x28, "Wildcard Subscription Available", BYTE, 0, 1),
    SUBSCRIPTION_IDENTIFIER_AVAILABLE(0x29, "Subscription Identifier Available", BYTE, 0, 1),
    SHARED_SUBSCRIPTION_AVAILABLE(0x2A, "Shared Subscription Available", BYTE, 0, 1);

    /** How the value of a property is written. */
    enum Type {
        BYTE,
        TWO_BYTE_INTEGER,
        FOUR_BYTE_INTEGER,
        VARIABLE_BYTE_INTEGER,
        STRING,
        STRING_PAIR,
        BINARY_DATA
    }

    /** Below 64, so that the bits of a long hold a set of properties. */
    static final int HIGHEST_IDENTIFIER = 0x2A;

    private static final @Nullable Property[] BY_IDENTIFIER =
            new @Nullable Property[HIGHEST_IDENTIFIER + 1];

    static {
        for (Property property : values()) {
            BY_IDENTIFIER[property.identifier] = property;
        }
    }

    final int identifier;
    final String text;
    final Type type;
    final long minimum;
    final long maximum;

    Property(int identifier, String text, Type type, long minimum, long maximum) {
        this.identifier = identifier;
        this.text = text;
        this.type = type;
        this.minimum = minimum;
        this.maximum = maximum;
    }

    Property(int identifier, String text, Type type) {
        this(identifier, text, type, 0, type == TWO_BYTE_INTEGER ? 0xFFFF : 0xFFFF_FFFFL);
    }

    static @Nullable Property of(int identifier) {
        return identifier <= HIGHEST_IDENTIFIER ? BY_IDENTIFIER[identifier] : null;
    }

    /** The set of this property alone. */
    long bit() {
        return 1L << identifier;
    }

    static long setOf(Property... properties) {
        long set = 0;
        for (Property property : properties) {
            set |= property.bit();
        }
        return set;
    }
}
