package dev.holdfast.mqtt;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An Application Message with what travels beside its payload in a PUBLISH packet (MQTT 5, section
 * 3.3). Immutable and safe to share between threads.
 *
 * <pre>{@code
 * Message.to("press/17/parts").payload("4711").qos(QoS.EXACTLY_ONCE).build();
 * }</pre>
 */
public final class Message {
    private static final int MAXIMUM_PAYLOAD = 268_000_000;
    private static final long NO_EXPIRY = -1;

    private final String topic;
    private final byte[] payload;
    private final QoS qos;
    private final boolean retain;
    private final boolean utf8Payload;
    private final long expirySeconds;
    private final Extras extras;

    /** What most messages have none of: they share one object that says so. */
    private static final class Extras {
        static final Extras NONE = new Extras(to("none"));

        final @Nullable String contentType;
        final @Nullable String responseTopic;
        final byte @Nullable [] correlationData;
        final List<UserProperty> userProperties;

        private Extras(Builder b) {
            contentType = b.contentType;
            responseTopic = b.responseTopic;
            correlationData = b.correlationData;
            userProperties = List.copyOf(b.userProperties);
        }

        static Extras of(Builder b) {
            boolean none =
                    b.contentType == null
                            && b.responseTopic == null
                            && b.correlationData == null
                            && b.userProperties.isEmpty();
            return none ? NONE : new Extras(b);
        }

        boolean hasSameAs(Extras other) {
            return Objects.equals(contentType, other.contentType)
                    && Objects.equals(responseTopic, other.responseTopic)
                    && Arrays.equals(correlationData, other.correlationData)
                    && userProperties.equals(other.userProperties);
        }
    }

    private Message(Builder b) {
        topic = b.topic;
        payload = b.payload;
        qos = b.qos;
        retain = b.retain;
        utf8Payload = b.utf8Payload;
        expirySeconds = b.expirySeconds;
        extras = Extras.of(b);
    }

    /**
     * Starts a message to a topic: no payload, QoS 1, not retained, until something else is said.
     *
     * @param topic the Topic Name: at least one character, no wildcards, at most 65,535 bytes in
     *     UTF-8
     * @return a builder
     * @throws IllegalArgumentException if the topic is no Topic Name
     */
    public static Builder to(String topic) {
        return new Builder(Strings.requireTopicName("Topic Name", topic));
    }

    /**
     * The Topic Name.
     *
     * @return the full topic, also when the packet carried a Topic Alias
     */
    public String topic() {
        return topic;
    }

    /**
     * The payload.
     *
     * @return a new read-only view of it, from its first to its last byte
     */
    public ByteBuffer payload() {
        return ByteBuffer.wrap(payload).asReadOnlyBuffer();
    }

    /**
     * Puts the payload into a buffer, without making a view or a copy of it.
     *
     * @param target with room for {@link #payloadSize()} bytes at its position, which moves behind
     *     them
     */
    public void putPayload(ByteBuffer target) {
        target.put(payload);
    }

    /**
     * The payload as an array.
     *
     * @return a copy, free to change
     */
    public byte[] payloadBytes() {
        return payload.clone();
    }

    /**
     * The payload read as UTF-8.
     *
     * @return the text; bytes that are no UTF-8 become U+FFFD
     */
    public String payloadText() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    /**
     * The size of the payload.
     *
     * @return in bytes
     */
    public int payloadSize() {
        return payload.length;
    }

    /**
     * The Quality of Service.
     *
     * @return as published, or as the server forwarded it
     */
    public QoS qos() {
        return qos;
    }

    /**
     * The RETAIN flag.
     *
     * @return for a message to publish: whether the server shall keep it; for a received one see
     *     section 3.3.1.3
     */
    public boolean retain() {
        return retain;
    }

    /**
     * The Payload Format Indicator.
     *
     * @return true if the sender says that the payload is UTF-8 text
     */
    public boolean utf8Payload() {
        return utf8Payload;
    }

