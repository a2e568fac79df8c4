package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UnknownSession;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.session.Connection.Phase;
import dev.holdfast.mqtt.impl.session.Event.AuthenticationAsked.Question;
import dev.holdfast.mqtt.spi.ClientSettings;
import java.util.List;
import java.util.Locale;

/**
 * From an open network connection to a server that has accepted the client and is believed:
 * CONNECT, AUTH, CONNACK (MQTT 5, sections 3.1, 3.2 and 4.12). What follows is told to the {@link
 * Connection}.
 */
final class Admission {
    private final ClientSettings settings;
    private final Connection connection;
    private final Outbox outbox;
    private final Authenticating authenticating;
    private final Handshake handshake;
    private final Servers servers;

    /** Whether the next CONNECT has Clean Start 1. */
    private boolean startClean;

    Admission(
            ClientSettings settings,
            Connection connection,
            Outbox outbox,
            Authenticating authenticating,
            Handshake handshake,
            Servers servers) {
        this.settings = settings;
        this.connection = connection;
        this.outbox = outbox;
        this.authenticating = authenticating;
        this.handshake = handshake;
        this.servers = servers;
    }

    /** A call of connect(), as opposed to a reconnect. */
    void start() {
        startClean = settings.cleanStart() || handshake.mustStartClean();
    }

    /** The network connection is open. */
    void begin() {
        if (startClean || handshake.mustBeEmpty()) {
            connection.dropSession();
        }
        outbox.send(handshake.connect(servers.current(), startClean));
    }

    // ---- the server's words

    void received(Connack c) {
        requireAwaited(c);
        if (c.reason().isError()) {
            handshake.refused();
            String redirection = servers.redirect(c.reason(), c.serverReference());
            connection.close(Refusals.refused(servers.current(), c, redirection));
            return;
        }
        if (c.maximumPacketSize() < Handshake.SMALLEST_MAXIMUM_PACKET_SIZE) {
            connection.close(Refusals.takesTooLittle(servers.current(), c));
            return;
        }
        authenticating.requireInTurn(c);
        if (!authenticating.verify(c)) {
            judge(c);
        }
    }

    void received(Auth auth) {
        if (connection.phase() != Phase.CONNECTED) {
            requireAwaited(auth);
        }
        authenticating.received(auth);
    }

    private void requireAwaited(Packet answer) {
        if (connection.phase() != Phase.HANDSHAKE || outbox.holdsConnect()) {
            throw ProtocolViolation.protocolError(
                    answer.getClass().getSimpleName().toUpperCase(Locale.ROOT)
                            + " that answers no CONNECT");
        }
    }

    private void judge(Connack c) {
        Handshake.Outcome outcome = handshake.judge(c, servers.isElsewhere());
        if (outcome == Handshake.Outcome.UNKNOWN) {
            refuseUnknownSession();
        } else {
            startClean = false;
            connection.accept(c, outcome);
        }
    }

    private void refuseUnknownSession() {
        handshake.disown();
        outbox.send(new Disconnect(ReasonCode.PROTOCOL_ERROR));
        startClean = settings.unknownSession() == UnknownSession.START_CLEAN;
        if (startClean) {
            connection.closeAndOpen(
                    new MqttException.ConnectionLost(
                            "The server has a session that this client does not know; it is to be"
                                    + " dropped",
                            null,
                            false));
        } else {
            connection.close(handshake.unknownSession());
        }
    }

    // ---- until the server is believed

    /** Whether CONNACK has come, and counts for nothing yet. */
    boolean isVerifying() {
        return authenticating.isVerifying();
    }

    /** Keeps a packet that came behind the CONNACK that is being verified. */
    void hold(Packet packet) {
        authenticating.hold(packet);
    }

    List<Packet> takeHeld() {
        return authenticating.takeHeld();
    }

    // ---- the application's words

    void reauthenticate(long token) {
        authenticating.reauthenticate(token, connection.phase() == Phase.CONNECTED);
    }

    /** The application has answered a question of this exchange, or of one that is over. */
    void answered(long number, Answer answer) {
        Question question = authenticating.answered(number);
        if (question == null) {
            return;
        }
        if (answer.failure() != null) {
            failed(answer.failure());
        } else if (question == Question.CONNECT) {
            authenticating.prepared(answer);
            connection.openNetwork();
        } else if (question == Question.FINISH && authenticating.isVerifying()) {
            judge(authenticating.verified());
        } else if (question == Question.FINISH) {
            authenticating.reauthenticated();
        } else if (!authenticating.send(question, answer, maximumPacketSize())) {
            failed(
                    new MqttException.AuthenticationFailed(
                            "AUTH is too large for the server, which takes packets of "
                                    + maximumPacketSize()
                                    + " bytes at most: raise its Maximum Packet Size",
                            null,
                            true));
        }
    }

    private long maximumPacketSize() {
        Connected now = connection.connected();
        return now == null ? Connack.NO_PACKET_LIMIT : now.limits().maximumPacketSize();
    }

    /** The client's own part failed: the server is told, if it knows of the exchange at all. */
    void failed(MqttException cause) {
        if (!authenticating.failsConnection()) {
            authenticating.end(cause);
            return;
        }
        if (connection.phase() != Phase.PREPARING) {
            outbox.send(new Disconnect(ReasonCode.UNSPECIFIED_ERROR));
        }
        connection.close(cause);
    }
}
