package dev.holdfast.mqtt.impl.codec;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.UserProperty;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the fields of packets. Every method returns the bytes its field takes, and writes them if
 * it is given a buffer: the same description of a packet yields its Remaining Length and its bytes.
 */
final class Fields {
    private Fields() {}

    static long oneByte(@Nullable ByteBuf out, int value) {
        if (out != null) {
            out.writeByte(value);
        }
        return 1;
    }

    static long twoByteInteger(@Nullable ByteBuf out, String field, long minimum, long value) {
        requireInRange(field, value, minimum, 0xFFFF);
        if (out != null) {
            out.writeShort((int) value);
        }
        return 2;
    }

    static int value(QoS qos) {
        return switch (qos) {
            case AT_MOST_ONCE -> 0;
            case AT_LEAST_ONCE -> 1;
            case EXACTLY_ONCE -> 2;
        };
    }

    /** A value above the maximum is counted only; the packet is refused for its size. */
    static long variableByteInteger(@Nullable ByteBuf out, long value) {
        if (out != null) {
            VariableByteInteger.write(out, (int) value);
        }
        return VariableByteInteger.size(value);
    }

    static long string(@Nullable ByteBuf out, String field, String value) {
        int length = Utf8.length(field, value);
        if (out != null) {
            out.writeShort(length);
            Utf8.write(out, value, length);
        }
        return 2L + length;
    }

    static long binaryData(@Nullable ByteBuf out, String field, ByteBuffer value) {
        int length = value.remaining();
        requireInRange("The length of " + field, length, 0, 0xFFFF);
        if (out != null) {
            out.writeShort(length);
            out.writeBytes(value.duplicate());
        }
        return 2L + length;
    }

    static long property(@Nullable ByteBuf out, Property property, long value) {
        requireInRange(property.text, value, property.minimum, property.maximum);
        long size = 1;
        if (out != null) {
            out.writeByte(property.identifier);
        }
        switch (property.type) {
            case BYTE -> size += oneByte(out, (int) value);
            case TWO_BYTE_INTEGER -> size += twoByteInteger(out, property.text, 0, value);
            case FOUR_BYTE_INTEGER -> {
                if (out != null) {
                    out.writeInt((int) value);
                }
                size += 4;
            }
            case VARIABLE_BYTE_INTEGER -> size += variableByteInteger(out, value);
            default -> throw new IllegalArgumentException(property + " is no integer");
        }
        return size;
    }

    static long property(@Nullable ByteBuf out, Property property, @Nullable String value) {
        if (value == null) {
            return 0;
        }
        return oneByte(out, property.identifier) + string(out, property.text, value);
    }

    static long property(@Nullable ByteBuf out, Property property, @Nullable ByteBuffer value) {
        if (value == null) {
            return 0;
        }
        return oneByte(out, property.identifier) + binaryData(out, property.text, value);
    }

    static long userProperties(@Nullable ByteBuf out, List<UserProperty> properties) {
        long size = 0;
        for (int i = 0; i < properties.size(); i++) {
            UserProperty property = properties.get(i);
            size += oneByte(out, Property.USER_PROPERTY.identifier);
            size += string(out, "User Property name", property.name());
            size += string(out, "User Property value", property.value());
        }
        return size;
    }

    static void requireInRange(String field, long value, long minimum, long maximum) {
        if (value < minimum || value > maximum) {
            throw new IllegalArgumentException(
                    field + " " + value + " is not " + minimum + " to " + maximum);
        }
    }
}
