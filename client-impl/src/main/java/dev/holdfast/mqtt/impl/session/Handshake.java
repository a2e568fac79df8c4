package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ServerLimits;
import dev.holdfast.mqtt.UnknownSession;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.SessionState.Presence;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * CONNECT and CONNACK (MQTT 5, sections 3.1 and 3.2): what this client says it has, what the server
 * says it has, and what follows for the session.
 */
final class Handshake {
    /** What becomes of the session at a CONNACK. */
    enum Outcome {
        /** Session Present 1, and this client knows the session. */
        RESUMED,
        /**
         * Session Present 1, and the session is the one this client knows, or a new one, made by an
         * earlier CONNECT whose CONNACK was not seen, or one that another server has of its own.
         */
        RESUMED_OR_NEW,
        /** Session Present 0, and none was expected. */
        NEW,
        /** Session Present 0, though one was expected. */
        LOST,
        /** Session Present 1, but this client has no state of it: the connection must end. */
        UNKNOWN
    }

    /** The size of DISCONNECT with a Session Expiry Interval; no other packet has to be larger. */
    static final long SMALLEST_MAXIMUM_PACKET_SIZE = 9;

    private final ClientSettings settings;
    private final Outbox outbox;
    private final Authenticating authenticating;

    /** What is stored, or about to be, of the server's having a session. */
    private Presence presence;

    /** As {@link #presence} was when the last CONNECT was made. */
    private Presence presenceAtConnect;

    /** The server's own, once it assigned one. */
    private String clientIdentifier;

    private boolean cleanStart;

    /** Whom the last CONNECT went to. */
    private @Nullable URI server;

    /** Whether this run has had a connection with the session, which need not outlive it. */
    private boolean usedInThisRun;

    Handshake(
            ClientSettings settings,
            Presence recovered,
            Outbox outbox,
            Authenticating authenticating) {
        this.settings = settings;
        this.authenticating = authenticating;
        this.presence = recovered;
        this.presenceAtConnect = recovered;
        this.clientIdentifier = settings.clientIdentifier();
        this.outbox = outbox;
    }

    /**
     * The CONNECT of a new network connection. With Clean Start the caller has dropped the session
     * before.
     */
    Connect connect(URI to, boolean clean) {
        server = to;
        cleanStart = clean;
        if (clean) {
            become(Presence.DROPPED);
        }
        presenceAtConnect = presence;
        if (presence == Presence.NONE && settings.sessionExpirySeconds() > 0) {
            become(Presence.REQUESTED);
        } else if (presence == Presence.HELD || presence == Presence.ENDED) {
            become(Presence.RESUMING);
        }
        Answer own = authenticating.takeForConnect();
        return new Connect(
                clientIdentifier,
                clean,
                settings.keepAliveSeconds(),
                settings.sessionExpirySeconds(),
                settings.receiveMaximum(),
                settings.maximumPacketSize(),
                settings.topicAliasMaximum(),
                settings.requestResponseInformation(),
                true,
                authenticating.method(),
                own.data(),
                own.credentials(),
                settings.will(),
                settings.userProperties());
    }

    /**
     * Whether an earlier CONNECT with Clean Start 1, of this run or the one before, was not
     * confirmed: the server may still have what is dropped here.
     */
    boolean mustStartClean() {
        return presence == Presence.DROPPED;
    }

    /** Whether the server is to have no session, so that nothing of one may be left here either. */
    boolean mustBeEmpty() {
        return presence == Presence.NONE;
    }

    /** A CONNACK that refuses CONNECT shows that the server has not touched the session. */
    void refused() {
        if (presence == Presence.RESUMING) {
            become(presenceAtConnect);
        }
    }

    /** Whoever took the session over may have replaced it by a new one. */
    void takenOver() {
        if (presence == Presence.HELD || presence == Presence.ENDED) {
            become(Presence.RESUMING);
        }
    }

