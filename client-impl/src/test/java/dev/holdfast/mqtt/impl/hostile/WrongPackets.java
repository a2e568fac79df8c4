package dev.holdfast.mqtt.impl.hostile;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Auth;
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
import dev.holdfast.mqtt.impl.scripted.Packets;
import java.util.List;
import java.util.Random;

/**
 * Packets of a server that does not know what it says: each is well-formed, and few fit the state
 * of the session. Payloads are all different.
 */
public final class WrongPackets {
    /** So few that those of the server often meet those of the client. */
    private static final int IDENTIFIERS = 6;

    private static final QoS[] QOS = QoS.values();

    private final Random random;
    private int published;

    public WrongPackets(Random random) {
        this.random = random;
    }

    /** Any packet. */
    public Packet next() {
        int id = 1 + random.nextInt(IDENTIFIERS);
        return switch (random.nextInt(16)) {
            case 0, 1 -> new Puback(id, reason(ReasonCode.QUOTA_EXCEEDED));
            case 2, 3 -> new Pubrec(id, reason(ReasonCode.NOT_AUTHORIZED));
            case 4, 5 -> new Pubcomp(id, reason(ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
            case 6, 7 -> new Pubrel(id, reason(ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
            case 8, 9, 10, 11 -> publish(QOS[random.nextInt(3)], id);
            case 12 -> new Suback(id, reasons(ReasonCode.GRANTED_QOS_1), null, List.of());
            case 13 -> new Unsuback(id, reasons(ReasonCode.SUCCESS), null, List.of());
            case 14 -> Pingresp.INSTANCE;
            default -> rare();
        };
    }

    private Packet rare() {
        return switch (random.nextInt(3)) {
            case 0 -> Packets.connack().build();
            case 1 -> new Disconnect(ReasonCode.SERVER_BUSY);
            default -> auth();
        };
    }

    /** AUTH of the method "m" as a rule. */
    public Auth auth() {
        boolean success = random.nextInt(100) < 30;
        String method = random.nextInt(100) < 10 ? "another" : "m";
        return new Auth(
                success ? ReasonCode.SUCCESS : ReasonCode.CONTINUE_AUTHENTICATION,
                method,
                null,
                null,
                List.of());
    }

    private Publish publish(QoS qos, int id) {
        Message message = Message.to("t").qos(qos).payload("s" + published++).build();
        boolean dup = qos != QoS.AT_MOST_ONCE && random.nextInt(100) < 30;
        return new Publish(message, qos == QoS.AT_MOST_ONCE ? 0 : id, dup);
    }

    private ReasonCode reason(ReasonCode error) {
        return random.nextInt(100) < 20 ? error : ReasonCode.SUCCESS;
    }

    private List<ReasonCode> reasons(ReasonCode good) {
        ReasonCode one = random.nextInt(100) < 20 ? ReasonCode.NOT_AUTHORIZED : good;
        return random.nextInt(100) < 10 ? List.of(one, one) : List.of(one);
    }

    /** Whether an honest server answers this packet of a client. */
    public static boolean needsAnswer(Packet packet) {
        return packet instanceof Publish p && p.message().qos() != QoS.AT_MOST_ONCE
                || packet instanceof Pubrec
                || packet instanceof Pubrel
                || packet instanceof Subscribe
                || packet instanceof Unsubscribe
                || packet instanceof Pingreq;
    }

    /** What an honest server says to a packet that {@linkplain #needsAnswer needs it}. */
    public static Packet answer(Packet packet) {
        if (packet instanceof Publish p) {
            return p.message().qos() == QoS.AT_LEAST_ONCE ? Packets.puback(p) : Packets.pubrec(p);
        } else if (packet instanceof Pubrec p) {
            return Packets.pubrel(p.packetIdentifier());
        } else if (packet instanceof Pubrel p) {
            return Packets.pubcomp(p.packetIdentifier());
        } else if (packet instanceof Subscribe p) {
            return Packets.suback(p, ReasonCode.GRANTED_QOS_2);
        } else if (packet instanceof Unsubscribe p) {
            return Packets.unsuback(p, ReasonCode.SUCCESS);
        }
        return Pingresp.INSTANCE;
    }
}
