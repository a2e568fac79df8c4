package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the server says with its answers to messages of the client: the same whenever it answers the
 * same message, and nothing for most.
 */
final class ServerWords {
    private ServerWords() {}

    static Puback puback(int packetIdentifier, ReasonCode reason, Message message) {
        Remarks said = of("PUBACK", message);
        return new Puback(packetIdentifier, reason, words(said), said.userProperties());
    }

    static Pubrec pubrec(int packetIdentifier, ReasonCode reason, Message message) {
        Remarks said = of("PUBREC", message);
        return new Pubrec(packetIdentifier, reason, words(said), said.userProperties());
    }

    static Pubcomp pubcomp(int packetIdentifier, ReasonCode reason, Message message) {
        Remarks said = of("PUBCOMP", message);
        return new Pubcomp(packetIdentifier, reason, words(said), said.userProperties());
    }

    private static Remarks of(String packet, Message message) {
        String key = packet + " for " + message.payloadText();
        return switch (Math.floorMod(key.hashCode(), 6)) {
            case 0 -> Remarks.of(key);
            case 1 -> Remarks.none().userProperty(packet, key);
            case 2 -> Remarks.of(key).userProperty(packet, key).userProperty(packet, "");
            default -> Remarks.none();
        };
    }

    private static String words(Remarks remarks) {
        return remarks.reasonString().orElse(null);
    }

    /** Whether the application may be told this of a message that the server has taken. */
    static boolean mayBe(Acknowledgement told, Message message) {
        Remarks said = new Remarks(told.reasonString(), told.userProperties());
        return switch (message.qos()) {
            case AT_MOST_ONCE -> said.isEmpty();
            case AT_LEAST_ONCE -> said.equals(of("PUBACK", message));
            case EXACTLY_ONCE -> mayBeOfBoth(said, message);
        };
    }

    /** A restart may have come behind PUBREC, and PUBCOMP may be for what is forgotten. */
    private static boolean mayBeOfBoth(Remarks said, Message message) {
        Remarks pubrec = of("PUBREC", message);
        Remarks pubcomp = of("PUBCOMP", message);
        List<UserProperty> both = new ArrayList<>(pubrec.userProperties());
        both.addAll(pubcomp.userProperties());
        Optional<String> last = pubcomp.reasonString().or(pubrec::reasonString);
        return List.of(Remarks.none(), pubrec, pubcomp, new Remarks(last, both)).contains(said);
    }

    /** Whether the application may be told this of a message that was refused. */
    static boolean mayBe(MqttException.PublishRejected told, Message message) {
        Remarks said = new Remarks(told.reasonString(), told.userProperties());
        String packet = message.qos() == QoS.EXACTLY_ONCE ? "PUBREC" : "PUBACK";
        return said.isEmpty() || said.equals(of(packet, message));
    }
}
