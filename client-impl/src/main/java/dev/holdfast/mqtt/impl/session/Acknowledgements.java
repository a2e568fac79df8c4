package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.ServerLimits;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Makes PUBACK, PUBREC, PUBREL and PUBCOMP (MQTT 5, sections 3.4 to 3.7) with what the application
 * adds to them, as far as the server has room for it.
 */
final class Acknowledgements {
    private final List<UserProperty> chosen;
    private final ToLongFunction<Packet> encodedSize;

    /** {@link #chosen}, or none where this connection has no room for them. */
    private List<UserProperty> standing = List.of();

    private long maximumPacketSize = Connack.NO_PACKET_LIMIT;

    Acknowledgements(List<UserProperty> chosen, ToLongFunction<Packet> encodedSize) {
        this.chosen = chosen;
        this.encodedSize = encodedSize;
    }

    void connected(ServerLimits limits) {
        maximumPacketSize = limits.maximumPacketSize();
        // What carries properties is of the same size in all four, whatever its Reason Code.
        boolean fits = chosen.isEmpty() || fits(new Pubrel(1, ReasonCode.SUCCESS, null, chosen));
        standing = fits ? chosen : List.of();
    }

    private boolean fits(Packet packet) {
        return encodedSize.applyAsLong(packet) <= maximumPacketSize;
    }

    Puback puback(int packetIdentifier, ReasonCode reason, Remarks remarks) {
        if (remarks.isEmpty()) {
            return new Puback(packetIdentifier, reason, null, standing);
        }
        String words = remarks.reasonString().orElse(null);
        List<UserProperty> own = remarks.userProperties();
        Puback full = new Puback(packetIdentifier, reason, words, own.isEmpty() ? standing : own);
        if (fits(full)) {
            return full;
        }
        Puback worded = new Puback(packetIdentifier, reason, words, List.of());
        return fits(worded) ? worded : new Puback(packetIdentifier, reason);
    }

    Pubrec pubrec(int packetIdentifier, ReasonCode reason) {
        return new Pubrec(packetIdentifier, reason, null, standing);
    }

    Pubrel pubrel(int packetIdentifier, ReasonCode reason) {
        return new Pubrel(packetIdentifier, reason, null, standing);
    }

    Pubcomp pubcomp(int packetIdentifier, ReasonCode reason) {
        return new Pubcomp(packetIdentifier, reason, null, standing);
    }
}
