package dev.holdfast.mqtt.impl.codec;

import static dev.holdfast.mqtt.impl.codec.Fields.binaryData;
import static dev.holdfast.mqtt.impl.codec.Fields.oneByte;
import static dev.holdfast.mqtt.impl.codec.Fields.property;
import static dev.holdfast.mqtt.impl.codec.Fields.string;
import static dev.holdfast.mqtt.impl.codec.Fields.twoByteInteger;
import static dev.holdfast.mqtt.impl.codec.Fields.userProperties;
import static dev.holdfast.mqtt.impl.codec.Fields.variableByteInteger;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.Will;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** CONNECT (section 3.1), the one packet with optional parts outside its properties. */
final class ConnectEncoder {
    private static final int VERSION = 5;
    private static final int RECEIVE_MAXIMUM_DEFAULT = 65_535;

    private ConnectEncoder() {}

    static long body(Connect p, @Nullable ByteBuf out) {
        if (p.authenticationData() != null && p.authenticationMethod() == null) {
            throw new IllegalArgumentException(
                    "A CONNECT has Authentication Data without an Authentication Method");
        }
        long size = string(out, "Protocol Name", "MQTT");
        size += oneByte(out, VERSION);
        size += oneByte(out, flags(p));
        size += twoByteInteger(out, "Keep Alive", 0, p.keepAlive());
        long properties = properties(p, null);
        size += variableByteInteger(out, properties) + properties;
        if (out != null) {
            properties(p, out);
        }
        size += string(out, "Client Identifier", p.clientIdentifier());
        if (p.will() != null) {
            size += will(p.will(), out);
        }
        if (p.credentials() != null) {
            size += credentials(p.credentials(), out);
        }
        return size;
    }

    private static int flags(Connect p) {
        int flags = p.cleanStart() ? 0x02 : 0;
        Will will = p.will();
        if (will != null) {
            flags |= 0x04 | Fields.value(will.message().qos()) << 3;
            flags |= will.message().retain() ? 0x20 : 0;
        }
        Credentials credentials = p.credentials();
        if (credentials != null) {
            flags |= credentials.password().isPresent() ? 0x40 : 0;
            flags |= credentials.userName().isPresent() ? 0x80 : 0;
        }
        return flags;
    }

    private static long properties(Connect p, @Nullable ByteBuf out) {
        long size = 0;
        if (p.sessionExpiryInterval() != 0) {
            size += property(out, Property.SESSION_EXPIRY_INTERVAL, p.sessionExpiryInterval());
        }
        if (p.receiveMaximum() != RECEIVE_MAXIMUM_DEFAULT) {
            size += property(out, Property.RECEIVE_MAXIMUM, p.receiveMaximum());
        }
        if (p.maximumPacketSize() < Connack.NO_PACKET_LIMIT) {
            size += property(out, Property.MAXIMUM_PACKET_SIZE, p.maximumPacketSize());
        }
        if (p.topicAliasMaximum() != 0) {
            size += property(out, Property.TOPIC_ALIAS_MAXIMUM, p.topicAliasMaximum());
        }
        if (p.requestResponseInformation()) {
            size += property(out, Property.REQUEST_RESPONSE_INFORMATION, 1);
        }
        if (!p.requestProblemInformation()) {
            size += property(out, Property.REQUEST_PROBLEM_INFORMATION, 0);
        }
        size += property(out, Property.AUTHENTICATION_METHOD, p.authenticationMethod());
        size += property(out, Property.AUTHENTICATION_DATA, p.authenticationData());
        return size + userProperties(out, p.userProperties());
    }

    private static long will(Will will, @Nullable ByteBuf out) {
        long properties = willProperties(will, null);
        long size = variableByteInteger(out, properties) + properties;
        if (out != null) {
            willProperties(will, out);
        }
        size += string(out, "Will Topic", will.message().topic());
        return size + binaryData(out, "Will Payload", will.message().payload());
    }

    private static long willProperties(Will will, @Nullable ByteBuf out) {
        long size = 0;
        if (!will.delay().isZero()) {
            size += property(out, Property.WILL_DELAY_INTERVAL, will.delay().toSeconds());
        }
        return size + PublishEncoder.messageProperties(will.message(), out);
    }

    private static long credentials(Credentials credentials, @Nullable ByteBuf out) {
        long size = 0;
        if (credentials.userName().isPresent()) {
            size += string(out, "User Name", credentials.userName().get());
        }
        if (credentials.password().isPresent()) {
            size += binaryData(out, "Password", ByteBuffer.wrap(credentials.password().get()));
        }
        return size;
    }
}
