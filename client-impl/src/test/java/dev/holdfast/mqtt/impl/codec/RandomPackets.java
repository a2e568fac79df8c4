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
import dev.holdfast.mqtt.impl.packet.Pingresp;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Packets that the standard allows, drawn from a seed: mostly small, some with long fields. */
final class RandomPackets {
    private static final int[] INTERESTING = {
        0, 1, 2, 127, 128, 255, 256, 16_383, 16_384, 65_534, 65_535
    };

    private final Random random;

    RandomPackets(long seed) {
        random = new Random(seed);
    }

    /** One that clients send. */
    Packet fromClient() {
        return switch (random.nextInt(12)) {
            case 0 -> connect();
            case 1, 2 -> publish(List.of());
            case 3 -> new Puback(identifier(), one(0x00, 0x80, 0x83, 0x99), text(), properties());
            case 4 -> new Pubrec(identifier(), one(0x00, 0x87, 0x91, 0x97), text(), properties());
            case 5 -> new Pubrel(identifier(), one(0x00, 0x92), text(), properties());
            case 6 -> new Pubcomp(identifier(), one(0x00, 0x92), text(), properties());
            case 7 ->
                    new Subscribe(
                            identifier(),
                            several(this::subscription),
                            random.nextBoolean() ? 0 : 1 + random.nextInt(268_435_455),
                            properties());
            case 8 -> new Unsubscribe(identifier(), several(this::topicFilter), properties());
            case 9 -> Pingreq.INSTANCE;
            case 10 ->
                    new Disconnect(
                            one(0x00, 0x04, 0x81, 0x82, 0x93, 0x94, 0x95),
                            random.nextBoolean() ? Disconnect.ABSENT : fourBytes(),
                            text(),
                            properties(),
                            null);
            default -> auth(one(0x18, 0x19));
        };
    }

    /** One that servers send. */
    Packet fromServer() {
        return switch (random.nextInt(12)) {
            case 0 -> connack();
            case 1, 2 -> publish(subscriptionIdentifiers());
            case 3 -> new Puback(identifier(), one(0x00, 0x10, 0x80, 0x97), text(), properties());
            case 4 -> new Pubrec(identifier(), one(0x00, 0x10, 0x83, 0x99), text(), properties());
            case 5 -> new Pubrel(identifier(), one(0x00, 0x92), text(), properties());
            case 6 -> new Pubcomp(identifier(), one(0x00, 0x92), text(), properties());
            case 7 ->
                    new Suback(
                            identifier(),
                            several(() -> one(0x00, 0x01, 0x02, 0x80, 0xA1, 0xA2)),
                            text(),
                            properties());
            case 8 ->
                    new Unsuback(
                            identifier(),
                            several(() -> one(0x00, 0x11, 0x80, 0x8F)),
                            text(),
                            properties());
            case 9 -> Pingresp.INSTANCE;
            case 10 ->
                    new Disconnect(
                            one(0x00, 0x81, 0x8B, 0x8E, 0x9D, 0xA2),
                            Disconnect.ABSENT,
                            text(),
                            properties(),
                            text());
            default -> auth(one(0x00, 0x18));
        };
    }

    private Connect connect() {
        String method = text();
        return new Connect(
                string(),
                random.nextBoolean(),
                twoBytes(),
                fourBytes(),
                Math.max(1, twoBytes()),
                random.nextBoolean() ? Connack.NO_PACKET_LIMIT : 1 + random.nextInt(268_435_459),
                twoBytes(),
                random.nextBoolean(),
                random.nextBoolean(),
                method,
                method == null ? null : data(),
                credentials(),
                random.nextBoolean() ? null : will(),
                properties());
    }

    private @Nullable Credentials credentials() {
        return switch (random.nextInt(4)) {
            case 0 -> null;
            case 1 -> Credentials.userName(string());
            case 2 -> Credentials.password(bytes());
            default -> Credentials.of(string(), bytes());
        };
    }

    private Will will() {
        Message message = message();
        return new Will(
                message.payloadSize() > 65_535 ? message.toBuilder().payload("").build() : message,
                Duration.ofSeconds(fourBytes()));
    }

    private Connack connack() {
        return new Connack(
                random.nextBoolean(),
                one(0x00, 0x00, 0x84, 0x87, 0x9C, 0x9F),
                random.nextBoolean() ? Connack.ABSENT : fourBytes(),
                Math.max(1, twoBytes()),
                QoS.values()[random.nextInt(3)],
                random.nextBoolean(),
                random.nextBoolean() ? Connack.NO_PACKET_LIMIT : Math.max(1, fourBytes()),
                text(),
                twoBytes(),
                text(),
                properties(),
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextBoolean() ? Connack.ABSENT : twoBytes(),
                text(),
                text(),
                text(),
                data());
    }

