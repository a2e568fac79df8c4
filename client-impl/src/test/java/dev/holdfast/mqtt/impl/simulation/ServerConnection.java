package dev.holdfast.mqtt.impl.simulation;

import static dev.holdfast.mqtt.impl.simulation.SimulationFailure.require;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.Pingresp;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The server's end of one network connection. It is strict: a client that breaks a statement of the
 * standard ends the run.
 */
final class ServerConnection {
    private enum Phase {
        OPEN,
        CONNECT_RECEIVED,
        CONNECTED,
        /** The client has said good-bye. */
        LEFT,
        /** The server broke the protocol on purpose, and awaits the client's complaint. */
        MISBEHAVED,
        CLOSED
    }

    /** More than the longest delays of network and loop together; milliseconds. */
    private static final int TIME_TO_COMPLAIN = 10_000;

    private static final Set<ReasonCode> GOODBYES =
            EnumSet.of(ReasonCode.SUCCESS, ReasonCode.DISCONNECT_WITH_WILL_MESSAGE);

    private final Simulation sim;
    private final SimulatedServer server;
    private final SimulatedLink link;
    private final List<Runnable> answers = new ArrayList<>();

    /** Packet Identifiers of SUBSCRIBE and UNSUBSCRIBE without an answer. */
    private final Set<Integer> requests = new HashSet<>();

    private Phase phase = Phase.OPEN;
    private Connect connect;
    private ServerAuthentication authentication;
    private PublishesFromClient fromClient;
    private PublishesToClient toClient;
    Additions additions;
    private ServerSession announced;
    Connack limits;

    ServerConnection(Simulation sim, SimulatedServer server, SimulatedLink link) {
        this.sim = sim;
        this.server = server;
        this.link = link;
        if (sim.faults.misbehavesEvery > 0) {
            sim.agenda.after(
                    sim.chance.between(1, 2 * sim.faults.misbehavesEvery), this::misbehave);
        }
        if (sim.faults.disconnectEvery > 0) {
            sim.agenda.after(
                    sim.chance.between(1, 2 * sim.faults.disconnectEvery), this::disconnect);
        }
    }

    boolean isConnected() {
        return phase == Phase.CONNECTED;
    }

    boolean isIdle() {
        return phase == Phase.CONNECTED && answers.isEmpty() && requests.isEmpty();
    }

    boolean isInUse(int packetIdentifier) {
        return requests.contains(packetIdentifier) || fromClient.isInUse(packetIdentifier);
    }

    /** The session that CONNACK spoke of. */
    ServerSession announced() {
        return announced;
    }

    ClientRun client() {
        return link.client();
    }

    String host() {
        return link.host();
    }

    ServerSession session() {
        return server.session();
    }

    // ---- packets of the client

    void received(Packet packet) {
        switch (phase) {
            case CLOSED -> {}
            case OPEN -> {
                require(packet instanceof Connect, "[3.1.0-1] CONNECT is not the first packet");
                connect = (Connect) packet;
                authentication = new ServerAuthentication(sim, connect);
                phase = Phase.CONNECT_RECEIVED;
                sim.agenda.after(sim.faults.delay(sim.faults.answerDelay), this::answerConnect);
            }
            case CONNECT_RECEIVED -> {
                if (packet instanceof Auth auth) {
                    authentication.received(auth, false);
                    sim.agenda.after(sim.faults.delay(sim.faults.answerDelay), this::answerConnect);
                } else {
                    require(
                            packet instanceof Disconnect d && isGoodbye(d),
                            Words.of(packet),
                            " before CONNACK");
                }
            }
            case CONNECTED -> dispatch(packet);
            case LEFT -> throw new SimulationFailure("[3.14.4-1] a packet follows DISCONNECT");
            case MISBEHAVED -> {
                if (packet instanceof Disconnect) {
                    gone();
                }
            }
        }
    }

    private void dispatch(Packet packet) {
        additions.requireFitting(packet);
        if (packet instanceof Publish p) {
            fromClient.received(p);
        } else if (packet instanceof Pubrel p) {
            fromClient.received(p);
        } else if (packet instanceof Puback p) {
            toClient.received(p);
        } else if (packet instanceof Pubrec p) {
            toClient.received(p);
        } else if (packet instanceof Pubcomp p) {
            toClient.received(p);
        } else if (packet instanceof Subscribe p) {
            received(p);
        } else if (packet instanceof Unsubscribe p) {
            received(p);
        } else if (packet instanceof Auth p) {
            authentication.received(p, true);
            later(this::goOnAuthenticating);
        } else if (packet instanceof Pingreq) {
            answer(Pingresp.INSTANCE, () -> {});
        } else if (packet instanceof Disconnect p) {
            received(p);
        } else {
            throw new SimulationFailure("A client sends " + Words.of(packet));
        }
    }

