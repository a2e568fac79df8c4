package dev.holdfast.mqtt.impl.codec;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.Subscription.RetainHandling;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.Will;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one packet of a client and asserts every rule of its format; see {@link ServerCodec}. */
final class ClientPacketReader {
    /** The low four bits of the first byte by packet type; -1 for what clients do not send. */
    private static final int[] FLAGS = {-1, 0, -1, 0, 0, 0, 2, 0, 2, -1, 2, -1, 0, -1, 0, 0};

    private static final Set<Integer> ONE_BYTE = Set.of(0x01, 0x17, 0x19);
    private static final Set<Integer> TWO_BYTES = Set.of(0x21, 0x22, 0x23);
    private static final Set<Integer> FOUR_BYTES = Set.of(0x02, 0x11, 0x18, 0x27);
    private static final Set<Integer> STRINGS = Set.of(0x03, 0x08, 0x15, 0x1F);
    private static final Set<Integer> BINARY = Set.of(0x09, 0x16);

    private static final Set<Integer> CONNECT_PROPERTIES =
            Set.of(0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27);
    private static final Set<Integer> WILL_PROPERTIES =
            Set.of(0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26);
    private static final Set<Integer> PUBLISH_PROPERTIES =
            Set.of(0x01, 0x02, 0x03, 0x08, 0x09, 0x0B, 0x23, 0x26);
    private static final Set<Integer> SUBSCRIBE_PROPERTIES = Set.of(0x0B, 0x26);
    private static final Set<Integer> UNSUBSCRIBE_PROPERTIES = Set.of(0x26);
    private static final Set<Integer> DISCONNECT_PROPERTIES = Set.of(0x11, 0x1F, 0x26);
    private static final Set<Integer> AUTH_PROPERTIES = Set.of(0x15, 0x16, 0x1F, 0x26);
    private static final Set<Integer> ACK_PROPERTIES = Set.of(0x1F, 0x26);
    private static final Set<Integer> PUBLISH_REASONS =
            Set.of(0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99);
    private static final Set<Integer> RELEASE_REASONS = Set.of(0x00, 0x92);

    /** 9B by section 3.3.4, against the table of DISCONNECT. */
    private static final Set<Integer> DISCONNECT_REASONS =
            Set.of(
                    0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98,
                    0x99, 0x9B);

    private static final Set<Integer> AUTH_REASONS = Set.of(0x18, 0x19);

    private final ByteBuffer in;
    private final int flags;
    private final String[] topicsByAlias;
    private Map<Integer, Object> properties = Map.of();
    private List<UserProperty> userProperties = List.of();

    private ClientPacketReader(ByteBuffer body, int flags, String[] topicsByAlias) {
        this.in = body;
        this.flags = flags;
        this.topicsByAlias = topicsByAlias;
    }

    static @Nullable Packet read(ByteBuffer stream, String[] topicsByAlias) {
        ByteBuffer in = stream.duplicate();
        if (in.remaining() < 2) {
            return null;
        }
        int first = in.get() & 0xFF;
        int type = first >> 4;
        int length = 0;
        int shift = 0;
        int next;
        do {
            require(shift < 28, "1.5.5-1", "the Remaining Length has more than four bytes");
            if (!in.hasRemaining()) {
                return null;
            }
            next = in.get() & 0xFF;
            length += (next & 127) << shift;
            shift += 7;
        } while (next >= 128);
        require(next != 0 || shift == 7, "1.5.5-1", "the Remaining Length is not the shortest");
        require(FLAGS[type] >= 0, "2.1.2", "a client sent a packet of type " + type);
        require(type == 3 || (first & 15) == FLAGS[type], "2.1.3-1", "flags in type " + type);
        if (in.remaining() < length) {
            return null;
        }
        ByteBuffer body = in.slice().limit(length);
        Packet packet = new ClientPacketReader(body, first & 15, topicsByAlias).body(type);
        require(!body.hasRemaining(), "2.1.4", "bytes follow where the packet ends");
        stream.position(in.position() + length);
        return packet;
    }

