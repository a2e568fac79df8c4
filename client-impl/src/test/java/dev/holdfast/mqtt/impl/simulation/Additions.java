package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import java.util.List;

/**
 * What the client adds to PUBACK, PUBREC, PUBREL and PUBCOMP, as the server expects it: all of it
 * that Maximum Packet Size has room for, and nothing else.
 */
final class Additions {
    private final List<UserProperty> standing;
    private final long maximumPacketSize;

    Additions(ClientRun client, long maximumPacketSize) {
        this.maximumPacketSize = maximumPacketSize;
        List<UserProperty> chosen = client.settings.acknowledgementProperties();
        standing = fits(new Pubrel(1, ReasonCode.SUCCESS, null, chosen)) ? chosen : List.of();
    }

    /** What handlers say of a message that they answer by hand, the same whenever it comes. */
    static Remarks of(Message message) {
        String key = message.payloadText();
        return switch (Math.floorMod(key.hashCode(), 5)) {
            case 0 -> Remarks.of("took " + key);
            case 1 -> Remarks.none().userProperty("key", key);
            case 2 -> Remarks.of("took " + key).userProperty("key", key + "k".repeat(90));
            default -> Remarks.none();
        };
    }

    private boolean fits(Packet packet) {
        return Encoder.encodedSize(packet) <= maximumPacketSize;
    }

    void requireFitting(Packet packet) {
        SimulationFailure.require(
                fits(packet), "[3.1.2-24] larger than Maximum Packet Size: ", Words.of(packet));
        if (packet instanceof Pubrec p) {
            requireStanding(packet, p.userProperties());
        } else if (packet instanceof Pubrel p) {
            requireStanding(packet, p.userProperties());
        } else if (packet instanceof Pubcomp p) {
            requireStanding(packet, p.userProperties());
        }
    }

    private void requireStanding(Packet packet, List<UserProperty> sent) {
        SimulationFailure.require(
                sent.equals(standing), "Wrong User Properties in ", Words.of(packet));
    }

    /**
     * PUBACK for a message of which handlers have said this; nothing, if the client refused it
     * itself.
     */
    void requireExpected(Puback p, Remarks remarks) {
        String words = remarks.reasonString().orElse(null);
        List<UserProperty> own = remarks.userProperties();
        Puback expected = puback(p, words, own.isEmpty() ? standing : own);
        if (!fits(expected)) {
            expected = puback(p, words, List.of());
        }
        if (!fits(expected)) {
            expected = puback(p, null, List.of());
        }
        SimulationFailure.require(p.equals(expected), "PUBACK says ", p, " and not ", expected);
    }

    private static Puback puback(Puback p, String words, List<UserProperty> properties) {
        return new Puback(p.packetIdentifier(), p.reason(), words, properties);
    }
}
