package dev.holdfast.mqtt.impl.simulation;

import static dev.holdfast.mqtt.impl.simulation.SimulationFailure.require;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Incoming;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What one run of the client owes its application: each future is completed exactly once. */
final class Futures {
    private final Simulation sim;
    private final ClientRun run;
    final AttemptsOracle attempts;
    private final Set<Long> toBeStored = new LinkedHashSet<>();
    private final Set<Long> toBeAcknowledged = new LinkedHashSet<>();
    private final Map<Long, String> subscribes = new TreeMap<>();
    private final Map<Long, String> unsubscribes = new TreeMap<>();
    private final Set<Long> disconnects = new LinkedHashSet<>();
    private final Set<Long> reauthentications = new LinkedHashSet<>();
    private final Set<Incoming> settlements = new LinkedHashSet<>();
    private final Set<Long> connects = new LinkedHashSet<>();
    private boolean connected;
    private boolean sessionLost;
    private boolean toldOfLostSession;

    /** Those of {@link #disconnects} that end the session. */
    private final Set<Long> sessionEnds = new LinkedHashSet<>();

    /** Whether a session that outlives its connection was announced, and none was lost since. */
    private boolean expectsSession;

    Futures(Simulation sim, ClientRun run) {
        this.sim = sim;
        this.run = run;
        attempts = new AttemptsOracle(sim, run.settings);
    }

    // ---- begun

    void publish(long sequence, boolean durable) {
        toBeAcknowledged.add(sequence);
        if (durable) {
            toBeStored.add(sequence);
        }
    }

    void subscribe(long token, String filter) {
        subscribes.put(token, filter);
    }

    void unsubscribe(long token, String filter) {
        unsubscribes.put(token, filter);
    }

    /**
     * @param endsSession on purpose: nobody is told of its loss
     */
    void disconnect(long token, boolean endsSession) {
        disconnects.add(token);
        if (endsSession) {
            sessionEnds.add(token);
        }
    }

    void reauthenticate(long token) {
        reauthentications.add(token);
    }

    void settle(Incoming incoming) {
        settlements.add(incoming);
    }

    void connect(long token) {
        connects.add(token);
    }

    boolean isChanging(String filter) {
        return subscribes.containsValue(filter) || unsubscribes.containsValue(filter);
    }

    boolean isConnected() {
        return connected;
    }

    boolean hasToldOfLostSession() {
        return toldOfLostSession;
    }

    boolean isConnecting() {
        return !connects.isEmpty();
    }

    // ---- completed

    private void stored(long sequence) {
        // May come after Acknowledged, which implies it.
        toBeStored.remove(sequence);
        sim.outgoing.stored(sequence);
    }

    private void acknowledged(long sequence, Acknowledgement answer) {
        completePublish(sequence);
        sim.outgoing.acknowledged(run, sequence, answer);
    }

    void take(Event event) {
        if (event instanceof Event.Stored e) {
            e.publications().forEach(this::stored);
        } else if (event instanceof Event.Acknowledged e) {
            e.publications().forEach(s -> acknowledged(s, e.acknowledgement()));
        } else if (event instanceof Event.PublishFailed e) {
            completePublish(e.sequence());
            sim.outgoing.failed(run, e.sequence(), e.cause());
        } else if (event instanceof Event.Settled e) {
            requireExpected(settlements.remove(e.incoming()), event);
            sim.incoming.settled(e.incoming(), e.cause());
        } else if (event instanceof Event.Subscribed e) {
            String filter = subscribes.remove(e.token());
            requireExpected(filter != null, event);
            sim.application.subscriptions.subscribed(e.token(), filter);
        } else if (event instanceof Event.SubscribeFailed e) {
            String filter = subscribes.remove(e.token());
            requireExpected(filter != null, event);
            sim.application.subscriptions.subscribeFailed(e.token(), filter, e.cause());
        } else if (event instanceof Event.Unsubscribed e) {
            String filter = unsubscribes.remove(e.token());
            requireExpected(filter != null, event);
            sim.application.subscriptions.unsubscribed(e.token(), filter);
        } else if (event instanceof Event.UnsubscribeFailed e) {
            String filter = unsubscribes.remove(e.token());
            requireExpected(filter != null, event);
            sim.application.subscriptions.unsubscribeFailed(e.token(), filter, e.cause());
        } else if (event instanceof Event.DisconnectDone e) {
            requireExpected(disconnects.remove(e.token()), event);
            attempts.take(event);
            if (sessionEnds.remove(e.token())) {
                expectsSession = false;
                sim.outgoing.sessionEnded();
            }
        } else {
            takeConnectionEvent(event);
        }
    }