    private Packet body(int type) {
        return switch (type) {
            case 1 -> connect();
            case 3 -> publish();
            case 4 -> {
                int id = packetIdentifier();
                ReasonCode reason = ackReason("3.4.2-1", PUBLISH_REASONS);
                yield new Puback(id, reason, string(0x1F), userProperties);
            }
            case 5 -> {
                int id = packetIdentifier();
                ReasonCode reason = ackReason("3.5.2-1", PUBLISH_REASONS);
                yield new Pubrec(id, reason, string(0x1F), userProperties);
            }
            case 6 -> {
                int id = packetIdentifier();
                ReasonCode reason = ackReason("3.6.2-1", RELEASE_REASONS);
                yield new Pubrel(id, reason, string(0x1F), userProperties);
            }
            case 7 -> {
                int id = packetIdentifier();
                ReasonCode reason = ackReason("3.7.2-1", RELEASE_REASONS);
                yield new Pubcomp(id, reason, string(0x1F), userProperties);
            }
            case 8 -> subscribe();
            case 10 -> unsubscribe();
            case 12 -> Pingreq.INSTANCE;
            case 14 -> disconnect();
            case 15 -> auth();
            default -> throw new AssertionError("type " + type);
        };
    }

    private Connect connect() {
        require(text("Protocol Name").equals("MQTT"), "3.1.2-1", "the Protocol Name is not MQTT");
        require(one() == 5, "3.1.2-2", "the Protocol Version is not 5");
        int connectFlags = one();
        require((connectFlags & 1) == 0, "3.1.2-3", "the reserved Connect Flag is 1");
        int keepAlive = two();
        properties(CONNECT_PROPERTIES);
        require(number(0x21, 1) != 0, "3.1.2.11.3", "Receive Maximum is 0");
        require(number(0x27, 1) != 0, "3.1.2.11.4", "Maximum Packet Size is 0");
        require(number(0x17, 1) <= 1, "3.1.2.11.7", "Request Problem Information above 1");
        require(number(0x19, 0) <= 1, "3.1.2.11.6", "Request Response Information above 1");
        require(
                !properties.containsKey(0x16) || properties.containsKey(0x15),
                "3.1.2.11.10",
                "Authentication Data without Authentication Method");
        Map<Integer, Object> own = properties;
        List<UserProperty> ownUserProperties = userProperties;
        long maximumPacketSize = number(0x27, Connack.NO_PACKET_LIMIT);
        String clientIdentifier = text("Client Identifier");
        Will will = will(connectFlags);
        Credentials credentials = credentials(connectFlags);
        properties = own;
        return new Connect(
                clientIdentifier,
                (connectFlags & 2) != 0,
                keepAlive,
                number(0x11, 0),
                (int) number(0x21, 65_535),
                maximumPacketSize,
                (int) number(0x22, 0),
                number(0x19, 0) == 1,
                number(0x17, 1) == 1,
                string(0x15),
                binary(0x16),
                credentials,
                will,
                ownUserProperties);
    }

    private @Nullable Will will(int connectFlags) {
        int qos = connectFlags >> 3 & 3;
        if ((connectFlags & 4) == 0) {
            require(qos == 0, "3.1.2-11", "Will QoS " + qos + " without a will");
            require((connectFlags & 0x20) == 0, "3.1.2-13", "Will Retain without a will");
            return null;
        }
        require(qos < 3, "3.1.2-12", "Will QoS is 3");
        properties(WILL_PROPERTIES);
        Duration delay = Duration.ofSeconds(number(0x18, 0));
        String topic = topic("Will Topic");
        Message.Builder message = message(topic, qos, (connectFlags & 0x20) != 0);
        return new Will(message.payload(bytes()).build(), delay);
    }

    private @Nullable Credentials credentials(int connectFlags) {
        String user = (connectFlags & 0x80) == 0 ? null : text("User Name");
        byte[] password = (connectFlags & 0x40) == 0 ? null : bytes();
        if (user == null) {
            return password == null ? null : Credentials.password(password);
        }
        return password == null ? Credentials.userName(user) : Credentials.of(user, password);
    }

    private Publish publish() {
        int qos = flags >> 1 & 3;
        boolean dup = (flags & 8) != 0;
        require(qos < 3, "3.3.1-4", "QoS is 3");
        require(qos > 0 || !dup, "3.3.1-2", "DUP is 1 at QoS 0");
        String topic = text("Topic Name");
        int packetIdentifier = qos == 0 ? 0 : packetIdentifier();
        properties(PUBLISH_PROPERTIES);
        require(
                !properties.containsKey(0x0B),
                "3.3.4-6",
                "a client sent a Subscription Identifier");
        if (properties.containsKey(0x23)) {
            int alias = (int) number(0x23, 0);
            require(alias != 0, "3.3.2-8", "the Topic Alias is 0");
            require(alias < topicsByAlias.length, "3.3.2-9", "the Topic Alias is " + alias);
            if (topic.isEmpty()) {
                topic = topicsByAlias[alias];
                require(topic != null, "3.3.4", "the Topic Alias " + alias + " has no topic");
            }
            topicsByAlias[alias] = topic;
        }
        Message.Builder message = message(requireTopicName(topic), qos, (flags & 1) != 0);
        byte[] payload = new byte[in.remaining()];
        in.get(payload);
        return new Publish(message.payload(payload).build(), packetIdentifier, dup);
    }

