package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Other packets than were sent. */
final class SabotagedWire {
    static final Publish EARLY =
            new Publish(Message.to("outgoing/0").payload("early").build(), 0, false);

    private SabotagedWire() {}

    /** Changes what the client sends. */
    static Supplier<Sabotage.Wire> sent(Function<Packet, List<Packet>> change) {
        return () ->
                new Sabotage.Wire() {
                    @Override
                    public List<Packet> up(Packet packet) {
                        return change.apply(packet);
                    }
                };
    }

    static Supplier<Sabotage.Wire> never(Class<? extends Packet> type) {
        return sent(p -> type.isInstance(p) ? List.of() : List.of(p));
    }

    static Supplier<Sabotage.Wire> twice(Class<? extends Packet> type) {
        return sent(p -> type.isInstance(p) ? List.of(p, p) : List.of(p));
    }

    /** Changes what the client hears. */
    static <P extends Packet> Supplier<Sabotage.Wire> heard(
            Class<P> type, Function<P, Packet> change) {
        return () ->
                new Sabotage.Wire() {
                    @Override
                    public List<Packet> down(Packet p) {
                        return List.of(type.isInstance(p) ? change.apply(type.cast(p)) : p);
                    }
                };
    }

    static Supplier<Sabotage.Wire> connack(UnaryOperator<Connack> change) {
        return heard(Connack.class, c -> c.reason().isError() ? c : change.apply(c));
    }

    // ---- single packets

    static boolean isAcknowledged(Packet packet) {
        return packet instanceof Publish p && p.packetIdentifier() != 0;
    }

    static boolean isAgain(Packet packet) {
        return packet instanceof Publish p && p.dup();
    }

    static Packet withDup(Packet packet, boolean dup) {
        Publish p = (Publish) packet;
        return new Publish(p.message(), p.packetIdentifier(), dup);
    }

    static List<Packet> withPubrel(Packet packet) {
        return packet instanceof Publish p && p.message().qos() == QoS.EXACTLY_ONCE
                ? List.of(p, new Pubrel(p.packetIdentifier(), ReasonCode.SUCCESS))
                : List.of(packet);
    }

    static List<Packet> withTheSameIdentifier(Packet packet) {
        return isAcknowledged(packet) && !isAgain(packet)
                ? List.of(new Publish(((Publish) packet).message(), 1, false))
                : List.of(packet);
    }

    static Packet withLongExpiry(Packet packet) {
        return packet instanceof Publish p && p.message().expiry().isPresent()
                ? new Publish(
                        p.message().toBuilder().expiry(Duration.ofMinutes(10)).build(),
                        p.packetIdentifier(),
                        p.dup())
                : packet;
    }

    static Packet withCleanStart(Packet packet) {
        return packet instanceof Connect c
                ? new Connect(
                        c.clientIdentifier(),
                        true,
                        c.keepAlive(),
                        c.sessionExpiryInterval(),
                        c.receiveMaximum(),
                        c.maximumPacketSize(),
                        c.topicAliasMaximum(),
                        c.requestResponseInformation(),
                        c.requestProblemInformation(),
                        c.authenticationMethod(),
                        c.authenticationData(),
                        c.credentials(),
                        c.will(),
                        c.userProperties())
                : packet;
    }

    // ---- CONNACK

    static Connack with(Connack c, boolean sessionPresent) {
        return connack(
                c,
                sessionPresent,
                c.receiveMaximum(),
                c.maximumQos(),
                c.retainAvailable(),
                c.maximumPacketSize(),
                c.wildcardSubscriptionAvailable(),
                c.serverKeepAlive());
    }

    static Connack with(Connack c, int receiveMaximum, QoS maximumQos, boolean retain) {
        return connack(
                c,
                c.sessionPresent(),
                receiveMaximum,
                maximumQos,
                retain,
                c.maximumPacketSize(),
                c.wildcardSubscriptionAvailable(),
                c.serverKeepAlive());
    }

    static Connack withoutOtherLimits(Connack c) {
        return connack(
                c,
                c.sessionPresent(),
                c.receiveMaximum(),
                c.maximumQos(),
                c.retainAvailable(),
                Connack.NO_PACKET_LIMIT,
                true,
                c.serverKeepAlive());
    }

    static Connack withoutKeepAlive(Connack c) {
        return connack(
                c,
                c.sessionPresent(),
                c.receiveMaximum(),
                c.maximumQos(),
                c.retainAvailable(),
                c.maximumPacketSize(),
                c.wildcardSubscriptionAvailable(),
                Connack.ABSENT);
    }

    private static Connack connack(
            Connack c,
            boolean sessionPresent,
            int receiveMaximum,
            QoS maximumQos,
            boolean retain,
            long maximumPacketSize,
            boolean subscriptions,
            int keepAlive) {
        return new Connack(
                sessionPresent,
                c.reason(),
                c.sessionExpiryInterval(),
                receiveMaximum,
                maximumQos,
                retain,
                maximumPacketSize,
                c.assignedClientIdentifier(),
                c.topicAliasMaximum(),
                c.reasonString(),
                c.userProperties(),
                subscriptions,
                c.subscriptionIdentifierAvailable(),
                subscriptions,
                keepAlive,
                c.responseInformation(),
                c.serverReference(),
                c.authenticationMethod(),
                c.authenticationData());
    }

    // ---- the packets of one connection

    /** Of what is written at once, neighbours of one type change places. */
    record Swapping(Class<? extends Packet> type) implements Sabotage.Wire {
        @Override
        public List<Packet> up(List<Packet> packets) {
            List<Packet> swapped = new ArrayList<>(packets);
            for (int i = 1; i < swapped.size(); i++) {
                if (type.isInstance(swapped.get(i - 1)) && type.isInstance(swapped.get(i))) {
                    Collections.swap(swapped, i - 1, i);
                    i++;
                }
            }
            return swapped;
        }
    }

    /** A PUBREL whose PUBREC came on an earlier connection is left out. */
    static final class WithoutOldPubrels implements Sabotage.Wire {
        private final Set<Integer> received = new HashSet<>();

        @Override
        public List<Packet> up(Packet packet) {
            boolean old = packet instanceof Pubrel p && !received.contains(p.packetIdentifier());
            return old ? List.of() : List.of(packet);
        }

        @Override
        public List<Packet> down(Packet packet) {
            if (packet instanceof Pubrec p) {
                received.add(p.packetIdentifier());
            }
            return List.of(packet);
        }
    }

    static final class WithoutPubrecsOfRepeats implements Sabotage.Wire {
        private final Set<Integer> repeated = new HashSet<>();

        @Override
        public List<Packet> up(Packet packet) {
            boolean repeat = packet instanceof Pubrec p && repeated.contains(p.packetIdentifier());
            return repeat ? List.of() : List.of(packet);
        }

        @Override
        public List<Packet> down(Packet packet) {
            if (packet instanceof Publish p && p.dup()) {
                repeated.add(p.packetIdentifier());
            }
            return List.of(packet);
        }
    }

    static final class WithoutUnknownPubcomps implements Sabotage.Wire {
        @Override
        public List<Packet> up(Packet packet) {
            boolean unknown = packet instanceof Pubcomp p && p.reason() != ReasonCode.SUCCESS;
            return unknown ? List.of() : List.of(packet);
        }
    }

    static Puback withSuccess(Puback p) {
        return new Puback(
                p.packetIdentifier(), ReasonCode.SUCCESS, p.reasonString(), p.userProperties());
    }
}
