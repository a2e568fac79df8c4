package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UnknownSession;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.spi.ClientSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Makes, keeps and ends network connections, one at a time: the life of a client as a state
 * machine.
 */
final class Connection {
    enum Phase {
        /** Not connected, and not trying to. */
        IDLE,
        /** The network connection is being opened. */
        OPENING,
        /** CONNECT is on its way, CONNACK is awaited. */
        HANDSHAKE,
        CONNECTED,
        /** The last packet was sent; the network connection is being closed. */
        CLOSING,
        /** Waiting for the time of the next attempt. */
        WAITING,
        /** The store failed: for good. */
        FAILED
    }

    /** A call of disconnect() that waits for its time or for its end. */
    private record Goodbye(long token, DisconnectOptions options, long deadline) {}

    private final ClientSettings settings;
    private final Time time;
    private final Outbox outbox;
    private final OutgoingPublishes outgoing;
    private final IncomingPublishes incoming;
    private final Subscriptions subscriptions;
    private final Handshake handshake;
    private final Reconnection reconnection;
    private final KeepAlive keepAlive;
    private final ToLongFunction<Packet> encodedSize;

    private Phase phase = Phase.IDLE;

    /** When the present phase has lasted too long; {@link Time#NEVER} if it may last. */
    private long phaseEnds = Time.NEVER;

    /** Whether a call of connect() waits for its outcome. */
    private boolean connectCalled;

    /** Whether connect() was called while an earlier disconnect() was still at work. */
    private boolean connectAgain;

    /** Whether the next CONNECT has Clean Start 1. */
    private boolean startClean;

    /**
     * Whether the next attempt follows at once, whatever the policy says: it is a part of this one.
     */
    private boolean openAtOnce;

    /** What CONNACK said; null before it, and from the last packet on. */
    private @Nullable Connected connected;

    private boolean announced;
    private long connectedAt;

    /** Why the connection is being closed; set in phase CLOSING. */
    private @Nullable MqttException closingFor;

    /** Calls of disconnect() in the order of the calls. */
    private final List<Goodbye> goodbyes = new ArrayList<>();

    /** Whether the first of {@link #goodbyes} is why the connection is closing. */
    private boolean leaving;

    /** Whether its DISCONNECT was sent. */
    private boolean told;

    private boolean openNetwork;
    private boolean closeNetwork;

    Connection(
            ClientSettings settings,
            Time time,
            Outbox outbox,
            OutgoingPublishes outgoing,
            IncomingPublishes incoming,
            Subscriptions subscriptions,
            Handshake handshake,
            Reconnection reconnection,
            KeepAlive keepAlive,
            ToLongFunction<Packet> encodedSize) {
        this.settings = settings;
        this.time = time;
        this.outbox = outbox;
        this.outgoing = outgoing;
        this.incoming = incoming;
        this.subscriptions = subscriptions;
        this.handshake = handshake;
        this.reconnection = reconnection;
        this.keepAlive = keepAlive;
        this.encodedSize = encodedSize;
    }

    Phase phase() {
        return phase;
    }

    /** Whether packets of the server mean anything at present. */
    boolean listens() {
        return phase == Phase.HANDSHAKE || phase == Phase.CONNECTED;
    }

    // ---- coming
    // ------------------------------------------------------------------------------------

    void connect() {
        switch (phase) {
            case IDLE -> start();
            case CLOSING -> {
                connectAgain = connectAgain || leaving;
                connectCalled = connectCalled || !leaving;
            }
            case OPENING, HANDSHAKE, WAITING -> connectCalled = true;
            case CONNECTED -> {}
            case FAILED -> outbox.tell(new Event.ConnectFailed(Session.stopped()));
        }
    }

    private void start() {
        connectCalled = true;
        startClean = settings.cleanStart();
        reconnection.startAnew(time.now);
        incoming.deliverRecovered();
        open();
    }

    private void open() {
        phase = Phase.OPENING;
        phaseEnds = time.now + settings.connectTimeout().toMillis();
        openNetwork = true;
    }

    /** The network connection asked for is open. */
    void opened() {
        if (phase != Phase.OPENING) {
            throw new IllegalStateException("opened() in phase " + phase);
        }
        phase = Phase.HANDSHAKE;
        outbox.startSending();
        if (startClean) {
            dropSession();
        }
        outbox.send(handshake.connect(startClean));
    }

