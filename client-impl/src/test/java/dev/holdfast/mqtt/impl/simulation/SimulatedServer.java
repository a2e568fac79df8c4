package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A server with one client: its sessions, and what others publish. It goes by several addresses,
 * which share their sessions, or do not.
 */
final class SimulatedServer {
    /** What can be subscribed to. */
    static final List<String> FILTERS = List.of("plain", "wild/+", "wild/#", "$share/group/shared");

    /** Hosts that the client may be told to connect to. */
    static final List<String> HOSTS = List.of("a.sim", "b.sim", "c.sim");

    private static final List<String> TOPICS = List.of("plain", "wild/life", "shared");

    /** Which filters match each of the topics. */
    private static final List<List<String>> MATCHING =
            List.of(FILTERS.subList(0, 1), FILTERS.subList(1, 3), FILTERS.subList(3, 4));

    private final Simulation sim;
    private ServerSession session;
    private ServerConnection connection;

    /** Where the client last was. */
    private String host;

    /** Sessions that the client has left behind, by their hosts. */
    private final Map<String, ServerSession> elsewhere = new HashMap<>();

    private int sessions;
    private int published;
    private int forwarded;

    /** Whether it sends a message once for each subscription that matches. */
    private final boolean sendsCopies;

    private final Set<String> said = new HashSet<>();

    SimulatedServer(Simulation sim) {
        this.sim = sim;
        sendsCopies = sim.chance.percent(50);
        if (sim.faults.sessionLossEvery > 0) {
            restartLater();
        }
    }

    /** The Topic Filters that match a topic. */
    static List<String> matching(String topic) {
        return MATCHING.get(TOPICS.indexOf(topic));
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
        if (!sim.hostsShareSessions && !by.host().equals(host)) {
            goTo(by.host());
        }
        host = by.host();
        if (connect.cleanStart()) {
            endSession("Clean Start");
        }
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

    /** The address that the client uses now knows nothing of what it did at the last one. */
    private void goTo(String next) {
        boolean keeps = sim.hostsKeepSessions && !sessionIsOver();
        if (!keeps) {
            endSession("it is at " + host);
        } else {
            leave();
        }
        session = elsewhere.remove(next);
        if (session != null) {
            sim.trace.say("server", "still has session ", session.number, " at ", next);
            session.isOld();
            sim.outgoing.sessionMistaken();
        }
    }

    private void leave() {
        ServerSession left = session;
        sim.trace.say("server", "keeps session ", left.number, " at ", host);
        elsewhere.put(host, left);
        sim.agenda.after(
                left.expirySeconds * 1_000L, () -> elsewhere.values().removeIf(s -> s == left));
        sim.outgoing.sessionLeft(left);
        sim.incoming.sessionEnded();
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
        QoS qos = sim.chance.pick(List.of(QoS.values()));
        List<Subscription> matching = new ArrayList<>();
        if (session != null) {
            MATCHING.get(choice).forEach(f -> matching.add(session.subscriptions.get(f)));
            matching.removeIf(s -> s == null);
        }
        if (matching.isEmpty()) {
            return;
        }
        published++;
        if (sendsCopies) {
            matching.forEach(s -> forward(TOPICS.get(choice), qos, List.of(s)));
        } else {
            forward(TOPICS.get(choice), qos, matching);
        }
        if (connection != null) {
            connection.pump();
        }
    }

    /** Adds one message for some subscriptions, at the highest QoS that one of them allows. */
    private void forward(String topic, QoS published, List<Subscription> subscriptions) {
        QoS qos = QoS.AT_MOST_ONCE;
        Map<String, Integer> identifiers = new LinkedHashMap<>();
        for (Subscription s : subscriptions) {
            qos = s.maximumQos().compareTo(qos) > 0 ? s.maximumQos() : qos;
            String filter = s.topicFilter();
            identifiers.put(filter, session.subscriptionIdentifiers.get(filter));
        }
        qos = published.compareTo(qos) < 0 ? published : qos;
        if (connection == null && qos == QoS.AT_MOST_ONCE) {
            return;
        }
        String key = "s" + forwarded++;
        byte[] payload = key.getBytes(StandardCharsets.UTF_8);
        boolean broken = sim.faults.strike(sim.faults.brokenText);
        if (broken) {
            payload = Arrays.copyOf(payload, payload.length + 1);
            payload[payload.length - 1] = (byte) 0xC3;
            key += IncomingOracle.BROKEN;
        }
        sim.trace.say(
                "server", "is to forward ", key, " at QoS ", qos.ordinal(), " for ", identifiers);
        sim.incoming.forwarded(key, qos, session, identifiers);
        List<Integer> given = identifiers.values().stream().filter(i -> i != 0).toList();
        Message message = Message.to(topic).payload(payload).utf8Payload(broken).qos(qos).build();
        session.queue.add(new Publish(message, 0, false, given));
    }

    boolean isDrained() {
        return connection != null && connection.isIdle() && session.isDrained();
    }
}
