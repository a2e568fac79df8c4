package dev.holdfast.mqtt.impl.codec;

import static dev.holdfast.mqtt.impl.codec.Property.CONTENT_TYPE;
import static dev.holdfast.mqtt.impl.codec.Property.CORRELATION_DATA;
import static dev.holdfast.mqtt.impl.codec.Property.MESSAGE_EXPIRY_INTERVAL;
import static dev.holdfast.mqtt.impl.codec.Property.PAYLOAD_FORMAT_INDICATOR;
import static dev.holdfast.mqtt.impl.codec.Property.RESPONSE_TOPIC;
import static dev.holdfast.mqtt.impl.codec.Property.SUBSCRIPTION_IDENTIFIER;
import static dev.holdfast.mqtt.impl.codec.Property.TOPIC_ALIAS;
import static dev.holdfast.mqtt.impl.codec.Property.USER_PROPERTY;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** PUBLISH (section 3.3), with the Topic Aliases of one network connection. */
final class PublishDecoder {
    /** What {@link Message.Builder#payload} takes, a little less than a packet can hold. */
    private static final int LARGEST_PAYLOAD = 268_000_000;

    private static final @Nullable String[] NONE = new @Nullable String[0];
    private static final QoS[] QOS = QoS.values();
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

    private final PacketReader reader;
    private final ReceivedProperties properties;
    private final int topicAliasMaximum;

    /** The topic of each alias at its own index; empty until the first alias arrives. */
    private @Nullable String[] topicsByAlias = NONE;

    PublishDecoder(PacketReader reader, ReceivedProperties properties, int topicAliasMaximum) {
        this.reader = reader;
        this.properties = properties;
        this.topicAliasMaximum = topicAliasMaximum;
    }

    void requireRightFlags(int flags) {
        int qos = flags >> 1 & 3;
        if (qos == 3) {
            throw reader.malformed("it has QoS 3, which does not exist");
        }
        if (qos == 0 && (flags & 8) != 0) {
            throw reader.protocolError("it has DUP 1 at QoS 0");
        }
    }

    Publish read(int flags) {
        QoS qos = QOS[flags >> 1 & 3];
        String topic = reader.string("Topic Name");
        requireNoWildcard("Topic Name", topic);
        int packetIdentifier = qos == QoS.AT_MOST_ONCE ? 0 : reader.packetIdentifier();
        properties.read(reader, PUBLISH_PROPERTIES);
        Message.Builder message = Message.to(withoutAlias(topic)).qos(qos).retain((flags & 1) != 0);
        addProperties(message);
        if (reader.remaining() > LARGEST_PAYLOAD) {
            throw reader.violation(
                    ReasonCode.PACKET_TOO_LARGE,
                    "its payload is above this client's limit of " + LARGEST_PAYLOAD + " bytes");
        }
        return new Publish(
                message.payloadWithoutCopy(reader.rest()).build(),
                packetIdentifier,
                (flags & 8) != 0,
                properties.subscriptionIdentifiers());
    }

    private void addProperties(Message.Builder message) {
        message.utf8Payload(properties.flag(PAYLOAD_FORMAT_INDICATOR, false));
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
}
