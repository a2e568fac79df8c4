package dev.holdfast.mqtt.impl.codec;

import dev.holdfast.mqtt.UserProperty;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The properties of one received packet after another, checked by section 2.2.2. */
public final class ReceivedProperties {
    private static final int COUNT = Property.HIGHEST_IDENTIFIER + 1;

    /** Reads their packet, which is one at a time as well. */
    final PacketReader reader = new PacketReader();

    private long present;
    private final long[] integers = new long[COUNT];
    private final @Nullable String[] strings = new @Nullable String[COUNT];

    /** No packet has two properties of this type. */
    private byte @Nullable [] binaryData;

    private List<UserProperty> userProperties = List.of();
    private List<Integer> subscriptionIdentifiers = List.of();

    /** Starts without properties. */
    public ReceivedProperties() {}

    /**
     * Reads Property Length and properties of which {@code allowed} is the {@link Property#setOf}.
     */
    void read(PacketReader reader, long allowed) {
        int length = reader.variableByteInteger("Property Length");
        int outerEnd = reader.enter(length, "properties");
        while (reader.remaining() > 0) {
            int identifier = reader.variableByteInteger("Property Identifier");
            Property property = Property.of(identifier);
            if (property == null) {
                throw reader.malformed(
                        String.format(
                                "a property has the identifier 0x%02X, which MQTT 5 does not know",
                                identifier));
            }
            long bit = property.bit();
            if ((allowed & bit) == 0) {
                throw reader.malformed(
                        "the property " + property.text + " is not allowed in this packet");
            }
            if ((present & bit) != 0 && !mayRepeat(property)) {
                throw reader.protocolError("the property " + property.text + " occurs twice");
            }
            present |= bit;
            readValue(reader, property);
        }
        reader.leave(outerEnd);
    }

    private void readValue(PacketReader reader, Property property) {
        String text = property.text;
        switch (property.type) {
            case BYTE -> integer(reader, property, reader.oneByte(text));
            case TWO_BYTE_INTEGER -> integer(reader, property, reader.twoByteInteger(text));
            case FOUR_BYTE_INTEGER -> integer(reader, property, reader.fourByteInteger(text));
            case VARIABLE_BYTE_INTEGER ->
                    integer(reader, property, reader.variableByteInteger(text));
            case STRING -> strings[property.identifier] = reader.string(text);
            case BINARY_DATA -> binaryData = reader.binaryData(text);
            case STRING_PAIR -> {
                String name = reader.string("User Property name");
                String value = reader.string("User Property value");
                userProperties = appended(userProperties, new UserProperty(name, value));
            }
        }
    }

    private void integer(PacketReader reader, Property property, long value) {
        if (value < property.minimum || value > property.maximum) {
            throw reader.protocolError(
                    "the property "
                            + property.text
                            + " is "
                            + value
                            + "; it must be "
                            + property.minimum
                            + " to "
                            + property.maximum);
        }
        if (property == Property.SUBSCRIPTION_IDENTIFIER) {
            subscriptionIdentifiers = appended(subscriptionIdentifiers, (int) value);
        } else {
            integers[property.identifier] = value;
        }
    }

    private static boolean mayRepeat(Property property) {
        return property == Property.USER_PROPERTY || property == Property.SUBSCRIPTION_IDENTIFIER;
    }

    private static <T> List<T> appended(List<T> list, T element) {
        List<T> longer = list.isEmpty() ? new ArrayList<>() : list;
        longer.add(element);
        return longer;
    }

    boolean has(Property property) {
        return (present & property.bit()) != 0;
    }

    long integer(Property property, long ifAbsent) {
        return has(property) ? integers[property.identifier] : ifAbsent;
    }

    boolean flag(Property property, boolean ifAbsent) {
        return has(property) ? integers[property.identifier] == 1 : ifAbsent;
    }

    @Nullable String string(Property property) {
        return strings[property.identifier];
    }

    byte @Nullable [] binaryData() {
        return binaryData;
    }

    /** An unmodifiable list that belongs to the caller. */
    List<UserProperty> userProperties() {
        return userProperties.isEmpty() ? List.of() : Collections.unmodifiableList(userProperties);
    }

    /** An unmodifiable list that belongs to the caller. */
    List<Integer> subscriptionIdentifiers() {
        return subscriptionIdentifiers.isEmpty()
                ? List.of()
                : Collections.unmodifiableList(subscriptionIdentifiers);
    }

    /** Lets go of one packet before the next is read. */
    void clear() {
        if (present != 0) {
            present = 0;
            Arrays.fill(strings, null);
            binaryData = null;
            userProperties = List.of();
            subscriptionIdentifiers = List.of();
        }
    }
}