    /**
     * Judges a successful CONNACK; see the table of section 3.2.2.1.1.
     *
     * @param elsewhere whether it comes from a server that need not know this session
     */
    Outcome judge(Connack c, boolean elsewhere) {
        requireConsistent(c);
        if (!c.sessionPresent()) {
            boolean held =
                    presenceAtConnect == Presence.HELD || presenceAtConnect == Presence.RESUMING;
            return held ? Outcome.LOST : Outcome.NEW;
        }
        if (cleanStart) {
            throw ProtocolViolation.protocolError(
                    "CONNACK with Session Present 1 after Clean Start 1");
        }
        boolean doubted =
                presenceAtConnect == Presence.RESUMING || presenceAtConnect == Presence.ENDED;
        if (doubted || (presenceAtConnect == Presence.HELD && elsewhere)) {
            return Outcome.RESUMED_OR_NEW;
        }
        boolean known = presenceAtConnect != Presence.NONE || (usedInThisRun && !elsewhere);
        return known || settings.unknownSession() == UnknownSession.ACCEPT
                ? Outcome.RESUMED
                : Outcome.UNKNOWN;
    }

    private void requireConsistent(Connack c) {
        if (clientIdentifier.isEmpty() && c.assignedClientIdentifier() == null) {
            throw ProtocolViolation.protocolError(
                    "CONNACK without Assigned Client Identifier, though CONNECT had no Client Identifier");
        }
        if (!clientIdentifier.isEmpty() && c.assignedClientIdentifier() != null) {
            throw ProtocolViolation.protocolError(
                    "CONNACK with Assigned Client Identifier, though CONNECT had a Client Identifier");
        }
    }

    /**
     * The connection is used: from now on the server has a session, for as long as it says.
     *
     * @param inDoubt whether something is held that a new session would not know of, and this may
     *     be one: then the next connection is in doubt too
     */
    Connected accept(Connack c, boolean inDoubt) {
        if (c.assignedClientIdentifier() != null) {
            clientIdentifier = c.assignedClientIdentifier();
        }
        long expiry =
                c.sessionExpiryInterval() == Connack.ABSENT
                        ? settings.sessionExpirySeconds()
                        : c.sessionExpiryInterval();
        Presence lasting = inDoubt ? Presence.RESUMING : Presence.HELD;
        become(expiry > 0 ? lasting : Presence.NONE);
        usedInThisRun = true;
        int keepAlive =
                c.serverKeepAlive() == Connack.ABSENT
                        ? settings.keepAliveSeconds()
                        : c.serverKeepAlive();
        ServerLimits limits =
                new ServerLimits(
                        Duration.ofSeconds(expiry),
                        Duration.ofSeconds(keepAlive),
                        c.receiveMaximum(),
                        c.maximumPacketSize(),
                        c.maximumQos(),
                        c.topicAliasMaximum(),
                        c.retainAvailable(),
                        c.wildcardSubscriptionAvailable(),
                        c.subscriptionIdentifierAvailable(),
                        c.sharedSubscriptionAvailable());
        return new Connected(
                Objects.requireNonNull(server),
                c.sessionPresent(),
                clientIdentifier,
                limits,
                Optional.ofNullable(c.reasonString()),
                Optional.ofNullable(c.responseInformation()),
                c.userProperties());
    }

    /** The server was asked for a session that turned out to be somebody else's. */
    void disown() {
        usedInThisRun = false;
        become(Presence.NONE);
    }

    /**
     * DISCONNECT said for how many seconds the session outlives the connection. It may not arrive,
     * so nothing is dropped yet.
     */
    void left(long sessionExpiry) {
        if (sessionExpiry > 0) {
            become(presence == Presence.NONE ? Presence.HELD : presence);
        } else if (presence != Presence.NONE) {
            become(Presence.ENDED);
        }
    }

    private void become(Presence next) {
        if (presence != next) {
            presence = next;
            outbox.persist(new Change.Presence(next));
        }
    }

    MqttException unknownSession() {
        return new MqttException.SessionUnknown(
                "The server resumed a session of '"
                        + clientIdentifier
                        + "' of which this client has no state: its store is new, was lost, or is in memory only."
                        + " The session and its messages are still on the server. Connect with the store that belongs"
                        + " to it; or drop it with cleanStart(true) or onUnknownSession(START_CLEAN); or take it over"
                        + " with onUnknownSession(ACCEPT)");
    }

    String clientIdentifier() {
        return clientIdentifier;
    }
}