    void received(Connack c) {
        if (phase != Phase.HANDSHAKE) {
            throw ProtocolViolation.protocolError("a second CONNACK");
        }
        if (c.reason().isError()) {
            close(Handshake.refused(c));
            return;
        }
        Handshake.Outcome outcome = handshake.judge(c);
        if (outcome == Handshake.Outcome.UNKNOWN) {
            refuseUnknownSession();
        } else {
            accept(c, outcome);
        }
    }

    private void accept(Connack c, Handshake.Outcome outcome) {
        if (outcome != Handshake.Outcome.RESUMED) {
            dropSession();
        }
        if (outcome == Handshake.Outcome.LOST) {
            outbox.tell(new Event.SessionLost());
        }
        Connected now = handshake.accept(c);
        connected = now;
        connectedAt = time.now;
        phase = Phase.CONNECTED;
        phaseEnds = Time.NEVER;
        connectCalled = false;
        startClean = false;
        announced = true;
        keepAlive.start((int) now.limits().keepAlive().toSeconds(), time.now);
        outgoing.connected(now.limits());
        incoming.connected();
        outbox.tell(new Event.Connected(now));
        subscriptions.connected(now.limits());
    }

    private void dropSession() {
        outgoing.sessionLost();
        incoming.sessionLost();
        subscriptions.sessionLost();
    }

    private void refuseUnknownSession() {
        handshake.disown();
        outbox.send(new Disconnect(ReasonCode.PROTOCOL_ERROR));
        startClean = settings.unknownSession() == UnknownSession.START_CLEAN;
        openAtOnce = startClean;
        close(
                startClean
                        ? new MqttException.ConnectionLost(
                                "The server has a session that this client does not know; it is to"
                                        + " be dropped",
                                null,
                                false)
                        : handshake.unknownSession());
    }

    // ---- going
    // -------------------------------------------------------------------------------------

    /** The server broke a rule. */
    void violated(ProtocolViolation violation) {
        outbox.send(new Disconnect(violation.reason()));
        close(
                new MqttException.ServerMisbehaved(
                        "The server broke the protocol: "
                                + violation.getMessage()
                                + ". The connection was closed with "
                                + violation.reason(),
                        violation.reason()));
    }

    /**
     * Has the network connection closed, after what is released has been sent. Nothing is sent
     * after that.
     */
    void close(MqttException cause) {
        endExchanges();
        phase = Phase.CLOSING;
        phaseEnds = Time.NEVER;
        closingFor = cause;
        if (openNetwork) {
            openNetwork = false;
            closed(cause);
        } else {
            closeNetwork = true;
        }
    }

    private void endExchanges() {
        outgoing.disconnected(outbox.stopSending());
        incoming.disconnected();
        subscriptions.disconnected();
        keepAlive.stop();
        connected = null;
    }

    /** The network connection is gone, or could not be opened. */
    void closed(MqttException cause) {
        switch (phase) {
            case FAILED -> {
                return;
            }
            case IDLE, WAITING -> throw new IllegalStateException("closed() in phase " + phase);
            case OPENING, HANDSHAKE, CONNECTED -> endExchanges();
            case CLOSING -> {}
        }
        MqttException reason = closingFor == null ? cause : closingFor;
        closingFor = null;
        closeNetwork = false;
        outbox.dropPackets();
        if (announced) {
            announced = false;
            outbox.tell(new Event.Disconnected(reason));
            if (time.now - connectedAt >= Reconnection.LASTING) {
                reconnection.startAnew(time.now);
            }
        }
        boolean atOnce = openAtOnce;
        openAtOnce = false;
        if (leaving) {
            left(reason);
        } else if (atOnce) {
            open();
        } else {
            tryAgain(reason);
        }
    }

    private void tryAgain(MqttException cause) {
        Optional<Duration> delay = reconnection.delay(cause, time.now);
        outbox.tell(new Event.Reconnecting(cause, delay));
        if (delay.isPresent()) {
            phase = Phase.WAITING;
            phaseEnds = time.now + delay.get().toMillis();
        } else {
            rest(cause);
        }
    }

    private void rest(MqttException cause) {
        phase = Phase.IDLE;
        phaseEnds = Time.NEVER;
        if (connectCalled) {
            connectCalled = false;
            outbox.tell(new Event.ConnectFailed(cause));
        }
    }

    /** The store failed: the connection goes without a word, since no word could be kept. */
    void fail(MqttException cause) {
        boolean network = phase != Phase.IDLE && phase != Phase.WAITING && !openNetwork;
        endExchanges();
        openNetwork = false;
        closeNetwork = network;
        phase = Phase.FAILED;
        phaseEnds = Time.NEVER;
        outbox.dropAll();
        outbox.tell(new Event.StoreFailed(cause));
        goodbyes.forEach(g -> outbox.tell(new Event.DisconnectDone(g.token(), null)));
        goodbyes.clear();
    }

