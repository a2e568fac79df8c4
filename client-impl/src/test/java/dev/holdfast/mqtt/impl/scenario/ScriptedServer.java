package dev.holdfast.mqtt.impl.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingresp;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The packets that a script has the server send. */
final class ScriptedServer {
    private ScriptedServer() {}

    static Packet packet(Command c) {
        Packet packet =
                switch (c.verb()) {
                    case "connack" -> connack(c);
                    case "publish" -> publish(c);
                    case "puback" -> new Puback(c.required("id"), c.reason(ReasonCode.SUCCESS));
                    case "pubrec" -> new Pubrec(c.required("id"), c.reason(ReasonCode.SUCCESS));
                    case "pubrel" -> new Pubrel(c.required("id"), c.reason(ReasonCode.SUCCESS));
                    case "pubcomp" -> new Pubcomp(c.required("id"), c.reason(ReasonCode.SUCCESS));
                    case "suback" ->
                            new Suback(
                                    c.required("id"),
                                    List.of(c.reason(ReasonCode.GRANTED_QOS_2)),
                                    null,
                                    List.of());
                    case "unsuback" ->
                            new Unsuback(
                                    c.required("id"),
                                    List.of(c.reason(ReasonCode.SUCCESS)),
                                    null,
                                    List.of());
                    case "auth" ->
                            new Auth(
                                    c.reason(ReasonCode.CONTINUE_AUTHENTICATION),
                                    c.word("method", "M"),
                                    data(c),
                                    null,
                                    List.of());
                    case "pingresp" -> new Pingresp();
                    case "disconnect" -> disconnect(c);
                    default ->
                            throw c.unknownVerb(
                                    "connack",
                                    "publish",
                                    "puback",
                                    "pubrec",
                                    "pubrel",
                                    "pubcomp",
                                    "suback",
                                    "unsuback",
                                    "auth",
                                    "pingresp",
                                    "disconnect",
                                    "close");
                };
        c.end();
        return packet;
    }

    private static Packet publish(Command c) {
        QoS qos = c.qos("qos", QoS.AT_LEAST_ONCE);
        int id = qos == QoS.AT_MOST_ONCE ? 0 : c.required("id");
        String payload = c.word("payload", "x");
        Message.Builder builder =
                Message.to(c.word("topic", "topic")).qos(qos).retain(c.flag("retain"));
        Message message =
                c.flag("broken-text")
                        ? builder.payload(brokenText(payload)).utf8Payload(true).build()
                        : builder.payload(payload).build();
        return new Publish(message, id, c.flag("dup"), identifiers(c));
    }

    /** The first half of a character is the last byte. */
    private static byte[] brokenText(String begins) {
        byte[] begun = begins.getBytes(UTF_8);
        byte[] broken = Arrays.copyOf(begun, begun.length + 1);
        broken[begun.length] = (byte) 0xC3;
        return broken;
    }

    private static List<Integer> identifiers(Command c) {
        List<Integer> identifiers = new ArrayList<>();
        for (String one : c.word("identifiers", "").split(",")) {
            if (!one.isEmpty()) {
                identifiers.add(Integer.valueOf(one));
            }
        }
        return identifiers;
    }

    private static Packet disconnect(Command c) {
        return new Disconnect(
                c.reason(ReasonCode.SUCCESS), Disconnect.ABSENT, null, List.of(), reference(c));
    }

    private static @Nullable String reference(Command c) {
        return c.has("reference") ? c.word("reference", "") : null;
    }

    private static Packet connack(Command c) {
        return new Connack(
                c.number("session-present", 0) == 1,
                c.reason(ReasonCode.SUCCESS),
                c.number("session-expiry", Connack.ABSENT),
                c.number("receive-maximum", 65_535),
                c.qos("maximum-qos", QoS.EXACTLY_ONCE),
                true,
                Connack.NO_PACKET_LIMIT,
                null,
                0,
                null,
                List.of(),
                true,
                true,
                true,
                c.number("keep-alive", Connack.ABSENT),
                null,
                reference(c),
                c.has("method") ? c.word("method", "") : null,
                data(c));
    }

    private static ByteBuffer data(Command c) {
        return c.has("data") ? ByteBuffer.wrap(c.word("data", "").getBytes(UTF_8)) : null;
    }
}
