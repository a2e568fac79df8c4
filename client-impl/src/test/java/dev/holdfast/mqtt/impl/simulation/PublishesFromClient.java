package dev.holdfast.mqtt.impl.simulation;

import static dev.holdfast.mqtt.impl.simulation.SimulationFailure.require;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The server's side of what the client publishes on one connection. */
final class PublishesFromClient {
    private final Simulation sim;
    private final ServerConnection connection;
    private final boolean resumed;

    /** Packet Identifiers whose PUBLISH came here and has no final answer: the client's quota. */
    private final Set<Integer> unacknowledged = new HashSet<>();

    /** Those whose PUBREL came here and is not answered. */
    private final Set<Integer> releasing = new HashSet<>();

    /** Those whose PUBREC was sent again unasked: its answer may come once more, too. */
    private final Set<Integer> repeated = new HashSet<>();

    private int newestPublish = -1;
    private int newestPubrel;

    PublishesFromClient(Simulation sim, ServerConnection connection, boolean resumed) {
        this.sim = sim;
        this.connection = connection;
        this.resumed = resumed;
    }

    boolean isInUse(int packetIdentifier) {
        ServerSession.Receiving receiving = connection.session().receiving.get(packetIdentifier);
        return unacknowledged.contains(packetIdentifier)
                || releasing.contains(packetIdentifier)
                || receiving != null && !receiving.isOld;
    }

    // ---- PUBLISH

    void received(Publish p) {
        Message message = p.message();
        requireLimits(p);
        sim.outgoing.received(message);
        if (message.qos() == QoS.AT_MOST_ONCE) {
            require(!p.dup(), "[3.3.1-2] DUP at QoS 0");
            sim.outgoing.accepted(message);
            return;
        }
        requireOrder(message);
        requireHonestDup(p);
        require(
                unacknowledged.add(p.packetIdentifier()),
                "[2.2.1-3] Packet Identifier ",
                p.packetIdentifier(),
                " is in use");
        require(
                unacknowledged.size() <= connection.limits.receiveMaximum(),
                "[3.3.4-7] more than Receive Maximum");
        connection.session().seen.put(message.payloadText(), connection.client());
        if (message.qos() == QoS.AT_LEAST_ONCE) {
            receivedAtLeastOnce(p);
        } else {
            receivedExactlyOnce(p);
        }
    }

    private void requireLimits(Publish p) {
        Message m = p.message();
        require(
                m.qos().compareTo(connection.limits.maximumQos()) <= 0,
                "[3.2.2-11] beyond Maximum QoS");
        require(
                !m.retain() || connection.limits.retainAvailable(),
                "[3.2.2-14] RETAIN, though it is not available");
        require(
                Encoder.encodedSize(p) <= connection.limits.maximumPacketSize(),
                "[3.2.2-15] larger than Maximum Packet Size");
    }

    /** Resent ones come first and in their order, and new ones are younger. */
    private void requireOrder(Message message) {
        int index = sim.outgoing.indexOf(message);
        require(
                index > newestPublish,
                "[4.6.0-1] ",
                message.payloadText(),
                " is sent behind a later message");
        newestPublish = index;
    }

    private void requireHonestDup(Publish p) {
        ClientRun sender = connection.session().seen.get(p.message().payloadText());
        // At QoS 1 the first one may have left before it was stored, and be forgotten by a crash.
        boolean forgotten = p.message().qos() == QoS.AT_LEAST_ONCE && sender != connection.client();
        require(p.dup() || sender == null || forgotten, "[3.3.1-1] sent again without DUP");
        require(!p.dup() || resumed, "[4.4.0-1] DUP, though no session was resumed");
    }

    private void receivedAtLeastOnce(Publish p) {
        ServerSession.Receiving receiving =
                connection.session().receiving.get(p.packetIdentifier());
        require(
                receiving == null || receiving.isOld,
                "[2.2.1-3] Packet Identifier ",
                p.packetIdentifier(),
                " is in use");
        ReasonCode reason = judge(p.message());
        connection.answer(
                ServerWords.puback(p.packetIdentifier(), reason, p.message()),
                () -> unacknowledged.remove(p.packetIdentifier()));
    }

