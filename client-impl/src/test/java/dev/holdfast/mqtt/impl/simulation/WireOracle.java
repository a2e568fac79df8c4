package dev.holdfast.mqtt.impl.simulation;

import static dev.holdfast.mqtt.impl.simulation.SimulationFailure.require;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState.Presence;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Looks at what the client writes to one connection, in the moment it does: whether it rests on
 * what the disk holds, and whether it comes in time.
 */
final class WireOracle {
    private final Simulation sim;
    private final ClientRun client;
    private ServerSession session;
    private boolean connectWritten;
    private boolean disconnectWritten;
    private boolean closed;

    /** Whether CONNACK came, and the client has not said yet whether it believes it. */
    private boolean verifying;

    /** Milliseconds; 0 while there is none. */
    private long keepAlive;

    private long lastWritten;

    /** QoS 2 messages that came here and have no PUBREC, by Packet Identifier; repeats too. */
    private final Map<Integer, ArrayDeque<String>> unanswered = new HashMap<>();

    /** For each PUBREL without PUBCOMP, the delivery on disk when it came; 0 for none. */
    private final Map<Integer, ArrayDeque<Long>> released = new HashMap<>();

    /** Packet Identifiers whose PUBREL was written since their PUBLISH, here. */
    private final Set<Integer> releases = new HashSet<>();

    /** What was published at QoS 2 here, by Packet Identifier. */
    private final Map<Integer, String> published = new HashMap<>();

    WireOracle(Simulation sim, ClientRun client) {
        this.sim = sim;
        this.client = client;
    }

    void verifying() {
        verifying = true;
    }

    /** CONNACK came and is believed, and with it what holds from now on. */
    void connacked(ServerConnection by) {
        verifying = false;
        session = by.announced();
        int own = client.settings.keepAliveSeconds();
        int servers = by.limits.serverKeepAlive();
        lastWritten = sim.agenda.now();
        keepAlive = 1_000L * (servers == Connack.ABSENT ? own : servers);
    }

    boolean isOnline() {
        return session != null && !closed;
    }

    void closed() {
        closed = true;
        sim.application.subscriptions.disconnected();
        requireInTime();
        keepAlive = 0;
    }

    /** A packet comes to the client. */
    void arrived(Packet packet) {
        if (packet instanceof Publish p && p.message().qos() == QoS.EXACTLY_ONCE) {
            String key = p.message().payloadText();
            unanswered.computeIfAbsent(p.packetIdentifier(), i -> new ArrayDeque<>()).add(key);
        } else if (packet instanceof Pubrel p) {
            int identifier = p.packetIdentifier();
            long delivery = deliveryOnDisk(identifier);
            released.computeIfAbsent(identifier, i -> new ArrayDeque<>()).add(delivery);
        }
    }

    private long deliveryOnDisk(int packetIdentifier) {
        return sim.store.onDisk().receivedIdentifiers().getOrDefault(packetIdentifier, 0L);
    }

    void written(Packet packet) {
        require(connectWritten || packet instanceof Connect, "[3.1.0-1] CONNECT comes first");
        require(!connectWritten || !(packet instanceof Connect), "[3.1.0-2] a second CONNECT");
        require(!disconnectWritten, "[3.14.4-1] nothing follows DISCONNECT");
        require(
                !verifying || packet instanceof Disconnect,
                "sent to a server that is not verified yet");
        connectWritten = true;
        disconnectWritten = packet instanceof Disconnect;
        if (packet instanceof Disconnect p
                && p.reason() == ReasonCode.PROTOCOL_ERROR
                && session != null
                && session.wasLeft) {
            sim.application.refusesSession();
        }
        requireInTime();
        lastWritten = sim.agenda.now();
        if (packet instanceof Publish p && p.message().qos() != QoS.AT_MOST_ONCE) {
            client.published(p.packetIdentifier());
            releases.remove(p.packetIdentifier());
            published.put(p.packetIdentifier(), p.message().payloadText());
            sim.outgoing.written(p, session);
        } else if (packet instanceof Pubrel p && p.reason() == ReasonCode.SUCCESS) {
            if (releases.add(p.packetIdentifier()) && !client.endsForgotten(p.packetIdentifier())) {
                requireReleasedOnDisk(p.packetIdentifier());
                sim.outgoing.released(p.packetIdentifier(), session);
            }
        } else if (packet instanceof Connect p && p.cleanStart()) {
            require(sim.application.mayStartClean(), "Clean Start, though nobody asked for it");
            sim.outgoing.sessionEnded();
        }
        if (sim.checksDisk) {
            requireOnDisk(packet, sim.store.onDisk());
            requireReleasesOnDisk(sim.store.onDisk());
        }
    }