    private Publish publish(List<Integer> subscriptionIdentifiers) {
        Message message = message();
        boolean acknowledged = message.qos() != QoS.AT_MOST_ONCE;
        return new Publish(
                message,
                acknowledged ? identifier() : 0,
                acknowledged && random.nextBoolean(),
                subscriptionIdentifiers);
    }

    private Message message() {
        Message.Builder message =
                Message.to(topic())
                        .qos(QoS.values()[random.nextInt(3)])
                        .retain(random.nextBoolean())
                        .utf8Payload(random.nextInt(4) == 0)
                        .payload(bytes());
        if (random.nextInt(4) == 0) {
            message.expiry(Duration.ofSeconds(fourBytes()));
        }
        if (random.nextInt(4) == 0) {
            message.contentType(string());
        }
        if (random.nextInt(4) == 0) {
            message.responseTopic(topic());
        }
        if (random.nextInt(4) == 0) {
            message.correlationData(bytes());
        }
        properties().forEach(p -> message.userProperty(p.name(), p.value()));
        return message.build();
    }

    private List<Integer> subscriptionIdentifiers() {
        return random.nextBoolean()
                ? List.of()
                : several(() -> 1 + random.nextInt(1 << (1 + random.nextInt(27))));
    }

    private Auth auth(ReasonCode reason) {
        return new Auth(reason, string(), data(), text(), properties());
    }

    private Subscription subscription() {
        boolean shared = random.nextInt(4) == 0;
        return new Subscription(
                shared ? "$share/group/" + topicFilter() : topicFilter(),
                QoS.values()[random.nextInt(3)],
                !shared && random.nextBoolean(),
                random.nextBoolean(),
                RetainHandling.values()[random.nextInt(3)]);
    }

    private String topicFilter() {
        return switch (random.nextInt(4)) {
            case 0 -> "+/" + topic(65_000);
            case 1 -> "#";
            case 2 -> topic(65_000) + "/+/#";
            default -> topic(65_000);
        };
    }

    private String topic() {
        return topic(65_535);
    }

    private String topic(int maximumBytes) {
        String topic = string(maximumBytes).replace('+', '/').replace('#', '-');
        return topic.isEmpty() ? "/" : topic.replace('$', '_');
    }

    private @Nullable String text() {
        return random.nextBoolean() ? null : string();
    }

    private String string() {
        return string(65_535);
    }

    private String string(int maximumBytes) {
        int bytesPerCharacter = 1 + random.nextInt(4);
        int length = Math.min(length(), maximumBytes) / bytesPerCharacter;
        StringBuilder string = new StringBuilder();
        for (int i = 0; i < length; i++) {
            string.appendCodePoint(
                    switch (1 + random.nextInt(bytesPerCharacter)) {
                        case 1 -> 1 + random.nextInt(0x7F);
                        case 2 -> 0x80 + random.nextInt(0x780);
                        case 3 ->
                                random.nextBoolean()
                                        ? 0x800 + random.nextInt(0xD000)
                                        : 0xE000 + random.nextInt(0x2000);
                        default -> 0x1_0000 + random.nextInt(0x10_0000);
                    });
        }
        return string.toString();
    }

    private @Nullable ByteBuffer data() {
        return random.nextBoolean() ? null : ByteBuffer.wrap(bytes());
    }

    private byte[] bytes() {
        byte[] bytes = new byte[length()];
        random.nextBytes(bytes);
        return bytes;
    }

    private int length() {
        return random.nextInt(50) == 0
                ? INTERESTING[random.nextInt(INTERESTING.length)]
                : random.nextInt(20);
    }

    private List<UserProperty> properties() {
        return random.nextBoolean()
                ? List.of()
                : several(() -> new UserProperty(string(), string()));
    }

    private <T> List<T> several(Supplier<T> element) {
        List<T> elements = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(4); i++) {
            elements.add(element.get());
        }
        return elements;
    }

    private ReasonCode one(int... values) {
        ReasonCode reason = ReasonCode.of(values[random.nextInt(values.length)]);
        if (reason == null) {
            throw new AssertionError("not a Reason Code");
        }
        return reason;
    }

    private int identifier() {
        return 1 + random.nextInt(65_535);
    }

    private int twoBytes() {
        return random.nextBoolean()
                ? INTERESTING[random.nextInt(INTERESTING.length)]
                : random.nextInt(65_536);
    }

    private long fourBytes() {
        return switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> 0xFFFF_FFFFL;
            case 2 -> twoBytes();
            default -> random.nextInt() & 0xFFFF_FFFFL;
        };
    }
}