    private void receivedExactlyOnce(Publish p) {
        ServerSession session = connection.session();
        int identifier = p.packetIdentifier();
        ServerSession.Receiving receiving = session.receiving.get(identifier);
        ReasonCode reason = ReasonCode.SUCCESS;
        if (receiving != null && receiving.isOld) {
            // It takes this for a repeat, which it may be.
            if (!receiving.message.payloadText().equals(p.message().payloadText())) {
                sim.outgoing.mistaken(p.message());
            }
        } else if (receiving != null) {
            require(p.dup(), "[2.2.1-3] Packet Identifier ", identifier, " is in use");
            require(
                    receiving.message.payloadText().equals(p.message().payloadText()),
                    "Packet Identifier ",
                    identifier,
                    " was used for another message");
        } else {
            reason = judge(p.message());
            session.completed.remove(identifier);
            if (!reason.isError()) {
                session.receiving.put(identifier, new ServerSession.Receiving(p.message()));
            }
        }
        boolean refused = reason.isError();
        ServerSession.Receiving answered = session.receiving.get(identifier);
        Pubrec pubrec = ServerWords.pubrec(identifier, reason, p.message());
        connection.later(
                () -> {
                    if (refused) {
                        unacknowledged.remove(identifier);
                    } else if (session.receiving.get(identifier) == answered) {
                        answered.pubrec = ++session.pubrecs;
                    } else if (repeated.contains(identifier)) {
                        return; // thanks to the repeat the client is through with it
                    }
                    connection.send(pubrec);
                });
    }

    /** Says again, unasked, what it has received before, as some servers do. */
    void repeatPubrecs() {
        connection.session().repeatsPubrecs = true;
        List<Map.Entry<Integer, ServerSession.Receiving>> all =
                connection.session().receiving.entrySet().stream()
                        .filter(e -> e.getValue().pubrec > 0 && !e.getValue().isOld)
                        .sorted(Comparator.comparingInt(e -> e.getValue().pubrec))
                        .toList();
        for (Map.Entry<Integer, ServerSession.Receiving> one : all) {
            repeated.add(one.getKey());
            connection.send(
                    ServerWords.pubrec(one.getKey(), ReasonCode.SUCCESS, one.getValue().message));
        }
    }

    private ReasonCode judge(Message message) {
        if (sim.faults.strike(sim.faults.publishRefusal)) {
            sim.outgoing.refused(message);
            return sim.chance.pick(ServerChoices.PUBLISH_ERRORS);
        }
        sim.outgoing.accepted(message);
        return sim.chance.percent(20) ? ReasonCode.NO_MATCHING_SUBSCRIBERS : ReasonCode.SUCCESS;
    }

    // ---- PUBREL

    void received(Pubrel p) {
        ServerSession session = connection.session();
        int identifier = p.packetIdentifier();
        require(p.reason() == ReasonCode.SUCCESS, "PUBREL 0x92, though PUBREC was due");
        require(
                releasing.add(identifier) || repeated.contains(identifier),
                "[4.4.0-1] PUBREL twice on one connection");
        ServerSession.Receiving receiving = session.receiving.remove(identifier);
        boolean forgotten = resumed && connection.client().endsForgotten(identifier);
        if (receiving != null && !forgotten) {
            requireReleasable(receiving);
            if (receiving.isOld) {
                sim.outgoing.mistakenAtRelease(identifier, receiving.message);
            }
            newestPubrel = Math.max(newestPubrel, receiving.pubrec);
        } else if (receiving == null) {
            require(
                    forgotten
                            || resumed
                                    && (session.completed.contains(identifier) || mayBeUnasked()),
                    "PUBREL ",
                    identifier,
                    " without PUBREC");
        }
        session.completed.add(identifier);
        ReasonCode reason =
                receiving == null ? ReasonCode.PACKET_IDENTIFIER_NOT_FOUND : ReasonCode.SUCCESS;
        connection.answer(
                receiving == null
                        ? new Pubcomp(identifier, reason)
                        : ServerWords.pubcomp(identifier, reason, receiving.message),
                () -> {
                    unacknowledged.remove(identifier);
                    releasing.remove(identifier);
                });
    }

    private void requireReleasable(ServerSession.Receiving receiving) {
        if (receiving.pubrec == 0) {
            // The client may not send the PUBLISH again under new limits, and frees the identifier.
            require(resumed && mayBeUnasked(), "PUBREL before PUBREC");
        } else {
            require(
                    receiving.pubrec > newestPubrel
                            || mayBeUnasked()
                            || connection.session().repeatsPubrecs,
                    "[4.6.0-4] PUBRELs are not in the order of the PUBRECs");
        }
    }

    /** Whether there may be a PUBREL without PUBREC, for a PUBLISH that must not be sent again. */
    private boolean mayBeUnasked() {
        return connection.limits.maximumQos() != QoS.EXACTLY_ONCE
                || !connection.limits.retainAvailable()
                || connection.limits.maximumPacketSize() < 200
                || connection.session().mistakable;
    }
}
