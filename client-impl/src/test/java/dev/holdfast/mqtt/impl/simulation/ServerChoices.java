package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.codec.ServerCodec;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import java.util.List;

/** What a server may freely choose, and what it must not do. */
final class ServerChoices {
    static final List<ReasonCode> GRANTED =
            List.of(ReasonCode.SUCCESS, ReasonCode.GRANTED_QOS_1, ReasonCode.GRANTED_QOS_2);

    static final List<ReasonCode> CONNACK_ERRORS =
            List.of(
                    ReasonCode.UNSPECIFIED_ERROR,
                    ReasonCode.BAD_USER_NAME_OR_PASSWORD,
                    ReasonCode.NOT_AUTHORIZED,
                    ReasonCode.SERVER_UNAVAILABLE,
                    ReasonCode.SERVER_BUSY,
                    ReasonCode.BANNED,
                    ReasonCode.QUOTA_EXCEEDED,
                    ReasonCode.USE_ANOTHER_SERVER,
                    ReasonCode.SERVER_MOVED,
                    ReasonCode.CONNECTION_RATE_EXCEEDED);

    static final List<ReasonCode> PUBLISH_ERRORS =
            List.of(
                    ReasonCode.UNSPECIFIED_ERROR,
                    ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR,
                    ReasonCode.NOT_AUTHORIZED,
                    ReasonCode.TOPIC_NAME_INVALID,
                    ReasonCode.QUOTA_EXCEEDED,
                    ReasonCode.PAYLOAD_FORMAT_INVALID);

    static final List<ReasonCode> SUBACK_ERRORS =
            List.of(
                    ReasonCode.UNSPECIFIED_ERROR,
                    ReasonCode.NOT_AUTHORIZED,
                    ReasonCode.TOPIC_FILTER_INVALID,
                    ReasonCode.QUOTA_EXCEEDED);

    static final List<ReasonCode> UNSUBACK_ERRORS =
            List.of(ReasonCode.UNSPECIFIED_ERROR, ReasonCode.NOT_AUTHORIZED);

    static final List<ReasonCode> DISCONNECTS =
            List.of(
                    ReasonCode.SUCCESS,
                    ReasonCode.UNSPECIFIED_ERROR,
                    ReasonCode.NOT_AUTHORIZED,
                    ReasonCode.SERVER_BUSY,
                    ReasonCode.SERVER_SHUTTING_DOWN,
                    ReasonCode.SESSION_TAKEN_OVER,
                    ReasonCode.ADMINISTRATIVE_ACTION,
                    ReasonCode.USE_ANOTHER_SERVER,
                    ReasonCode.SERVER_MOVED,
                    ReasonCode.MAXIMUM_CONNECT_TIME);

    private static final int UNKNOWN_IDENTIFIER = 60_000;

    private ServerChoices() {}

    static Connack connack(Simulation sim, Connect connect, boolean sessionPresent) {
        boolean limited = sim.faults.strike(sim.faults.limits);
        Chance chance = sim.chance;
        long expiry = connect.sessionExpiryInterval();
        boolean shortened = expiry > 0 && sim.faults.strike(sim.faults.shortExpiry);
        return connack(
                sessionPresent,
                ReasonCode.SUCCESS,
                shortened ? chance.pick(0, 1, 10) : Connack.ABSENT,
                chance.pick(1, 2, 3, 10, 65_535),
                limited ? chance.pick(List.of(QoS.values())) : QoS.EXACTLY_ONCE,
                !limited || chance.percent(50),
                limited && chance.percent(20) ? 100 : Connack.NO_PACKET_LIMIT,
                !limited || chance.percent(60),
                limited ? chance.pick(Connack.ABSENT, 0, 3) : Connack.ABSENT);
    }

    static Connack refusal(ReasonCode reason) {
        return connack(
                false,
                reason,
                Connack.ABSENT,
                65_535,
                QoS.EXACTLY_ONCE,
                true,
                Connack.NO_PACKET_LIMIT,
                true,
                Connack.ABSENT);
    }

    private static Connack connack(
            boolean sessionPresent,
            ReasonCode reason,
            long sessionExpiry,
            int receiveMaximum,
            QoS maximumQos,
            boolean retain,
            long maximumPacketSize,
            boolean wildcards,
            int keepAlive) {
        return new Connack(
                sessionPresent,
                reason,
                sessionExpiry,
                receiveMaximum,
                maximumQos,
                retain,
                maximumPacketSize,
                null,
                0,
                null,
                List.of(),
                wildcards,
                true,
                wildcards,
                keepAlive,
                null,
                null,
                null,
                null);
    }

    /** Something that no server may send at this time. */
    static byte[] offence(Chance chance, boolean connected) {
        if (!connected) {
            return chance.percent(50)
                    ? new byte[] {0, 0}
                    : ServerCodec.encode(dev.holdfast.mqtt.impl.packet.Pingresp.INSTANCE);
        }
        List<ReasonCode> success = List.of(ReasonCode.SUCCESS);
        return switch (chance.upTo(3)) {
            case 0 -> new byte[] {0, 0};
            case 1 -> ServerCodec.encode(refusal(ReasonCode.SERVER_BUSY));
            case 2 -> ServerCodec.encode(new Suback(UNKNOWN_IDENTIFIER, success, null, List.of()));
            default ->
                    ServerCodec.encode(new Unsuback(UNKNOWN_IDENTIFIER, success, null, List.of()));
        };
    }
}