    // ---- saying good-bye
    // ---------------------------------------------------------------------------

    /** Ends the connection, or the attempts to make one, once the options' conditions hold. */
    void disconnect(long token, DisconnectOptions options) {
        if (phase == Phase.FAILED) {
            outbox.tell(new Event.DisconnectDone(token, null));
        } else {
            long wait = options.afterPending().toMillis();
            goodbyes.add(new Goodbye(token, options, time.now + wait));
        }
    }

    private void sayGoodbyes() {
        while (!goodbyes.isEmpty() && phase != Phase.CLOSING && isDue(goodbyes.get(0))) {
            leaving = true;
            MqttException cause =
                    new MqttException.ClientClosed("disconnect() or close() was called");
            switch (phase) {
                case CONNECTED -> {
                    sendDisconnect(goodbyes.get(0).options());
                    close(cause);
                }
                case OPENING, HANDSHAKE -> close(cause);
                default -> left(cause);
            }
        }
    }

    private boolean isDue(Goodbye goodbye) {
        return outgoing.isEmpty() || time.now >= goodbye.deadline() || phase == Phase.IDLE;
    }

    private void sendDisconnect(DisconnectOptions options) {
        ReasonCode reason =
                options.isWithWill() ? ReasonCode.DISCONNECT_WITH_WILL_MESSAGE : ReasonCode.SUCCESS;
        long expiry =
                options.sessionExpiry().map(Duration::toSeconds).orElse((long) Disconnect.ABSENT);
        Disconnect full =
                new Disconnect(
                        reason,
                        expiry,
                        options.reasonString().orElse(null),
                        options.userProperties(),
                        null);
        long limit = connected == null ? 0 : connected.limits().maximumPacketSize();
        boolean fits = encodedSize.applyAsLong(full) <= limit;
        outbox.send(fits ? full : new Disconnect(reason, expiry, null, List.of(), null));
        told = true;
        if (expiry == 0) {
            handshake.ended();
        }
    }

    /** The first goodbye is said, and there is no connection any more. */
    private void left(MqttException cause) {
        Goodbye goodbye = goodbyes.remove(0);
        boolean untold = goodbye.options().sessionExpiry().isPresent() && !told;
        boolean again = connectAgain;
        leaving = false;
        told = false;
        connectAgain = false;
        rest(cause);
        outbox.tell(new Event.DisconnectDone(goodbye.token(), untold ? notTold() : null));
        if (again) {
            start();
        }
    }

    private static MqttException notTold() {
        return new MqttException.ConnectionLost(
                "There was no connection to tell the server the Session Expiry Interval of"
                        + " disconnect(): its session lives on for as long as it was told before",
                null,
                false);
    }

    // ---- time
    // --------------------------------------------------------------------------------------

    /** Does what is due at this time. */
    void turn() {
        if (time.now >= phaseEnds) {
            if (phase == Phase.WAITING) {
                open();
            } else {
                close(tooSlow());
            }
        }
        if (phase == Phase.CONNECTED && keepAlive.serverSilent(time.now)) {
            close(
                    new MqttException.ConnectionLost(
                            "The server did not answer PINGREQ in time", null, false));
        } else if (phase == Phase.CONNECTED && keepAlive.pingDue(time.now)) {
            keepAlive.pinged(time.now);
            outbox.send(Pingreq.INSTANCE);
        }
        sayGoodbyes();
    }

    private MqttException tooSlow() {
        return new MqttException.ConnectionLost(
                (phase == Phase.OPENING ? "No connection to " : "No CONNACK from ")
                        + settings.server()
                        + " within "
                        + settings.connectTimeout().toMillis()
                        + " ms",
                null,
                false);
    }

    long deadline() {
        long deadline = Math.min(phaseEnds, keepAlive.deadline());
        return goodbyes.isEmpty() || phase == Phase.CLOSING
                ? deadline
                : Math.min(deadline, goodbyes.get(0).deadline());
    }

    boolean takeOpen() {
        boolean open = openNetwork;
        openNetwork = false;
        return open;
    }

    boolean takeClose() {
        boolean close = closeNetwork;
        closeNetwork = false;
        return close;
    }

    @Nullable Connected connected() {
        return connected;
    }
}
