package dev.holdfast.mqtt.impl.simulation;

import static dev.holdfast.mqtt.impl.simulation.SimulationFailure.require;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.SessionLostPolicy.InFlight;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.store.Recovered;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Knows of each published message what was promised, what became of it, and what may have. */
final class OutgoingOracle {
    /** What may have kept a message from the server for good. */
    private enum Excuse {
        REFUSED,
        BEYOND_LIMITS,
        EXPIRED,
        SESSION_ENDED,
        NO_ROOM,
        TAKEN_BACK
    }

    private static final class Published {
        final String key;
        final int index;
        final Message message;
        final long expiresAt;
        final long sequence;
        final ClientRun acceptedBy;
        final int sessionsBefore;
        final Set<Excuse> excuses = EnumSet.noneOf(Excuse.class);
        boolean stored;
        boolean acknowledged;
        MqttException failure;
        ClientRun doneBy;
        boolean written;

        /** Whether it was said to have failed so that it must not be sent any more. */
        boolean failedForGood;

        /** Whether its publication failed while its exchange goes on. */
        boolean abandoned;

        /** The session in which PUBREL was sent for it. */
        ServerSession releasedIn;

        int accepted;
        boolean mayBeTwice;

        /** Whether a server took it for another one, which it had in an old session. */
        boolean mistaken;

        Published(
                String key,
                int index,
                long sequence,
                Message message,
                long expiresAt,
                ClientRun acceptedBy,
                int sessionsBefore) {
            this.key = key;
            this.index = index;
            this.message = message;
            this.expiresAt = expiresAt;
            this.sequence = sequence;
            this.acceptedBy = acceptedBy;
            this.sessionsBefore = sessionsBefore;
        }

        /** Whether this run, which has not crashed since, said what became of it. */
        boolean isDone(ClientRun run) {
            return (acknowledged || failure != null) && doneBy == run;
        }
    }

    private final Simulation sim;
    private final Map<String, Published> byKey = new LinkedHashMap<>();
    private final Map<Long, Published> bySequence = new HashMap<>();

    /** What the client wrote with each Packet Identifier last. */
    private final Map<Integer, Published> byIdentifier = new HashMap<>();

    private int sessionsEnded;
    private Connack newestLimits;

    private Connack limitsInForce;
    private int newestReceived = -1;
    private int newestAtMostOnce = -1;

    OutgoingOracle(Simulation sim) {
        this.sim = sim;
    }

    int count() {
        return byKey.size();
    }

    void published(ClientRun run, long sequence, Message message, long expiresAt) {
        String key = message.payloadText();
        Published p =
                new Published(key, byKey.size(), sequence, message, expiresAt, run, sessionsEnded);
        byKey.put(key, p);
        if (sim.dropsOldest()) {
            p.excuses.add(Excuse.NO_ROOM);
        }
        excuseBeyond(newestLimits, p);
        excuseBeyond(limitsInForce, p);
        Published before = bySequence.put(sequence, p);
        require(
                before == null || !before.stored,
                "Publication ",
                sequence,
                " has the number of ",
                (before == null ? "" : before.key));
    }

    /** What was in flight when a session ended is lost with it, whether it had been sent or not. */
    void recovered(Recovered recovered) {
        if (sim.server.sessionIsOver()) {
            recovered.inFlight().forEach(m -> endSession(byKey.get(m.message().payloadText())));
        }
    }

    // ---- what the client says

    void stored(long sequence) {
        bySequence.get(sequence).stored = true;
    }

    void acknowledged(ClientRun run, long sequence, Acknowledgement told) {
        Published p = bySequence.get(sequence);
        p.acknowledged = true;
        p.doneBy = run;
        require(
                p.accepted > 0 || p.message.qos() == QoS.AT_MOST_ONCE || p.mistaken,
                p.key,
                " is acknowledged, but the server never had it");
        require(
                p.mistaken || ServerWords.mayBe(told, p.message),
                "The server never said ",
                told,
                " of ",
                p.key);
    }

    /** The application is about to take it back, if that is possible. */
    void takenBack(long sequence) {
        Published p = bySequence.get(sequence);
        p.excuses.add(Excuse.TAKEN_BACK);
        // In a session that is over: the server may have it, and it waits to be sent once more.
        boolean waitsAgain =
                sim.store.onDisk().inFlight().stream().noneMatch(m -> m.sequence() == sequence);
        if (p.written && waitsAgain) {
            p.excuses.add(Excuse.SESSION_ENDED);
        }
    }