    private Message.Builder message(String topic, int qos, boolean retain) {
        Message.Builder message = Message.to(topic).qos(QoS.values()[qos]).retain(retain);
        require(number(0x01, 0) <= 1, "3.3.2.3.2", "Payload Format Indicator above 1");
        message.utf8Payload(number(0x01, 0) == 1);
        if (properties.containsKey(0x02)) {
            message.expiry(Duration.ofSeconds(number(0x02, 0)));
        }
        if (string(0x03) != null) {
            message.contentType(string(0x03));
        }
        if (string(0x08) != null) {
            message.responseTopic(requireTopicName(string(0x08)));
        }
        if (binary(0x09) != null) {
            message.correlationData(binary(0x09).array());
        }
        userProperties.forEach(p -> message.userProperty(p.name(), p.value()));
        return message;
    }

    private Subscribe subscribe() {
        int packetIdentifier = packetIdentifier();
        properties(SUBSCRIBE_PROPERTIES);
        int identifier = (int) number(0x0B, 0);
        require(
                identifier > 0 || !properties.containsKey(0x0B),
                "3.8.2.1.2",
                "the Subscription Identifier is 0");
        List<Subscription> subscriptions = new ArrayList<>();
        require(in.hasRemaining(), "3.8.3-2", "no Topic Filter");
        while (in.hasRemaining()) {
            String filter = topicFilter();
            int options = one();
            require((options & 0xC0) == 0, "3.8.3-5", "reserved Subscription Options are not 0");
            require((options & 3) < 3, "3.8.3.1", "requested QoS is 3");
            require((options >> 4 & 3) < 3, "3.8.3.1", "Retain Handling is 3");
            boolean noLocal = (options & 4) != 0;
            require(
                    !noLocal || !filter.startsWith("$share/"),
                    "3.8.3-4",
                    "No Local on a shared subscription");
            subscriptions.add(
                    new Subscription(
                            filter,
                            QoS.values()[options & 3],
                            noLocal,
                            (options & 8) != 0,
                            RetainHandling.values()[options >> 4 & 3]));
        }
        return new Subscribe(packetIdentifier, subscriptions, identifier, userProperties);
    }

    private Unsubscribe unsubscribe() {
        int packetIdentifier = packetIdentifier();
        properties(UNSUBSCRIBE_PROPERTIES);
        List<String> filters = new ArrayList<>();
        require(in.hasRemaining(), "3.10.3-2", "no Topic Filter");
        while (in.hasRemaining()) {
            filters.add(topicFilter());
        }
        return new Unsubscribe(packetIdentifier, filters, userProperties);
    }

    private Disconnect disconnect() {
        ReasonCode reason = ReasonCode.SUCCESS;
        if (in.hasRemaining()) {
            reason = reason("3.14.2-1", DISCONNECT_REASONS);
        }
        if (in.hasRemaining()) {
            properties(DISCONNECT_PROPERTIES);
        }
        long expiry = number(0x11, Disconnect.ABSENT);
        return new Disconnect(reason, expiry, string(0x1F), userProperties, null);
    }

    private Auth auth() {
        ReasonCode reason = reason("3.15.2-1", AUTH_REASONS);
        properties(AUTH_PROPERTIES);
        String method = string(0x15);
        require(method != null, "3.15.2.2.2", "AUTH without Authentication Method");
        return new Auth(reason, method, binary(0x16), string(0x1F), userProperties);
    }

    private ReasonCode ackReason(String statement, Set<Integer> allowed) {
        if (!in.hasRemaining()) {
            return ReasonCode.SUCCESS;
        }
        ReasonCode reason = reason(statement, allowed);
        if (in.hasRemaining()) {
            properties(ACK_PROPERTIES);
        }
        return reason;
    }

    private ReasonCode reason(String statement, Set<Integer> allowed) {
        int value = one();
        require(allowed.contains(value), statement, "Reason Code " + Integer.toHexString(value));
        return ReasonCode.of(value);
    }

