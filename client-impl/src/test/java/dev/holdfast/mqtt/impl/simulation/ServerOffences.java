package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.codec.ServerCodec;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import java.util.List;

/** What no server may send: Malformed Packets and Protocol Errors (MQTT 5, section 4.13). */
final class ServerOffences {
    record Offence(String name, byte[] bytes) {}

    private static final int UNKNOWN = 60_000;
    private static final List<ReasonCode> SUCCESS = List.of(ReasonCode.SUCCESS);

    private static final List<Offence> AT_ANY_TIME =
            List.of(
                    offence("a reserved packet type", 0x00, 0),
                    offence("PINGREQ", 0xC0, 0),
                    offence("PINGRESP with flags", 0xD1, 0),
                    offence("AUTH, unasked", 0xF0, 0),
                    offence("CONNECT", 0x10, 0),
                    offence("PUBREL without its flags", 0x60, 2, 0, 1),
                    offence("a Remaining Length of five bytes", 0x30, 0xFF, 0xFF, 0xFF, 0xFF, 1),
                    offence("more than Maximum Packet Size", 0x30, 0xFF, 0xFF, 0xFF, 0x7F));

    private static final List<Offence> BEFORE_CONNACK =
            List.of(
                    offence("PINGRESP before CONNACK", 0xD0, 0),
                    offence("PUBLISH before CONNACK", 0x30, 5, 0, 1, 't', 0, 'x'),
                    offence("CONNACK with an unknown reason", 0x20, 3, 0, 0x77, 0),
                    offence("CONNACK with Receive Maximum 0", 0x20, 6, 0, 0, 3, 0x21, 0, 0));

    private static final List<Offence> CONNECTED =
            List.of(
                    offence("a second CONNACK", 0x20, 3, 0, 0, 0),
                    offence("PUBLISH at QoS 3", 0x36, 7, 0, 1, 't', 0, 1, 0, 'x'),
                    offence("PUBLISH with DUP at QoS 0", 0x38, 5, 0, 1, 't', 0, 'x'),
                    offence("PUBLISH as number 0", 0x32, 7, 0, 1, 't', 0, 0, 0, 'x'),
                    offence("PUBLISH to a wildcard", 0x30, 5, 0, 1, '#', 0, 'x'),
                    offence("PUBLISH without a topic", 0x30, 4, 0, 0, 0, 'x'),
                    offence("PUBLISH with alias 0", 0x30, 8, 0, 1, 't', 3, 0x23, 0, 0, 'x'),
                    offence("too high an alias", 0x30, 8, 0, 1, 't', 3, 0x23, 0, 17, 'x'),
                    offence("a property twice", 0x30, 9, 0, 1, 't', 4, 1, 1, 1, 1, 'x'),
                    offence("a property of another packet", 0x30, 8, 0, 1, 't', 3, 0x21, 0, 1, 'x'),
                    offence("a topic that is no UTF-8", 0x30, 5, 0, 1, 0xC0, 0, 'x'),
                    offence("PUBACK with a reason of SUBACK", 0x40, 4, 0, 1, 0x9E, 0),
                    offence("PUBREC with an unknown reason", 0x50, 4, 0, 1, 0x77, 0),
                    offence("SUBACK without a reason", 0x90, 3, 0, 1, 0),
                    new Offence(
                            "SUBACK that answers nothing",
                            ServerCodec.encode(new Suback(UNKNOWN, SUCCESS, null, List.of()))),
                    new Offence(
                            "UNSUBACK that answers nothing",
                            ServerCodec.encode(new Unsuback(UNKNOWN, SUCCESS, null, List.of()))));

    private ServerOffences() {}

    static Offence any(Chance chance, boolean connected) {
        return chance.percent(30)
                ? chance.pick(AT_ANY_TIME)
                : chance.pick(connected ? CONNECTED : BEFORE_CONNACK);
    }

    /** Of no topic on this connection, though perhaps on an earlier one. */
    static Offence unknownAlias(int alias) {
        return offence("an alias without a topic", 0x30, 7, 0, 0, 3, 0x23, 0, alias, 'x');
    }

    private static Offence offence(String name, int... bytes) {
        byte[] all = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            all[i] = (byte) bytes[i];
        }
        return new Offence(name, all);
    }
}
