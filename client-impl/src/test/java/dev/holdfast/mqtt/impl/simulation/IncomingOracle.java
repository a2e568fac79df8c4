package dev.holdfast.mqtt.impl.simulation;

import static dev.holdfast.mqtt.impl.simulation.SimulationFailure.require;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.impl.session.Incoming;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Knows of each message the server forwarded who has it, and what its handlers did. */
final class IncomingOracle {
    /** How the text of a payload ends that claims to be UTF-8, and is not. */
    static final String BROKEN = "\uFFFD";

    private static final class Forwarded {
        final String key;
        final int index;
        final QoS qos;
        final TreeSet<Long> deliveryIds = new TreeSet<>();

        /** The run that was handed it last. */
        ClientRun handedTo;

        boolean handled;

        /** The copy that was handed over last. */
        Incoming latest;

        /** What became of that; null before. */
        ReasonCode outcome;

        /** What was said of that. */
        Remarks remarks = Remarks.none();

        /** Whether the client said, for good, that it is settled. */
        boolean settled;

        /** Whether the server has handed it over for good. */
        boolean givenAway;

        /** The session in which it is sent. */
        final ServerSession session;

        /** For whose subscriptions it is sent, with their Subscription Identifiers. */
        final Map<String, Integer> identifiers;

        /** Whether it may be lost: its session ended before the client had it. */
        boolean excused;

        Forwarded(
                String key,
                int index,
                QoS qos,
                ServerSession session,
                Map<String, Integer> identifiers) {
            this.session = session;
            this.identifiers = identifiers;
            this.key = key;
            this.index = index;
            this.qos = qos;
        }
    }

    private final Simulation sim;
    private final Map<String, Forwarded> byKey = new LinkedHashMap<>();
    private final Map<Long, String> keysOfDeliveryIds = new HashMap<>();
    private final int[] newestDelivered = {-1, -1, -1};

    IncomingOracle(Simulation sim) {
        this.sim = sim;
    }

    int count() {
        return byKey.size();
    }

    // ---- what the server says

    void forwarded(String key, QoS qos, ServerSession session, Map<String, Integer> identifiers) {
        byKey.put(key, new Forwarded(key, byKey.size(), qos, session, identifiers));
    }

    void pubacked(String key, ReasonCode reason) {
        Forwarded f = byKey.get(key);
        require(f.handled, "PUBACK for ", key, ", which no handler is done with");
        require(reason == f.outcome, "PUBACK for ", key, " says ", reason, ", not ", f.outcome);
        f.givenAway = true;
    }

    /** The client does not want it, since its payload is not what it claims to be. */
    void refused(String key) {
        require(sim.validates, "Nobody asked for a check of ", key);
        require(key.endsWith(BROKEN), key, " was refused, though it is what it claims to be");
        byKey.get(key).handled = true;
        byKey.get(key).outcome = ReasonCode.PAYLOAD_FORMAT_INVALID;
        byKey.get(key).givenAway = true;
    }

    void pubrecced(String key) {
        byKey.get(key).givenAway = true;
    }

    /** What it had not given away may be lost. */
    void sessionEnded() {
        for (Forwarded f : byKey.values()) {
            f.excused |= !f.givenAway;
        }
    }

    /**
     * A message is sent again in a session that the client may have taken for the one before. If
     * that one used the same Packet Identifier, nobody can tell the two apart.
     */
    void sentAgainUnrecognizably(String key, Long deliveryIdHeld) {
        if (deliveryIdHeld != null && !key.equals(keysOfDeliveryIds.get(deliveryIdHeld))) {
            byKey.get(key).excused = true;
        }
    }

    // ---- what the client says

    void delivered(ClientRun run, Incoming incoming) {
        String key = incoming.message().payloadText();
        Forwarded f = byKey.get(key);
        require(f != null, "Nobody forwarded ", key);
        require(f.qos == incoming.message().qos(), key, " came with another QoS");
        require(
                !sim.validates || !key.endsWith(BROKEN),
                key,
                " was handed over, though it is not what it claims to be");
        if (f.deliveryIds.isEmpty()) {
            // Sessions that are kept beside each other have each an order of their own.
            int[] newest = sim.hostsKeepSessions ? f.session.newestDelivered : newestDelivered;
            require(
                    newest[f.qos.ordinal()] < f.index,
                    "[4.6.0-6] ",
                    key,
                    " is handed over behind a later message");
            newest[f.qos.ordinal()] = f.index;
        } else {
            require(f.qos != QoS.AT_MOST_ONCE, key, " is handed over twice at QoS 0");
        }
        f.deliveryIds.add(incoming.deliveryId());
        // A session that was left is sent again as if the client had had none meanwhile.
        if (f.qos == QoS.EXACTLY_ONCE && !f.session.wasLeft) {
            deliveredExactlyOnce(run, f, incoming);
        }
        f.handedTo = run;
        f.latest = incoming;
        f.outcome = null;
        f.remarks = Remarks.none();
    }