    /** When the store failed all futures have failed with it, those just begun as well. */
    private void requireExpected(boolean expected, Event event) {
        require(expected || run.storeHasFailed(), "Nobody waits for ", event);
    }

    private void completePublish(long sequence) {
        boolean expected = toBeAcknowledged.remove(sequence);
        require(
                expected || sequence < run.recovered.numbersReserved() || run.storeHasFailed(),
                "Publication ",
                sequence,
                " is completed twice");
        toBeStored.remove(sequence);
    }

    private void takeConnectionEvent(Event event) {
        attempts.take(event);
        if (event instanceof Event.Connected e) {
            require(!connected, "Connected twice");
            require(
                    e.connected().sessionPresent()
                            || !expectsSession
                            || sessionLost
                            || sim.application.mayStartClean(),
                    "The session was lost without a word");
            connected = true;
            sim.application.connected();
            sessionLost = false;
            expectsSession = !e.connected().limits().sessionExpiry().isZero();
        } else if (event instanceof Event.Disconnected e) {
            require(connected, "Disconnected, but was not connected");
            connected = false;
            requireHonest(e.cause());
        } else if (event instanceof Event.ConnectDone e) {
            requireExpected(connects.remove(e.token()), event);
            require(connected, "connect() succeeds without a connection");
        } else if (event instanceof Event.ConnectFailed e) {
            requireExpected(connects.remove(e.token()), event);
            require(
                    !connected || e.cause() instanceof MqttException.StoreFailed,
                    "connect() fails, though there is a connection: ",
                    e.cause());
            requireHonest(e.cause());
        } else if (event instanceof Event.Reauthenticated e) {
            requireExpected(reauthentications.remove(e.token()), event);
            sim.mechanism.reauthenticated();
        } else if (event instanceof Event.ReauthenticationFailed e) {
            requireExpected(reauthentications.remove(e.token()), event);
            requireHonest(e.cause());
        } else if (event instanceof Event.SessionLost) {
            sessionLost = true;
            toldOfLostSession = true;
        } else if (event instanceof Event.Reconnecting e) {
            require(!connected, "Reconnecting while connected");
            if (e.next().isEmpty()) {
                sim.application.gaveUp();
            }
            requireHonest(e.cause());
        }
    }

    private void requireHonest(MqttException cause) {
        require(
                !(cause instanceof MqttException.ServerMisbehaved)
                        || sim.faults.misbehavesEvery > 0,
                "The client blames a blameless server: ",
                cause.getMessage());
        require(
                !(cause instanceof MqttException.SessionUnknown),
                "The client does not know its own session");
        require(
                !(cause instanceof MqttException.AuthenticationFailed) || sim.mechanism != null,
                "Authentication fails where there is none");
        if (cause instanceof MqttException.ConnectRefused r) {
            requireSaid(r.reason(), r.serverReference().orElse(null));
        } else if (cause instanceof MqttException.ConnectionLost l && l.reason().isPresent()) {
            requireSaid(l.reason().get(), l.serverReference().orElse(null));
        }
    }

    private void requireSaid(ReasonCode reason, String serverReference) {
        require(
                sim.server.hasSaid(reason, serverReference),
                "The server never said ",
                reason,
                " with reference ",
                serverReference);
    }

    /** The store failed, and all that waited with it. */
    void abandon() {
        attempts.abandon();
        toBeStored.clear();
        toBeAcknowledged.clear();
        subscribes.clear();
        unsubscribes.clear();
        connects.clear();
        disconnects.clear();
        reauthentications.clear();
        settlements.clear();
        connected = false;
    }

    /** What still waits; null if nothing does. */
    String open() {
        if (!toBeStored.isEmpty() || !toBeAcknowledged.isEmpty()) {
            return "publications " + toBeStored + " and " + toBeAcknowledged + " wait";
        }
        if (!subscribes.isEmpty() || !unsubscribes.isEmpty()) {
            return "subscribe() " + subscribes + " or unsubscribe() " + unsubscribes + " waits";
        }
        if (!reauthentications.isEmpty()) {
            return "reauthenticate() " + reauthentications + " waits";
        }
        if (!disconnects.isEmpty() || !connects.isEmpty()) {
            return "disconnect() or connect() waits";
        }
        return settlements.isEmpty() ? null : settlements.size() + " settlements wait";
    }
}