    /**
     * The Message Expiry Interval.
     *
     * @return the lifetime in whole seconds, or empty if the message does not expire
     */
    public Optional<Duration> expiry() {
        return expirySeconds == NO_EXPIRY
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds(expirySeconds));
    }

    /**
     * The Content Type.
     *
     * @return what the sender says of the payload, often a MIME type
     */
    public Optional<String> contentType() {
        return Optional.ofNullable(extras.contentType);
    }

    /**
     * The Response Topic.
     *
     * @return where the sender wants an answer
     */
    public Optional<String> responseTopic() {
        return Optional.ofNullable(extras.responseTopic);
    }

    /**
     * The Correlation Data.
     *
     * @return a new read-only view of the bytes that belong to the request
     */
    public Optional<ByteBuffer> correlationData() {
        byte @Nullable [] data = extras.correlationData;
        return data == null
                ? Optional.empty()
                : Optional.of(ByteBuffer.wrap(data).asReadOnlyBuffer());
    }

    /**
     * The User Properties in their order.
     *
     * @return an immutable list
     */
    public List<UserProperty> userProperties() {
        return extras.userProperties;
    }

    /**
     * Starts another message from this one.
     *
     * @return a builder that holds all of this message
     */
    public Builder toBuilder() {
        Builder b = new Builder(topic);
        b.payload = payload;
        b.qos = qos;
        b.retain = retain;
        b.utf8Payload = utf8Payload;
        b.expirySeconds = expirySeconds;
        b.contentType = extras.contentType;
        b.responseTopic = extras.responseTopic;
        b.correlationData = extras.correlationData;
        b.userProperties = extras.userProperties;
        return b;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Message m
                && topic.equals(m.topic)
                && Arrays.equals(payload, m.payload)
                && qos == m.qos
                && retain == m.retain
                && utf8Payload == m.utf8Payload
                && expirySeconds == m.expirySeconds
                && extras.hasSameAs(m.extras);
    }

    @Override
    public int hashCode() {
        return Objects.hash(topic, Arrays.hashCode(payload), qos, retain);
    }

    /** Names topic, QoS and size, never the payload: logs must not leak what messages say. */
    @Override
    public String toString() {
        return "Message["
                + topic
                + ", "
                + qos
                + (retain ? ", retained" : "")
                + ", "
                + payload.length
                + " B]";
    }

    /** Collects a {@link Message}. Not safe for use by several threads at once. */
    public static final class Builder {
        private static final byte[] EMPTY = {};

        private final String topic;
        private byte[] payload = EMPTY;
        private QoS qos = QoS.AT_LEAST_ONCE;
        private boolean retain;
        private boolean utf8Payload;
        private long expirySeconds = NO_EXPIRY;
        private @Nullable String contentType;
        private @Nullable String responseTopic;
        private byte @Nullable [] correlationData;
        private List<UserProperty> userProperties = List.of();
        private boolean userPropertiesAreOwn;

        private Builder(String topic) {
            this.topic = topic;
        }

        /**
         * Sets the payload.
         *
         * @param bytes copied, at most 268,000,000
         * @return this
         */
        public Builder payload(byte[] bytes) {
            return own(bytes.clone());
        }

        /**
         * Sets the payload, and keeps the array itself in place of a copy: for large messages, or
         * very many. The array must not be changed as long as anybody holds the message. What is
         * changed before the message is acknowledged may be sent, or stored, half one way and half
         * the other.
         *
         * @param bytes kept, at most 268,000,000
         * @return this
         */
        public Builder payloadWithoutCopy(byte[] bytes) {
            return own(bytes);
        }

        /**
         * Sets the payload.
         *
         * @param bytes the remaining ones are copied, at most 268,000,000; the buffer's position
         *     stays
         * @return this
         */
        public Builder payload(ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(bytes.position(), copy);
            return own(copy);
        }

        /**
         * Sets the payload to a text in UTF-8. The Payload Format Indicator stays as it is; see
         * {@link #utf8Payload}.
         *
         * @param text any text
         * @return this
         */
        public Builder payload(String text) {
            return own(text.getBytes(StandardCharsets.UTF_8));
        }

        private Builder own(byte[] bytes) {
            if (bytes.length > MAXIMUM_PAYLOAD) {
                throw new IllegalArgumentException(
                        "The payload has "
                                + bytes.length
                                + " bytes; an MQTT packet holds at most "
                                + MAXIMUM_PAYLOAD
                                + ": split it");
            }
            payload = bytes;
            return this;
        }

        /**
         * Sets the Quality of Service; {@link QoS#AT_LEAST_ONCE} until set.
         *
         * @param qos how surely it shall arrive
         * @return this
         */
        public Builder qos(QoS qos) {
            this.qos = Objects.requireNonNull(qos);
            return this;
        }

        /**
         * Sets the RETAIN flag; false until set.
         *
         * @param retain whether the server keeps the message for later subscribers
         * @return this
         */
        public Builder retain(boolean retain) {
            this.retain = retain;
            return this;
        }

        /**
         * Sets the Payload Format Indicator; false until set.
         *
         * @param utf8 whether to tell receivers that the payload is UTF-8 text
         * @return this
         */
        public Builder utf8Payload(boolean utf8) {
            this.utf8Payload = utf8;
            return this;
        }

        /**
         * Sets the Message Expiry Interval. It counts from the call of {@code publish}, in the
         * local queue as well as on the server.
         *
         * @param expiry 0 to 4,294,967,295 seconds; a part of a second counts as a whole one
         * @return this
         */
        public Builder expiry(Duration expiry) {
            this.expirySeconds = Durations.toWholeSeconds("Message Expiry Interval", expiry);
            return this;
        }

        /**
         * Sets the Content Type.
         *
         * @param contentType a UTF-8 string of at most 65,535 bytes
         * @return this
         */
        public Builder contentType(String contentType) {
            this.contentType = Strings.requireEncodable("Content Type", contentType);
            return this;
        }

        /**
         * Sets the Response Topic.
         *
         * @param topic a Topic Name without wildcards
         * @return this
         */
        public Builder responseTopic(String topic) {
            this.responseTopic = Strings.requireTopicName("Response Topic", topic);
            return this;
        }

        /**
         * Sets the Correlation Data.
         *
         * @param data at most 65,535 bytes, copied
         * @return this
         */
        public Builder correlationData(byte[] data) {
            if (data.length > Strings.MAXIMUM_LENGTH) {
                throw new IllegalArgumentException(
                        "Correlation Data has "
                                + data.length
                                + " bytes; MQTT allows "
                                + Strings.MAXIMUM_LENGTH);
            }
            this.correlationData = data.clone();
            return this;
        }

        /**
         * Adds a User Property behind those already there.
         *
         * @param name its name, which may repeat
         * @param value its value
         * @return this
         */
        public Builder userProperty(String name, String value) {
            UserProperty property = new UserProperty(name, value);
            if (!userPropertiesAreOwn) {
                userProperties = new ArrayList<>(userProperties);
                userPropertiesAreOwn = true;
            }
            userProperties.add(property);
            return this;
        }

        /**
         * Builds the message.
         *
         * @return an immutable message
         */
        public Message build() {
            return new Message(this);
        }
    }
}