    /** Reads Property Length and properties; {@code allowed} lists the identifiers in hex. */
    private void properties(Set<Integer> allowed) {
        properties = new HashMap<>();
        userProperties = new ArrayList<>();
        int end = variable();
        require(end <= in.remaining(), "2.2.2.1", "the Property Length exceeds the packet");
        end += in.position();
        while (in.position() < end) {
            int identifier = variable();
            require(
                    allowed.contains(identifier),
                    "2.2.2.2",
                    "the property 0x" + Integer.toHexString(identifier) + " is not allowed here");
            if (identifier == 0x26) {
                userProperties.add(new UserProperty(text("1.5.7-1 name"), text("1.5.7-1 value")));
            } else {
                Object before = properties.put(identifier, value(identifier));
                require(before == null, "2.2.2.2", "a property twice: " + identifier);
            }
        }
        require(in.position() == end, "2.2.2.1", "a property exceeds the Property Length");
    }

    private Object value(int identifier) {
        if (ONE_BYTE.contains(identifier)) {
            return (long) one();
        } else if (TWO_BYTES.contains(identifier)) {
            return (long) two();
        } else if (FOUR_BYTES.contains(identifier)) {
            return (long) two() << 16 | two();
        } else if (STRINGS.contains(identifier)) {
            return text("property " + identifier);
        } else if (BINARY.contains(identifier)) {
            return ByteBuffer.wrap(bytes());
        }
        return (long) variable();
    }

    private long number(int identifier, long ifAbsent) {
        return (long) properties.getOrDefault(identifier, ifAbsent);
    }

    private @Nullable String string(int identifier) {
        return (String) properties.get(identifier);
    }

    private @Nullable ByteBuffer binary(int identifier) {
        return (ByteBuffer) properties.get(identifier);
    }

    private int one() {
        require(in.hasRemaining(), "2.1.4", "the packet is cut short");
        return in.get() & 0xFF;
    }

    private int two() {
        return one() << 8 | one();
    }

    private int variable() {
        int value = 0;
        for (int factor = 1; factor <= 128 * 128 * 128; factor *= 128) {
            int next = one();
            value += next % 128 * factor;
            if (next < 128) {
                require(next > 0 || factor == 1, "1.5.5-1", "a length is not the shortest");
                return value;
            }
        }
        throw new AssertionError("[MQTT-1.5.5-1] a Variable Byte Integer has more than four bytes");
    }

    private byte[] bytes() {
        int length = two();
        require(length <= in.remaining(), "2.1.4", "the packet is cut short");
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private String text(String field) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(bytes());
            String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            require(text.indexOf(0) < 0, "1.5.4-2", "U+0000 in " + field);
            return text;
        } catch (CharacterCodingException e) {
            throw new AssertionError("[MQTT-1.5.4-1] " + field + " is not UTF-8", e);
        }
    }

    private int packetIdentifier() {
        int identifier = two();
        require(identifier != 0, "2.2.1-3", "the Packet Identifier is 0");
        return identifier;
    }

    private String topic(String field) {
        return requireTopicName(text(field));
    }

    private static String requireTopicName(String topic) {
        require(!topic.isEmpty(), "4.7.3-1", "a topic is empty");
        require(!topic.contains("+") && !topic.contains("#"), "4.7.0-1", "wildcard in " + topic);
        return topic;
    }

    private String topicFilter() {
        String filter = text("Topic Filter");
        String rest = filter;
        if (filter.equals("$share") || filter.startsWith("$share/")) {
            String[] parts = filter.split("/", 3);
            require(parts.length > 1 && !parts[1].isEmpty(), "4.8.2-1", "ShareName in " + filter);
            require(
                    !parts[1].contains("+") && !parts[1].contains("#") && parts.length == 3,
                    "4.8.2-2",
                    "shared subscription " + filter);
            require(!parts[2].isEmpty(), "4.8.2-2", "shared subscription " + filter);
            rest = parts[2];
        }
        require(!rest.isEmpty(), "4.7.3-1", "a Topic Filter is empty");
        String[] levels = rest.split("/", -1);
        for (int i = 0; i < levels.length; i++) {
            boolean last = i == levels.length - 1;
            boolean hash = levels[i].contains("#");
            require(!hash || last && levels[i].equals("#"), "4.7.1-1", "# in " + filter);
            boolean plus = levels[i].contains("+");
            require(!plus || levels[i].equals("+"), "4.7.1-2", "+ in " + filter);
        }
        return filter;
    }

    private static void require(boolean holds, String statement, String complaint) {
        if (!holds) {
            throw new AssertionError("[MQTT-" + statement + "] " + complaint);
        }
    }
}
