package dev.holdfast.mqtt.impl.codec;

import static dev.holdfast.mqtt.impl.codec.Fields.property;
import static dev.holdfast.mqtt.impl.codec.Fields.string;
import static dev.holdfast.mqtt.impl.codec.Fields.twoByteInteger;
import static dev.holdfast.mqtt.impl.codec.Fields.userProperties;
import static dev.holdfast.mqtt.impl.codec.Fields.variableByteInteger;
import static dev.holdfast.mqtt.impl.codec.Property.CONTENT_TYPE;
import static dev.holdfast.mqtt.impl.codec.Property.CORRELATION_DATA;
import static dev.holdfast.mqtt.impl.codec.Property.MESSAGE_EXPIRY_INTERVAL;
import static dev.holdfast.mqtt.impl.codec.Property.PAYLOAD_FORMAT_INDICATOR;
import static dev.holdfast.mqtt.impl.codec.Property.RESPONSE_TOPIC;
import static dev.holdfast.mqtt.impl.codec.Property.TOPIC_ALIAS;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.impl.packet.Publish;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** PUBLISH (section 3.3), and what it has in common with the will. */
final class PublishEncoder {
    private PublishEncoder() {}

    static int firstByte(Publish p) {
        return 0x30
                | (p.dup() ? 8 : 0)
                | Fields.value(p.message().qos()) << 1
                | (p.message().retain() ? 1 : 0);
    }

    /**
     * The body.
     *
     * @param topic empty where the alias stands for it
     * @param alias 0 for none
     */
    static long body(Publish p, String topic, int alias, @Nullable ByteBuf out) {
        Message message = p.message();
        boolean acknowledged = message.qos() != QoS.AT_MOST_ONCE;
        Encoder.require(acknowledged || !p.dup(), "A PUBLISH of QoS 0 has DUP 1");
        Encoder.require(
                acknowledged || p.packetIdentifier() == 0, "A PUBLISH of QoS 0 has an identifier");
        Encoder.require(
                p.subscriptionIdentifiers().isEmpty(),
                "A PUBLISH from a client has a Subscription Identifier");
        long size = string(out, "Topic Name", topic);
        if (acknowledged) {
            size += twoByteInteger(out, "Packet Identifier", 1, p.packetIdentifier());
        }
        long properties = properties(message, alias, null);
        size += variableByteInteger(out, properties) + properties;
        if (out != null) {
            properties(message, alias, out);
            writePayload(message, out);
        }
        return size + message.payloadSize();
    }

    private static void writePayload(Message message, ByteBuf out) {
        int size = message.payloadSize();
        out.ensureWritable(size);
        if (out.nioBufferCount() != 1) {
            out.writeBytes(message.payload());
            return;
        }
        message.putPayload(out.internalNioBuffer(out.writerIndex(), size));
        out.writerIndex(out.writerIndex() + size);
    }

    private static long properties(Message message, int alias, @Nullable ByteBuf out) {
        long size = alias == 0 ? 0 : property(out, TOPIC_ALIAS, alias);
        return size + messageProperties(message, out);
    }

    /** What PUBLISH and the Will Properties have in common. */
    static long messageProperties(Message message, @Nullable ByteBuf out) {
        long size = 0;
        if (message.utf8Payload()) {
            size += property(out, PAYLOAD_FORMAT_INDICATOR, 1);
        }
        if (message.expiry().isPresent()) {
            size += property(out, MESSAGE_EXPIRY_INTERVAL, message.expiry().get().toSeconds());
        }
        size += property(out, CONTENT_TYPE, message.contentType().orElse(null));
        size += property(out, RESPONSE_TOPIC, message.responseTopic().orElse(null));
        size += property(out, CORRELATION_DATA, message.correlationData().orElse(null));
        return size + userProperties(out, message.userProperties());
    }
}