    /** What was not on disk when its PUBREL left gets there with its release, if at all. */
    private void requireReleasesOnDisk(Recovered disk) {
        for (OutgoingMessage m : disk.inFlight()) {
            require(
                    m.state() != OutgoingMessage.State.IN_FLIGHT
                            || !releases.contains(m.packetIdentifier())
                            || !m.message()
                                    .payloadText()
                                    .equals(published.get(m.packetIdentifier())),
                    "The disk has a message as in flight that was released");
        }
    }

    private void requireInTime() {
        require(
                keepAlive == 0 || sim.agenda.now() - lastWritten <= keepAlive,
                "[3.1.2-20] silent for longer than Keep Alive");
    }

    private void requireReleasedOnDisk(int packetIdentifier) {
        if (sim.checksDisk) {
            Recovered disk = sim.store.onDisk();
            OutgoingMessage m = outgoing(disk, packetIdentifier);
            boolean mayBeUnknown = packetIdentifier <= disk.identifiersReserved();
            require(
                    m == null ? mayBeUnknown : m.state() == OutgoingMessage.State.RELEASED,
                    "PUBREL before it was stored");
        }
    }

    /** The rule that carries the product: what must be on disk before what leaves. */
    private void requireOnDisk(Packet packet, Recovered disk) {
        if (packet instanceof Connect p && p.sessionExpiryInterval() > 0) {
            require(disk.presence() != Presence.NONE, "CONNECT before it was stored");
        } else if (packet instanceof Disconnect p && p.sessionExpiryInterval() > 0) {
            require(disk.presence() != Presence.NONE, "DISCONNECT before it was stored");
        } else if (packet instanceof Publish p && mustBeOnDisk(p)) {
            OutgoingMessage m = outgoing(disk, p.packetIdentifier());
            boolean stored =
                    m != null
                            // An unasked PUBREC may come while the PUBLISH is held back.
                            && (m.state() == OutgoingMessage.State.IN_FLIGHT || p.dup())
                            && m.message().payloadText().equals(p.message().payloadText());
            require(
                    stored || m == null && mayBeEarly(p, disk),
                    "PUBLISH before its Packet Identifier was stored");
        } else if (packet instanceof Pubrec p) {
            String key = unanswered.get(p.packetIdentifier()).remove();
            boolean refused = p.reason() == ReasonCode.PAYLOAD_FORMAT_INVALID;
            require(
                    sim.store.hasReceived(key) != refused || session.mistakable,
                    refused
                            ? "PUBREC refuses a message that is stored"
                            : "PUBREC before the message was stored");
        } else if (packet instanceof Pubcomp p) {
            long before = released.get(p.packetIdentifier()).remove();
            require(
                    before == 0 || before != deliveryOnDisk(p.packetIdentifier()),
                    "PUBCOMP before the Packet Identifier was forgotten on disk");
        } else if (packet instanceof Subscribe p && p.subscriptionIdentifier() != 0) {
            require(
                    p.subscriptions().stream()
                            .map(s -> disk.subscriptionIdentifiers().get(s.topicFilter()))
                            .allMatch(i -> i != null && i >= p.subscriptionIdentifier()),
                    "SUBSCRIBE before its Subscription Identifier was stored");
        } else if (packet instanceof Unsubscribe p) {
            require(
                    disk.subscriptions().stream()
                            .noneMatch(s -> p.topicFilters().contains(s.topicFilter())),
                    "UNSUBSCRIBE while the disk says that there is a subscription");
        }
    }

    /** Whether the disk knows neither message nor identifier, but that there may be such a pair. */
    private boolean mayBeEarly(Publish p, Recovered disk) {
        return !p.dup()
                && p.packetIdentifier() <= disk.identifiersReserved()
                && !sim.store.isQueued(p.message().payloadText());
    }

    private static boolean mustBeOnDisk(Publish p) {
        return p.dup() || p.message().qos() == QoS.EXACTLY_ONCE;
    }

    private static OutgoingMessage outgoing(Recovered disk, int packetIdentifier) {
        for (OutgoingMessage m : disk.inFlight()) {
            if (m.packetIdentifier() == packetIdentifier) {
                return m;
            }
        }
        return null;
    }
}
