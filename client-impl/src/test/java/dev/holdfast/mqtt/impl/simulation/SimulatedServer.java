package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Connect;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A server with one client: its sessions, and what others publish. It goes by several addresses,
 * which share their sessions, or do not.
 */
final class SimulatedServer {
    /** What can be subscribed to, with a topic that each matches. */
    static final List<String> FILTERS = List.of("plain", "wild/+", "$share/group/shared");

    /** Hosts that the client may be told to connect to. */
    static final List<String> HOSTS = List.of("a.sim", "b.sim", "c.sim");

    private static final List<String> TOPICS = List.of("plain", "wild/life", "shared");

    private final Simulation sim;
    private ServerSession session;
    private ServerConnection connection;

    /** Where the client last was. */
    private String host;

    private int sessions;
    private int published;
    private final Set<String> said = new HashSet<>();

    SimulatedServer(Simulation sim) {
        this.sim = sim;
        if (sim.faults.sessionLossEvery > 0) {
            restartLater();
        }
    }

    ServerSession session() {
        return session;
    }

    /** Whether nothing of the last session will outlive its connection, or has. */
    boolean sessionIsOver() {
        return session == null || session.expirySeconds == 0;
    }

    /** The exchanges of authentication that a client began here. */
    private final Set<String> exchanges = new HashSet<>();

    /** Remembers why it ended a connection. */
    void says(ReasonCode reason, String serverReference) {
        said.add(reason + " " + serverReference);
    }

    boolean hasSaid(ReasonCode reason, String serverReference) {
        return said.contains(reason + " " + serverReference);
    }

    /** Whether no exchange of this name has begun before. */
    boolean isNewExchange(String exchange) {
        return exchanges.add(exchange);
    }

    ServerConnection accept(SimulatedLink link) {
        return new ServerConnection(sim, this, link);
    }

    // ---- sessions

    /** A CONNECT takes over from the connection there was. Tells whether its session goes on. */
    boolean connect(ServerConnection by, Connect connect) {
        if (connection != null) {
            ServerConnection former = connection;
            former.takenOver();
        }
        connection = by;
        if (connect.cleanStart()) {
            endSession("Clean Start");
        }
        if (!sim.hostsShareSessions && !by.host().equals(host)) {
            endSession("it is at " + host);
        }
        host = by.host();
        boolean present = session != null;
        if (!present) {
            session = new ServerSession(++sessions);
            sim.trace.say("server", "begins session ", session.number);
        } else if (!session.known) {
            sim.trace.say("server", "resumes a session that the client may not know of");
            session.mistakable = true;
            sim.outgoing.sessionMistaken();
        }
        return present;
    }

    void disconnected(ServerConnection by) {
        if (connection != by) {
            return;
        }
        connection = null;
        if (session == null) {
            return;
        }
        if (session.expirySeconds == 0) {
            endSession("it ends with its connection");
            return;
        }
        ServerSession left = session;
        sim.agenda.after(
                session.expirySeconds * 1_000L,
                () -> {
                    if (session == left && connection == null) {
                        endSession("it expired");
                    }
                });
    }

    void endSession(String why) {
        if (session != null) {
            sim.trace.say("server", "ends session ", session.number, ": ", why);
            session = null;
            sim.outgoing.sessionEnded();
            sim.incoming.sessionEnded();
        }
    }

    private void restartLater() {
        sim.agenda.after(
                sim.chance.between(1, 2 * sim.faults.sessionLossEvery),
                () -> {
                    if (!sim.faults.areOver()) {
                        restart();
                        restartLater();
                    }
                });
    }

    private void restart() {
        sim.trace.say("server", "restarts");
        if (connection != null) {
            connection.crash();
        }
        if (sim.chance.percent(70)) {
            endSession("lost in a restart");
        }
    }

    // ---- messages of others

    void publish() {
        if (published >= SimulatedApplication.MOST_MESSAGES) {
            return;
        }
        int choice = sim.chance.upTo(TOPICS.size() - 1);
        String filter = FILTERS.get(choice);
        QoS qos = sim.chance.pick(List.of(QoS.values()));
        Subscription subscription = session == null ? null : session.subscriptions.get(filter);
        if (subscription == null) {
            return;
        }
        if (qos.compareTo(subscription.maximumQos()) > 0) {
            qos = subscription.maximumQos();
        }
        if (connection == null && qos == QoS.AT_MOST_ONCE) {
            return;
        }
        String key = "s" + published++;
        byte[] payload = key.getBytes(StandardCharsets.UTF_8);
        boolean broken = sim.faults.strike(sim.faults.brokenText);
        if (broken) {
            payload = Arrays.copyOf(payload, payload.length + 1);
            payload[payload.length - 1] = (byte) 0xC3;
            key += IncomingOracle.BROKEN;
        }
        sim.trace.say("server", "is to forward ", key, " at QoS ", qos.ordinal());
        sim.incoming.forwarded(key, qos);
        session.queue.add(
                Message.to(TOPICS.get(choice))
                        .payload(payload)
                        .utf8Payload(broken)
                        .qos(qos)
                        .build());
        if (connection != null) {
            connection.pump();
        }
    }

    boolean isDrained() {
        return connection != null && connection.isIdle() && session.isDrained();
    }
}
