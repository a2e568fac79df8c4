package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import java.util.List;
import java.util.stream.IntStream;

/** What a server may freely choose. */
final class ServerChoices {
    static final List<ReasonCode> GRANTED =
            List.of(ReasonCode.SUCCESS, ReasonCode.GRANTED_QOS_1, ReasonCode.GRANTED_QOS_2);

    // All that the tables of chapter 3 allow a server to send.

    static final List<ReasonCode> CONNACK_ERRORS =
            codes(
                    0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90,
                    0x95, 0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F);

    static final List<ReasonCode> PUBLISH_ERRORS = codes(0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99);

    static final List<ReasonCode> SUBACK_ERRORS =
            codes(0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2);

    static final List<ReasonCode> UNSUBACK_ERRORS = codes(0x80, 0x83, 0x87, 0x8F, 0x91);

    private static final List<ReasonCode> DISCONNECTS =
            codes(
                    0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, 0x93,
                    0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0,
                    0xA1, 0xA2);

    private static final List<ReasonCode> REDIRECTIONS = codes(0x9C, 0x9D);

    /** Some that a client may follow, some that it must not, and nonsense. */
    private static final List<String> REFERENCES =
            List.of(
                    "a.sim",
                    "b.sim",
                    "b.sim:1884",
                    "c.sim",
                    "mqtts://c.sim",
                    "mqtt://b.sim",
                    "other.example:1883",
                    "other.example c.sim",
                    "[::1 b.sim: a.sim");

    private static List<ReasonCode> codes(int... values) {
        return IntStream.of(values).mapToObj(ReasonCode::of).toList();
    }

    private ServerChoices() {}

    static Connack connack(Simulation sim, Connect connect, boolean sessionPresent) {
        boolean limited = sim.faults.strike(sim.faults.limits);
        Chance chance = sim.chance;
        long expiry = connect.sessionExpiryInterval();
        boolean shortened = expiry > 0 && sim.faults.strike(sim.faults.shortExpiry);
        return connack(
                sessionPresent,
                ReasonCode.SUCCESS,
                null,
                shortened ? chance.pick(0, 1, 10) : Connack.ABSENT,
                chance.pick(1, 2, 3, 10, 65_535),
                limited ? chance.pick(List.of(QoS.values())) : QoS.EXACTLY_ONCE,
                !limited || chance.percent(50),
                limited && chance.percent(20) ? 100 : Connack.NO_PACKET_LIMIT,
                !limited || chance.percent(60),
                sim.alwaysHasSubscriptionIdentifiers || chance.percent(50),
                limited ? chance.pick(Connack.ABSENT, 0, 3) : Connack.ABSENT,
                chance.pick(0, 0, 1, 2, 10));
    }

    static Connack refusal(Chance chance) {
        ReasonCode reason = chance.pick(chance.percent(40) ? REDIRECTIONS : CONNACK_ERRORS);
        return connack(
                false,
                reason,
                reference(chance, reason),
                Connack.ABSENT,
                65_535,
                QoS.EXACTLY_ONCE,
                true,
                Connack.NO_PACKET_LIMIT,
                true,
                true,
                Connack.ABSENT,
                0);
    }

    private static Connack connack(
            boolean sessionPresent,
            ReasonCode reason,
            String serverReference,
            long sessionExpiry,
            int receiveMaximum,
            QoS maximumQos,
            boolean retain,
            long maximumPacketSize,
            boolean wildcards,
            boolean subscriptionIdentifiers,
            int keepAlive,
            int topicAliasMaximum) {
        return new Connack(
                sessionPresent,
                reason,
                sessionExpiry,
                receiveMaximum,
                maximumQos,
                retain,
                maximumPacketSize,
                null,
                topicAliasMaximum,
                null,
                List.of(),
                wildcards,
                subscriptionIdentifiers,
                wildcards,
                keepAlive,
                null,
                serverReference,
                null,
                null);
    }

    static Disconnect disconnect(Chance chance) {
        ReasonCode reason = chance.pick(chance.percent(20) ? REDIRECTIONS : DISCONNECTS);
        return new Disconnect(
                reason, Disconnect.ABSENT, null, List.of(), reference(chance, reason));
    }

    private static String reference(Chance chance, ReasonCode reason) {
        boolean redirects =
                reason == ReasonCode.USE_ANOTHER_SERVER || reason == ReasonCode.SERVER_MOVED;
        return redirects && chance.percent(70) ? chance.pick(REFERENCES) : null;
    }
}