    private void received(Subscribe p) {
        takeRequest(p.packetIdentifier());
        // Nothing of another session may be left on disk when this is sent.
        session().known = true;
        List<ReasonCode> reasons = new ArrayList<>();
        require(
                p.subscriptionIdentifier() == 0 || limits.subscriptionIdentifierAvailable(),
                "P-36: no Subscription Identifiers here");
        p.subscriptions()
                .forEach(
                        s -> {
                            boolean wild = s.topicFilter().indexOf('+') >= 0;
                            require(
                                    !wild || limits.wildcardSubscriptionAvailable(),
                                    "P-36: no wildcards here");
                            boolean shared = s.topicFilter().startsWith("$share/");
                            require(
                                    !shared || limits.sharedSubscriptionAvailable(),
                                    "P-36: no sharing here");
                            if (sim.faults.strike(sim.faults.subscribeRefusal)) {
                                reasons.add(sim.chance.pick(ServerChoices.SUBACK_ERRORS));
                            } else {
                                session().subscriptions.put(s.topicFilter(), s);
                                session().oldSubscriptions.remove(s.topicFilter());
                                session()
                                        .subscriptionIdentifiers
                                        .put(s.topicFilter(), p.subscriptionIdentifier());
                                reasons.add(ServerChoices.GRANTED.get(s.maximumQos().ordinal()));
                            }
                        });
        answer(
                new Suback(p.packetIdentifier(), reasons, null, List.of()),
                () -> requests.remove(p.packetIdentifier()));
    }

    private void received(Unsubscribe p) {
        takeRequest(p.packetIdentifier());
        List<ReasonCode> reasons = new ArrayList<>();
        for (String filter : p.topicFilters()) {
            if (sim.faults.strike(sim.faults.subscribeRefusal)) {
                reasons.add(sim.chance.pick(ServerChoices.UNSUBACK_ERRORS));
            } else {
                boolean existed = session().subscriptions.remove(filter) != null;
                session().oldSubscriptions.remove(filter);
                reasons.add(existed ? ReasonCode.SUCCESS : ReasonCode.NO_SUBSCRIPTION_EXISTED);
            }
        }
        answer(
                new Unsuback(p.packetIdentifier(), reasons, null, List.of()),
                () -> requests.remove(p.packetIdentifier()));
    }

    private void takeRequest(int packetIdentifier) {
        require(packetIdentifier != 0, "[2.2.1-3] Packet Identifier 0");
        require(!isInUse(packetIdentifier), "[2.2.1-3] ", packetIdentifier, " is in use");
        requests.add(packetIdentifier);
    }

    private void received(Disconnect p) {
        require(
                isGoodbye(p),
                "The client complains, but the server did nothing wrong: ",
                p.reason());
        if (p.sessionExpiryInterval() != Disconnect.ABSENT) {
            require(
                    connect.sessionExpiryInterval() > 0 || p.sessionExpiryInterval() == 0,
                    "P-18: a session without expiry gets one with DISCONNECT");
            session().expirySeconds = p.sessionExpiryInterval();
        }
        phase = Phase.LEFT;
        server.disconnected(this);
    }

    /** A client that authenticates may say that its own part failed. */
    private boolean isGoodbye(Disconnect p) {
        return GOODBYES.contains(p.reason())
                || p.reason() == ReasonCode.PROTOCOL_ERROR && isStranger()
                || p.reason() == ReasonCode.UNSPECIFIED_ERROR && authentication.isUsed();
    }

    /** Whether the client may have nothing of the session, since it had another one meanwhile. */
    private boolean isStranger() {
        return announced != null && announced.wasLeft;
    }

    // ---- the server's answers

    private void goOnAuthenticating() {
        if (authentication.asksOn()) {
            send(authentication.challenge());
        } else if (sim.faults.strike(sim.faults.connackRefusal)) {
            server.says(ReasonCode.NOT_AUTHORIZED, null);
            link.fromServer(new Disconnect(ReasonCode.NOT_AUTHORIZED));
            close();
        } else if (sim.faults.strike(sim.faults.falseServer)) {
            link.fromServer(authentication.success(false));
            awaitComplaint("a false end of a re-authentication");
        } else {
            sim.mechanism.acceptedAnew();
            send(authentication.success(true));
        }
    }