    /** The application is about to give up on what was sent. */
    void abandoned(long sequence) {
        bySequence.get(sequence).abandoned = true;
    }

    void failed(ClientRun run, long sequence, MqttException cause) {
        Published p = bySequence.get(sequence);
        p.failure = cause;
        p.doneBy = run;
        if (cause instanceof MqttException.StoreFull) {
            p.excuses.add(Excuse.NO_ROOM);
        } else if (cause instanceof MqttException.PublishRejected r) {
            require(ServerWords.mayBe(r, p.message), "The server never said ", r);
            require(
                    p.excuses.contains(Excuse.REFUSED) || p.excuses.contains(Excuse.BEYOND_LIMITS),
                    p.key,
                    " fails, but nobody refused it: ",
                    cause);
        } else if (cause instanceof MqttException.MessageExpired) {
            require(mayHaveExpired(p), p.key, " has not expired: ", cause);
            p.excuses.add(Excuse.EXPIRED);
        } else if (cause instanceof MqttException.Cancelled
                || cause instanceof MqttException.TimedOut) {
            require(p.excuses.contains(Excuse.TAKEN_BACK), p.key, " fails unasked: ", cause);
            require(
                    p.abandoned || p.accepted == 0 || p.excuses.contains(Excuse.SESSION_ENDED),
                    p.key,
                    " was taken back, but the server has it");
        } else if (cause instanceof MqttException.SessionLost) {
            require(
                    p.excuses.contains(Excuse.SESSION_ENDED)
                            || sim.server.sessionIsOver()
                            || sim.application.mayStartClean()
                            || (p.acceptedBy != run && mayHaveBeenInLostSession(p, run)),
                    p.key,
                    " fails, but the session lives: ",
                    cause);
            p.excuses.add(Excuse.SESSION_ENDED);
        } else {
            require(
                    cause instanceof MqttException.StoreFailed && run.storeHasFailed(),
                    p.key,
                    " fails without a reason: ",
                    cause);
        }
        // An exchange at QoS 2 that new limits interrupt must be ended all the same.
        boolean interrupted =
                p.message.qos() == QoS.EXACTLY_ONCE && p.excuses.contains(Excuse.BEYOND_LIMITS);
        p.failedForGood =
                !interrupted && !p.abandoned && !(cause instanceof MqttException.StoreFailed);
    }

    /**
     * A message given an identifier for a session that had ended, which the client did not know: a
     * crash makes it forget that it was never sent.
     */
    private boolean mayHaveBeenInLostSession(Published p, ClientRun run) {
        return p.sessionsBefore < sessionsEnded || run.futures.hasToldOfLostSession();
    }

    // ---- what the client writes

    void written(Publish packet, ServerSession session) {
        Published p = byKey.get(packet.message().payloadText());
        require(!p.failedForGood, p.key, " is sent, though it was said to have failed");
        require(
                p.releasedIn == null || p.releasedIn != session,
                "[4.3.3-6] ",
                p.key,
                " is published again though it was released");
        p.written = true;
        if (session != sim.server.session()) {
            endSession(p);
        }
        byIdentifier.put(packet.packetIdentifier(), p);
    }

    void released(int packetIdentifier, ServerSession session) {
        Published p = byIdentifier.get(packetIdentifier);
        if (p != null && p.message.qos() == QoS.EXACTLY_ONCE) {
            p.releasedIn = session;
        }
    }

    // ---- what the server says

    /** The place of a message in the order of publishing. */
    int indexOf(Message message) {
        Published p = byKey.get(message.payloadText());
        require(p != null, "Nobody published ", message.payloadText());
        return p.index;
    }

    void received(Message message) {
        Published p = byKey.get(message.payloadText());
        boolean expected =
                p.message.topic().equals(message.topic())
                        && p.message.qos() == message.qos()
                        && p.message.retain() == message.retain()
                        && !isLonger(message, p.message)
                        && p.message.userProperties().equals(message.userProperties());
        require(expected, p.key, " was changed on its way");
        if (p.accepted == 0 && p.excuses.isEmpty() && !mayHaveExpired(p)) {
            requireOrder(p);
        }
    }

    private static boolean isLonger(Message sent, Message published) {
        return sent.expiry().isPresent()
                && (published.expiry().isEmpty()
                        || published.expiry().get().compareTo(sent.expiry().get()) < 0
                                && !published.expiry().get().isZero());
    }

