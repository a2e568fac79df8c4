package dev.holdfast.mqtt.impl.simulation;

import static dev.holdfast.mqtt.impl.simulation.SimulationFailure.require;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.simulation.ServerSession.Sending;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The server's side of what it forwards to the client on one connection. */
final class PublishesToClient {
    private final Simulation sim;
    private final ServerConnection connection;
    private final int receiveMaximum;

    /** What was sent on an earlier connection, and is to be sent again here. */
    private final ArrayDeque<Sending> again;

    /** Sent here and not answered, in the order of sending, which the answers must keep. */
    private final ArrayDeque<Sending> awaitPuback = new ArrayDeque<>();

    private final ArrayDeque<Sending> awaitPubrec = new ArrayDeque<>();

    /** Those whose PUBREC came on this connection. */
    private final Set<Sending> receivedHere = new HashSet<>();

    /** Those whose PUBREL was sent on this connection, once for each. */
    private final List<Sending> awaitPubcomp = new ArrayList<>();

    /** How many PUBLISH packets count against the client's Receive Maximum. */
    private final Set<Sending> unacknowledged = new HashSet<>();

    PublishesToClient(Simulation sim, ServerConnection connection, int receiveMaximum) {
        this.sim = sim;
        this.connection = connection;
        this.receiveMaximum = receiveMaximum;
        again = new ArrayDeque<>(connection.session().sending);
    }

    /** Sends one packet; tells whether there may be more. */
    boolean sendNext() {
        ServerSession session = connection.session();
        Sending next = again.peek();
        if (next != null && next.released) {
            again.remove();
            release(next);
            return true;
        }
        Publish head = session.queue.peek();
        if (next == null && head != null && head.message().qos() == QoS.AT_MOST_ONCE) {
            session.queue.remove();
            connection.send(head);
            return true;
        }
        if (unacknowledged.size() >= receiveMaximum || (next == null && head == null)) {
            return false;
        }
        if (next != null) {
            again.remove();
            send(next, true);
        } else {
            session.queue.remove();
            Sending first = new Sending(session.freeIdentifier(), head);
            session.sending.add(first);
            send(first, false);
        }
        return true;
    }

    private void send(Sending s, boolean dup) {
        unacknowledged.add(s);
        (s.message.qos() == QoS.AT_LEAST_ONCE ? awaitPuback : awaitPubrec).add(s);
        if (dup && connection.session().mistakable) {
            sim.incoming.sentAgainUnrecognizably(
                    s.key(), sim.store.onDisk().receivedIdentifiers().get(s.packetIdentifier));
        }
        connection.send(publish(s, dup));
        if (s.message.qos() == QoS.EXACTLY_ONCE) {
            growImpatient(() -> publishAgain(s));
        }
    }

    private static Publish publish(Sending s, boolean dup) {
        return new Publish(s.message, s.packetIdentifier, dup, s.subscriptionIdentifiers);
    }

    private void release(Sending s) {
        awaitPubcomp.add(s);
        connection.send(new Pubrel(s.packetIdentifier, ReasonCode.SUCCESS));
        growImpatient(() -> releaseAgain(s));
    }

    /** What is not answered in time is sent again: against the standard, and yet servers do it. */
    private void growImpatient(Runnable again) {
        if (sim.faults.strike(sim.faults.impatience)) {
            sim.agenda.after(
                    sim.chance.upTo(sim.chance.pick(20, 1_000)),
                    () -> {
                        if (connection.isConnected()) {
                            again.run();
                        }
                    });
        }
    }

    private void publishAgain(Sending s) {
        if (awaitPubrec.contains(s)) {
            awaitPubrec.add(s);
            connection.send(publish(s, true));
        }
    }

    private void releaseAgain(Sending s) {
        if (awaitPubcomp.contains(s)) {
            awaitPubcomp.add(s);
            receivedHere.remove(s);
            connection.send(new Pubrel(s.packetIdentifier, ReasonCode.SUCCESS));
        }
    }

    void received(Puback p) {
        Sending s = awaitPuback.poll();
        require(
                s != null && s.packetIdentifier == p.packetIdentifier(),
                "[4.6.0-2] PUBACKs are not in the order of the PUBLISH packets");
        require(
                p.reason() == ReasonCode.SUCCESS
                        || ServerChoices.PUBLISH_ERRORS.contains(p.reason()),
                "[3.4.2-1] PUBACK with ",
                p.reason());
        boolean refused = sim.validates && s.message.utf8Payload();
        connection.additions.requireExpected(p, sim.incoming.remarks(s.key()));
        if (refused) {
            require(p.reason() == ReasonCode.PAYLOAD_FORMAT_INVALID, "PUBACK with ", p.reason());
            sim.incoming.refused(s.key());
        }
        sim.incoming.pubacked(s.key(), p.reason());
        finish(s);
    }

    void received(Pubrec p) {
        Sending s = awaitPubrec.poll();
        require(
                s != null && s.packetIdentifier == p.packetIdentifier(),
                "[4.6.0-3] PUBRECs are not in the order of the PUBLISH packets");
        if (p.reason() == ReasonCode.PAYLOAD_FORMAT_INVALID) {
            sim.incoming.refused(s.key());
            finish(s);
            return;
        }
        require(p.reason() == ReasonCode.SUCCESS, "PUBREC with ", p.reason());
        if (s.released) {
            return;
        }
        sim.incoming.pubrecced(s.key());
        receivedHere.add(s);
        s.released = true;
        connection.later(() -> release(s));
    }

    void received(Pubcomp p) {
        for (Sending s : awaitPubcomp) {
            if (s.packetIdentifier == p.packetIdentifier()) {
                require(
                        p.reason() == ReasonCode.SUCCESS || !receivedHere.contains(s),
                        "The client forgot what it received on this connection");
                awaitPubcomp.remove(s);
                finish(s);
                return;
            }
        }
        throw new SimulationFailure("PUBCOMP " + p.packetIdentifier() + " without PUBREL");
    }

    private void finish(Sending s) {
        connection.session().sending.remove(s);
        unacknowledged.remove(s);
        connection.pump();
    }
}