    /** Those get it for whose subscriptions it was sent, and no others. */
    void requireRightHandlers(ClientRun run, Incoming incoming) {
        Forwarded f = byKey.get(incoming.message().payloadText());
        if (!isDecided(run, f)) {
            return;
        }
        List<MessageHandler> wanted = new ArrayList<>();
        for (String filter : f.identifiers.keySet()) {
            MessageHandler handler = run.handlers.handler(filter);
            if (handler != null && !wanted.contains(handler)) {
                wanted.add(handler);
            }
        }
        List<MessageHandler> takers = sim.sabotage.takers(run, incoming);
        require(
                takers.size() == wanted.size() && takers.containsAll(wanted),
                f.key,
                " was sent for ",
                f.identifiers,
                ", and goes to ",
                takers.size(),
                " handlers, not to ",
                wanted.size());
    }

    /** Whether nothing has happened, and nothing is going on, that makes identifiers doubtful. */
    private boolean isDecided(ClientRun run, Forwarded f) {
        ServerSession now = sim.server.session();
        if (!sim.alwaysHasSubscriptionIdentifiers
                || now != f.session
                || SimulatedServer.FILTERS.stream()
                        .anyMatch(c -> run.futures.isChanging(c) && mayShare(c, f))
                || !sim.store.isIdle()) {
            return false;
        }
        Map<String, Integer> known = sim.store.onDisk().subscriptionIdentifiers();
        for (Map.Entry<String, Integer> sent : f.identifiers.entrySet()) {
            if (!sent.getValue().equals(known.get(sent.getKey()))
                    || !sent.getValue().equals(now.subscriptionIdentifiers.get(sent.getKey()))) {
                return false;
            }
        }
        // Shared by those that were together once, until each has been subscribed anew.
        return known.entrySet().stream()
                .filter(e -> f.identifiers.containsValue(e.getValue()))
                .allMatch(e -> f.identifiers.containsKey(e.getKey()));
    }

    /**
     * Whether a Topic Filter may have shared its identifier with those that a message was sent for:
     * while it leaves them, a message under the old one may go to its handler too.
     */
    private static boolean mayShare(String filter, Forwarded f) {
        return f.identifiers.keySet().stream()
                .anyMatch(s -> s.equals(filter) || (isWild(s) && isWild(filter)));
    }

    private static boolean isWild(String filter) {
        return filter.startsWith("wild/");
    }

    private void deliveredExactlyOnce(ClientRun run, Forwarded f, Incoming incoming) {
        require(f.deliveryIds.size() == 1, f.key, " has two delivery ids: ", f.deliveryIds);
        require(f.handedTo != run, f.key, " is handed over twice in one run");
        require(!f.settled, f.key, " is handed over again though it was settled");
        require(
                incoming.redelivered() == (f.handedTo != null) || incoming.redelivered(),
                f.key,
                " was handed over before, and is not said to be redelivered");
        String other = keysOfDeliveryIds.put(incoming.deliveryId(), f.key);
        require(other == null || other.equals(f.key), f.key, " has the delivery id of ", other);
    }

    /** All handlers are done with it, in one way or the other. */
    void handled(Incoming incoming, ReasonCode outcome, Remarks remarks) {
        Forwarded f = byKey.get(incoming.message().payloadText());
        f.handled = true;
        if (f.latest == incoming) {
            f.outcome = outcome;
            f.remarks = remarks;
        }
    }

    /** What PUBACK is to say of it; only what its handlers said. */
    Remarks remarks(String key) {
        return byKey.get(key).remarks;
    }

    void settled(Incoming incoming, MqttException cause) {
        Forwarded f = byKey.get(incoming.message().payloadText());
        require(f.handled || cause != null, f.key, " is settled, but no handler is done with it");
        if (f.qos == QoS.EXACTLY_ONCE) {
            require(
                    cause == null || cause instanceof MqttException.StoreFailed,
                    f.key,
                    " cannot be settled: ",
                    cause);
            f.settled |= cause == null;
        }
    }

    // ---- the end

    /** A message that is still to be handled; null if there is none. */
    String open() {
        for (Forwarded f : byKey.values()) {
            if (f.qos != QoS.AT_MOST_ONCE && !f.handled && !f.excused) {
                return f.key + " (QoS " + f.qos.ordinal() + ") was not handled";
            }
        }
        return null;
    }
}