    private void requireOrder(Published p) {
        if (p.message.qos() == QoS.AT_MOST_ONCE) {
            require(newestAtMostOnce < p.index, p.key, " comes twice, or overtaken by another");
            newestAtMostOnce = p.index;
        } else {
            require(
                    newestReceived <= p.index,
                    "[4.6.0-1] ",
                    p.key,
                    " comes for the first time behind a later message");
            newestReceived = p.index;
        }
    }

    void accepted(Message message) {
        Published p = byKey.get(message.payloadText());
        p.accepted++;
        require(
                p.accepted == 1 || p.message.qos() != QoS.EXACTLY_ONCE || p.mayBeTwice,
                p.key,
                " was taken over twice at QoS 2");
    }

    void refused(Message message) {
        byKey.get(message.payloadText()).excuses.add(Excuse.REFUSED);
    }

    void announced(Connack limits) {
        newestLimits = limits;
        byKey.values().forEach(p -> excuseBeyond(limits, p));
    }

    /** The client hears of limits, which need not be those that the server announced last. */
    void inForce(Connack limits) {
        limitsInForce = limits;
        byKey.values().forEach(p -> excuseBeyond(limits, p));
    }

    private void excuseBeyond(Connack limits, Published p) {
        if (limits != null
                && isOpen(p)
                && (p.message.qos().compareTo(limits.maximumQos()) > 0
                        || (p.message.retain() && !limits.retainAvailable())
                        || limits.maximumPacketSize() < 200)) {
            p.excuses.add(Excuse.BEYOND_LIMITS);
        }
    }

    /** Messages in flight may be lost with it, or be sent once more. */
    void sessionEnded() {
        sessionsEnded++;
        for (Published p : byKey.values()) {
            if (isOpen(p) && (p.written || p.acceptedBy != sim.application.run())) {
                endSession(p);
            }
        }
    }

    /** As {@link #sessionEnded}, but the client may come back to it. */
    void sessionLeft(ServerSession session) {
        sessionEnded();
        byKey.values().stream()
                .filter(p -> p.releasedIn == session)
                .forEach(p -> p.releasedIn = null);
    }

    /** An old session uses its Packet Identifier for another message. */
    void mistaken(Message message) {
        Published p = byKey.get(message.payloadText());
        p.mistaken = true;
        p.excuses.add(Excuse.SESSION_ENDED);
    }

    /** An old session still has another message with this Packet Identifier, and releases that. */
    void mistakenAtRelease(int packetIdentifier, Message old) {
        Published p = byIdentifier.get(packetIdentifier);
        if (p != null && !p.key.equals(old.payloadText())) {
            p.mistaken = true;
        }
    }

    private void endSession(Published p) {
        p.excuses.add(Excuse.SESSION_ENDED);
        p.mayBeTwice |= sim.policy.exactlyOnce() == InFlight.REPUBLISH;
    }

    /**
     * A message whose outcome was told may come back with a crash, as long as the disk holds it.
     */
    private boolean isOpen(Published p) {
        return !p.isDone(sim.application.run())
                || sim.store.onDisk().inFlight().stream().anyMatch(m -> m.sequence() == p.sequence);
    }

    /** The client may take a new session for an old one, and send again what that one had. */
    void sessionMistaken() {
        for (Published p : byKey.values()) {
            if (isOpen(p)) {
                p.excuses.add(Excuse.SESSION_ENDED);
            }
            p.mayBeTwice |= p.excuses.contains(Excuse.SESSION_ENDED);
        }
    }

    /** On a clock that was put back since, perhaps. */
    private boolean mayHaveExpired(Published p) {
        return p.expiresAt <= sim.latestWallClock();
    }

    // ---- the end

    /** A message whose outcome is still due; null if there is none. */
    String open(ClientRun run) {
        for (Published p : byKey.values()) {
            if (p.acceptedBy == run && !p.isDone(run)) {
                return p.key + " has no outcome";
            }
        }
        return null;
    }

    void requireNothingLost() {
        for (Published p : byKey.values()) {
            boolean promised = p.stored && p.message.qos() != QoS.AT_MOST_ONCE;
            require(
                    !promised || p.accepted > 0 || !p.excuses.isEmpty() || mayHaveExpired(p),
                    p.key,
                    " was stored, and is lost");
        }
    }
}
