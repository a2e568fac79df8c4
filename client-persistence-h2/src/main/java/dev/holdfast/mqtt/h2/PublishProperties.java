package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.UserProperty;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The properties of a message in one column, as a PUBLISH packet carries them (MQTT 5, section
 * 3.3.2.3) but without the length in front; null if there are none.
 */
final class PublishProperties {
    private static final int PAYLOAD_FORMAT_INDICATOR = 0x01;
    private static final int MESSAGE_EXPIRY_INTERVAL = 0x02;
    private static final int CONTENT_TYPE = 0x03;
    private static final int RESPONSE_TOPIC = 0x08;
    private static final int CORRELATION_DATA = 0x09;
    private static final int SUBSCRIPTION_IDENTIFIER = 0x0B;
    private static final int USER_PROPERTY = 0x26;

    private PublishProperties() {}

    static byte @Nullable [] pack(Message message) {
        return pack(message, List.of());
    }

    /** With the Subscription Identifiers that came with a received message. */
    static byte @Nullable [] pack(Message message, List<Integer> subscriptionIdentifiers) {
        if (subscriptionIdentifiers.isEmpty()
                && !message.utf8Payload()
                && message.expiry().isEmpty()
                && message.contentType().isEmpty()
                && message.responseTopic().isEmpty()
                && message.correlationData().isEmpty()
                && message.userProperties().isEmpty()) {
            return null;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (message.utf8Payload()) {
            out.write(PAYLOAD_FORMAT_INDICATOR);
            out.write(1);
        }
        message.expiry()
                .ifPresent(
                        expiry -> {
                            out.write(MESSAGE_EXPIRY_INTERVAL);
                            int seconds = (int) expiry.toSeconds(); // unsigned
                            out.writeBytes(ByteBuffer.allocate(4).putInt(seconds).array());
                        });
        message.contentType().ifPresent(text -> write(out, CONTENT_TYPE, text));
        message.responseTopic().ifPresent(text -> write(out, RESPONSE_TOPIC, text));
        message.correlationData()
                .ifPresent(
                        data -> {
                            byte[] bytes = new byte[data.remaining()];
                            data.get(bytes);
                            out.write(CORRELATION_DATA);
                            write(out, bytes);
                        });
        for (int identifier : subscriptionIdentifiers) {
            out.write(SUBSCRIPTION_IDENTIFIER);
            writeVariableByteInteger(out, identifier);
        }
        for (UserProperty property : message.userProperties()) {
            write(out, USER_PROPERTY, property.name());
            write(out, property.value().getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }

    private static void writeVariableByteInteger(ByteArrayOutputStream out, int value) {
        int rest = value;
        for (; rest > 0x7F; rest >>>= 7) {
            out.write((rest & 0x7F) | 0x80);
        }
        out.write(rest);
    }

    private static void write(ByteArrayOutputStream out, int identifier, String text) {
        out.write(identifier);
        write(out, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void write(ByteArrayOutputStream out, byte[] bytes) {
        out.write(bytes.length >>> 8);
        out.write(bytes.length);
        out.writeBytes(bytes);
    }

    /**
     * Adds what was packed to a message.
     *
     * @throws IllegalArgumentException if the bytes are no properties of a PUBLISH
     */
    static void unpack(byte @Nullable [] packed, Message.Builder message) {
        unpack(packed, message, null);
    }

    /**
     * Adds what was packed to a message.
     *
     * @param subscriptionIdentifiers takes those of a received message; null where there are none
     * @throws IllegalArgumentException if the bytes are no properties of a PUBLISH
     */
    static void unpack(
            byte @Nullable [] packed,
            Message.Builder message,
            @Nullable List<Integer> subscriptionIdentifiers) {
        if (packed == null) {
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(packed);
        try {
            while (in.hasRemaining()) {
                readOne(in, message, subscriptionIdentifiers);
            }
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("The properties end in the middle of one", e);
        }
    }

    private static void readOne(
            ByteBuffer in, Message.Builder message, @Nullable List<Integer> identifiers) {
        int identifier = in.get();
        if (identifier == SUBSCRIPTION_IDENTIFIER && identifiers != null) {
            identifiers.add(variableByteInteger(in));
            return;
        }
        switch (identifier) {
            case PAYLOAD_FORMAT_INDICATOR -> message.utf8Payload(in.get() != 0);
            case MESSAGE_EXPIRY_INTERVAL ->
                    message.expiry(Duration.ofSeconds(Integer.toUnsignedLong(in.getInt())));
            case CONTENT_TYPE -> message.contentType(text(in));
            case RESPONSE_TOPIC -> message.responseTopic(text(in));
            case CORRELATION_DATA -> message.correlationData(bytes(in));
            case USER_PROPERTY -> message.userProperty(text(in), text(in));
            default ->
                    throw new IllegalArgumentException(
                            "Property 0x" + Integer.toHexString(identifier) + " is unknown");
        }
    }

    private static int variableByteInteger(ByteBuffer in) {
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7) {
            int next = in.get();
            value |= (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("A Variable Byte Integer has more than four bytes");
    }

    private static String text(ByteBuffer in) {
        return new String(bytes(in), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[in.getShort() & 0xFFFF];
        in.get(bytes);
        return bytes;
    }
}