    private void answerConnect() {
        if (phase != Phase.CONNECT_RECEIVED || authentication.awaitsAnswer()) {
            return;
        }
        if (sim.faults.strike(sim.faults.connackRefusal)) {
            Connack refusal = ServerChoices.refusal(sim.chance);
            server.says(refusal.reason(), refusal.serverReference());
            link.fromServer(refusal);
            close();
            return;
        }
        if (authentication.asksOn()) {
            link.fromServer(authentication.challenge());
            return;
        }
        if (authentication.isUsed() && sim.faults.strike(sim.faults.falseServer)) {
            Connack claimed = ServerChoices.connack(sim, connect, !connect.cleanStart());
            link.fromServer(authentication.in(claimed, false));
            awaitComplaint("a false CONNACK");
            return;
        }
        boolean present = server.connect(this, connect);
        limits = authentication.in(ServerChoices.connack(sim, connect, present), true);
        boolean inherits = limits.sessionExpiryInterval() == Connack.ABSENT;
        session().expirySeconds =
                inherits ? connect.sessionExpiryInterval() : limits.sessionExpiryInterval();
        additions = new Additions(link.client(), limits.maximumPacketSize());
        fromClient = new PublishesFromClient(sim, this, present);
        toClient = new PublishesToClient(sim, this, connect.receiveMaximum());
        phase = Phase.CONNECTED;
        sim.outgoing.announced(limits);
        announced = session();
        link.fromServer(limits);
        if (present && sim.faults.strike(sim.faults.repeatsPubrec)) {
            fromClient.repeatPubrecs();
        }
        pump();
    }

    /** Sends a packet some time later, after those before it or not. */
    void answer(Packet packet, Runnable sent) {
        later(
                () -> {
                    sent.run();
                    send(packet);
                });
    }

    void later(Runnable answer) {
        answers.add(answer);
        sim.agenda.after(sim.faults.delay(sim.faults.answerDelay), this::sendAnswer);
    }

    private void sendAnswer() {
        if (phase == Phase.CONNECTED) {
            boolean any = sim.faults.strike(sim.faults.answersInAnyOrder);
            answers.remove(any ? sim.chance.upTo(answers.size() - 1) : 0).run();
            pump();
        }
    }

    void send(Packet packet) {
        link.fromServer(packet);
    }

    /** Sends what is due to the client, some time later. */
    void pump() {
        if (phase == Phase.CONNECTED) {
            sim.agenda.after(sim.faults.delay(sim.faults.answerDelay), this::sendNext);
        }
    }

    private void sendNext() {
        if (phase == Phase.CONNECTED && toClient.sendNext()) {
            pump();
        }
    }

    // ---- ends

    /** The network connection is gone, or the client closed it. */
    void gone() {
        if (phase != Phase.CLOSED) {
            phase = Phase.CLOSED;
            server.disconnected(this);
        }
    }

    private void close() {
        if (phase != Phase.CLOSED) {
            gone();
            link.closedByServer();
        }
    }

    void crash() {
        close();
    }

    void takenOver() {
        if (phase == Phase.CONNECTED) {
            server.says(ReasonCode.SESSION_TAKEN_OVER, null);
            link.fromServer(new Disconnect(ReasonCode.SESSION_TAKEN_OVER));
        }
        close();
    }

    private void disconnect() {
        if (phase == Phase.CONNECTED && !sim.faults.areOver()) {
            Disconnect disconnect = ServerChoices.disconnect(sim.chance);
            server.says(disconnect.reason(), disconnect.serverReference());
            link.fromServer(disconnect);
            close();
        }
    }

    private void misbehave() {
        boolean possible =
                phase == Phase.OPEN || phase == Phase.CONNECT_RECEIVED || phase == Phase.CONNECTED;
        if (possible && !sim.faults.areOver()) {
            boolean connected = phase == Phase.CONNECTED;
            ServerOffences.Offence offence =
                    connected && sim.chance.percent(20)
                            ? ServerOffences.unknownAlias(link.unknownAlias())
                            : ServerOffences.any(sim.chance, connected);
            sim.trace.say("server", "misbehaves with ", offence.name());
            link.fromServer(offence.bytes());
            awaitComplaint(offence.name());
        }
    }

    private void awaitComplaint(String offence) {
        server.disconnected(this);
        phase = Phase.MISBEHAVED;
        sim.agenda.after(TIME_TO_COMPLAIN, () -> requireComplaint(offence));
    }

    private void requireComplaint(String offence) {
        require(
                phase == Phase.CLOSED || link.isDead(),
                "[4.13.1-1] The client goes on after ",
                offence);
    }
}
