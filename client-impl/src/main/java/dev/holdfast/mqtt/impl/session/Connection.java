package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.ConnectAttempt;
import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.spi.ClientSettings;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
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
        /** The application is asked for what CONNECT has to authenticate with. */
        PREPARING,
        /** The network connection is being opened. */
        OPENING,
        /** CONNECT is on its way; CONNACK is awaited, or verified. */
        HANDSHAKE,
        CONNECTED,
        /** The last packet was sent; the network connection is being closed. */
        CLOSING,
        /** Waiting for the time of the next attempt. */
        WAITING,
        /** The store failed, or the client was closed: for good. */
        STOPPED
    }

    /**
     * Servers that send the client to each other sooner are a loop, whatever the application takes
     * for lasting.
     */
    private static final long LEAST_STAY_MILLIS = 1_000;

    private final ClientSettings settings;
    private final Time time;
    private final Outbox outbox;
    private final Acknowledgements acknowledgements;
    private final OutgoingQueue queue;
    private final OutgoingPublishes outgoing;
    private final IncomingPublishes incoming;
    private final Subscriptions subscriptions;
    private final Authenticating authenticating;
    private final Handshake handshake;
    private final Admission admission;
    private final Servers servers;
    private final Reconnection reconnection;
    private final KeepAlive keepAlive;
    private final Goodbyes goodbyes;

    private Phase phase = Phase.IDLE;

    /** When the present phase has lasted too long; {@link Time#NEVER} if it may last. */
    private long phaseEnds = Time.NEVER;

    /** Calls of connect() that wait for the outcome of this start. */
    private final Set<Long> connects = new SparseSet<>();

    /**
     * Whether the next attempt follows at once, whatever the policy says: it is a part of this one.
     */
    private boolean openAtOnce;

    /** What CONNACK said; null before it, and from the last packet on. */
    private @Nullable Connected connected;

    /** The attempt that is going on; null before and after it. */
    private @Nullable ConnectAttempt attempt;

    private boolean announced;
    private long connectedAt;

    /** Whether the connection is known to have lasted. */
    private boolean lasted;

    /** Why the connection is being closed; set in phase CLOSING. */
    private @Nullable MqttException closingFor;

    /** Why nothing happens any more; set in phase STOPPED. */
    private @Nullable MqttException stoppedFor;

    private boolean openNetwork;
    private boolean closeNetwork;

    Connection(
            ClientSettings settings,
            Time time,
            Outbox outbox,
            Acknowledgements acknowledgements,
            OutgoingQueue queue,
            OutgoingPublishes outgoing,
            IncomingPublishes incoming,
            Subscriptions subscriptions,
            Authenticating authenticating,
            Handshake handshake,
            Servers servers,
            Reconnection reconnection,
            KeepAlive keepAlive,
            ToLongFunction<Packet> encodedSize) {
        this.settings = settings;
        this.time = time;
        this.outbox = outbox;
        this.acknowledgements = acknowledgements;
        this.queue = queue;
        this.outgoing = outgoing;
        this.incoming = incoming;
        this.subscriptions = subscriptions;
        this.authenticating = authenticating;
        this.handshake = handshake;
        this.servers = servers;
        this.reconnection = reconnection;
        this.keepAlive = keepAlive;
        this.goodbyes = new Goodbyes(time, outbox, encodedSize);
        this.admission = new Admission(settings, this, outbox, authenticating, handshake, servers);
    }

    Phase phase() {
        return phase;
    }

    Admission admission() {
        return admission;
    }

    /** Whether packets of the server mean anything at present. */
    boolean listens() {
        return phase == Phase.HANDSHAKE || phase == Phase.CONNECTED;
    }

    // ---- coming

    void connect(long token) {
        Connected now = connected;
        if (phase == Phase.STOPPED) {
            outbox.tell(new Event.ConnectFailed(token, stoppedFor()));
        } else if (!goodbyes.isEmpty()) {
            goodbyes.connectAfterwards(token);
        } else if (now != null) {
            outbox.tell(new Event.ConnectDone(token, now));
        } else {
            connects.add(token);
            if (phase == Phase.IDLE) {
                start();
            }
        }
    }

    private void start() {
        admission.start();
        reconnection.start(time.now);
        incoming.deliverRecovered();
        servers.begin();
        open();
    }

    private void open() {
        phaseEnds = time.now + settings.connectTimeout().toMillis();
        attempt =
                new ConnectAttempt(servers.current(), reconnection.open(), servers.isRedirected());
        outbox.tell(new Event.Attempt(attempt));
        if (authenticating.preparesConnect()) {
            phase = Phase.PREPARING;
            authenticating.prepareConnect();
        } else {
            openNetwork();
        }
    }

    void openNetwork() {
        phase = Phase.OPENING;
        openNetwork = true;
    }

    /** The network connection asked for is open. */
    void opened() {
        if (phase != Phase.OPENING) {
            throw new IllegalStateException("opened() in phase " + phase);
        }
        phase = Phase.HANDSHAKE;
        outbox.startSending();
        admission.begin();
    }

    /** The server has accepted the client. */
    void accept(Connack c, Handshake.Outcome outcome) {
        boolean maybeNew = outcome == Handshake.Outcome.RESUMED_OR_NEW;
        if (outcome != Handshake.Outcome.RESUMED && !maybeNew) {
            dropSession();
        }
        if (outcome == Handshake.Outcome.LOST) {
            outbox.tell(new Event.SessionLost());
        }
        boolean inDoubt = maybeNew && incoming.holdsIdentifiers();
        Connected now = handshake.accept(c, inDoubt);
        connected = now;
        connectedAt = time.now;
        lasted = false;
        attempt = null;
        servers.accepted();
        reconnection.connected();
        phase = Phase.CONNECTED;
        phaseEnds = Time.NEVER;
        announced = true;
        keepAlive.start((int) now.limits().keepAlive().toSeconds(), time.now);
        acknowledgements.connected(now.limits());
        outgoing.connected(now.limits());
        incoming.connected(outcome == Handshake.Outcome.RESUMED, maybeNew);
        outbox.tell(new Event.Connected(now));
        connects.forEach(t -> outbox.tell(new Event.ConnectDone(t, now)));
        connects.clear();
        subscriptions.connected(now.limits(), now.sessionPresent(), maybeNew);
    }

    /** Nothing of a session is left: that of the server is gone, or is to go. */
    void dropSession() {
        outgoing.sessionLost();
        incoming.sessionLost();
        subscriptions.sessionLost();
    }

    // ---- going

    /** The server broke a rule. */
    void violated(ProtocolViolation violation) {
        if (!outbox.holdsConnect()) {
            outbox.send(new Disconnect(violation.reason()));
        }
        close(
                new MqttException.ServerMisbehaved(
                        "The server broke the protocol: "
                                + violation.getMessage()
                                + ". The connection was closed with "
                                + violation.reason(),
                        violation.reason()));
    }

    /** The server ends the connection. */
    void received(Disconnect d) {
        if (d.reason() == ReasonCode.SESSION_TAKEN_OVER) {
            handshake.takenOver();
        }
        noteIfLasting();
        String redirection = servers.redirect(d.reason(), d.serverReference());
        close(
                Refusals.disconnected(
                        servers.current(), d, redirection, authenticating.preparesConnect()));
    }

    /** As {@link #close}; the next attempt follows at once. */
    void closeAndOpen(MqttException cause) {
        openAtOnce = true;
        close(cause);
    }

    /**
     * Has the network connection closed, after what is released has been sent. Nothing is sent
     * after that.
     */
    void close(MqttException cause) {
        endExchanges(cause);
        boolean noNetwork = phase == Phase.PREPARING || openNetwork;
        phase = Phase.CLOSING;
        phaseEnds = Time.NEVER;
        closingFor = cause;
        if (noNetwork) {
            openNetwork = false;
            closed(cause);
        } else {
            closeNetwork = true;
        }
    }

    private void noteIfLasting() {
        if (connected != null && !lasted && reconnection.hasLasted(connectedAt, time.now)) {
            lasted = true;
            if (time.now - connectedAt >= LEAST_STAY_MILLIS) {
                servers.startAnew();
            }
        }
    }

    private void endExchanges(MqttException cause) {
        noteIfLasting();
        authenticating.end(cause);
        outgoing.disconnected(outbox.stopSending());
        incoming.disconnected();
        subscriptions.disconnected();
        keepAlive.stop();
        connected = null;
    }

    /** The network connection is gone, or could not be opened. */
    void closed(MqttException cause) {
        switch (phase) {
            case STOPPED -> {
                return;
            }
            case IDLE, WAITING, PREPARING ->
                    throw new IllegalStateException("closed() in phase " + phase);
            case OPENING, HANDSHAKE, CONNECTED -> endExchanges(cause);
            case CLOSING -> {}
        }
        MqttException reason = closingFor == null ? cause : closingFor;
        closingFor = null;
        closeNetwork = false;
        outbox.dropPackets();
        boolean wasConnected = announced;
        tellOfEnd(reason);
        boolean atOnce = openAtOnce;
        openAtOnce = false;
        if (goodbyes.isLeaving()) {
            left(reason);
        } else if (atOnce || servers.next(reason, wasConnected)) {
            outbox.tell(new Event.Reconnecting(reason, Optional.of(Duration.ZERO)));
            open();
        } else {
            tryAgain(servers.failure());
        }
    }

    private void tellOfEnd(MqttException reason) {
        if (attempt != null) {
            outbox.tell(new Event.AttemptFailed(attempt, reason));
            attempt = null;
        }
        if (announced) {
            announced = false;
            outbox.tell(new Event.Disconnected(reason));
        }
    }

    private void tryAgain(MqttException cause) {
        Optional<Duration> delay;
        try {
            delay = reconnection.delay(cause, time.now);
        } catch (RuntimeException fault) {
            giveUp(policyFailed(fault, cause));
            return;
        }
        if (delay.isEmpty()) {
            giveUp(cause);
            return;
        }
        outbox.tell(new Event.Reconnecting(cause, delay));
        phase = Phase.WAITING;
        phaseEnds = time.now + delay.get().toMillis();
    }

    private static MqttException policyFailed(RuntimeException fault, MqttException cause) {
        MqttException failure =
                new MqttException.ConnectionLost(
                        "The ReconnectPolicy failed with "
                                + fault
                                + ", so that there is no other attempt after: "
                                + cause.getMessage(),
                        fault,
                        true);
        failure.addSuppressed(cause);
        return failure;
    }

    private void giveUp(MqttException cause) {
        outbox.tell(new Event.Reconnecting(cause, Optional.empty()));
        rest(cause);
    }

    private void rest(MqttException cause) {
        phase = Phase.IDLE;
        phaseEnds = Time.NEVER;
        failAll(connects, cause);
    }

    private void failAll(Collection<Long> calls, MqttException cause) {
        calls.forEach(t -> outbox.tell(new Event.ConnectFailed(t, cause)));
        calls.clear();
    }

    /** Ends everything at once; the connection goes without a word, since none could be kept. */
    void stop(MqttException cause) {
        closeNetwork = hasNetwork();
        openNetwork = false;
        phase = Phase.STOPPED;
        phaseEnds = Time.NEVER;
        stoppedFor = cause;
        try {
            endExchanges(cause);
        } finally {
            outbox.dropAll();
        }
        failAll(connects, cause);
        failAll(goodbyes.stop(), cause);
    }

    private boolean hasNetwork() {
        return switch (phase) {
            case IDLE, PREPARING, WAITING, STOPPED -> false;
            case OPENING, HANDSHAKE, CONNECTED, CLOSING -> !openNetwork;
        };
    }

    MqttException stoppedFor() {
        return Objects.requireNonNull(stoppedFor, "the client has not stopped");
    }

    // ---- saying good-bye

    /** Ends the connection, or the attempts to make one, once the options' conditions hold. */
    void disconnect(long token, DisconnectOptions options) {
        if (phase == Phase.STOPPED) {
            outbox.tell(new Event.DisconnectDone(token, null));
        } else {
            goodbyes.add(token, options);
        }
    }

    private void sayGoodbyes() {
        while (phase != Phase.CLOSING && goodbyes.isDue(queue.allDone() || phase == Phase.IDLE)) {
            if (phase == Phase.CONNECTED && !goodbyes.mayBeTold(handshake)) {
                return;
            }
            goodbyes.leave();
            MqttException cause =
                    new MqttException.ClientClosed("disconnect() or close() was called");
            switch (phase) {
                case CONNECTED -> {
                    goodbyes.tell(Objects.requireNonNull(connected).limits(), handshake);
                    close(cause);
                }
                case PREPARING, OPENING, HANDSHAKE -> close(cause);
                default -> left(cause);
            }
        }
    }

    /** The first goodbye is said, and there is no connection any more. */
    private void left(MqttException cause) {
        rest(cause);
        List<Long> next = goodbyes.left();
        if (!next.isEmpty()) {
            connects.addAll(next);
            start();
        }
    }

    // ---- time

    /** Does what is due at this time. */
    void turn() {
        if (time.now >= phaseEnds) {
            if (phase == Phase.WAITING) {
                servers.begin();
                open();
            } else {
                close(tooSlow());
            }
        }
        if (phase == Phase.CONNECTED && authenticating.isLate()) {
            admission.failed(authenticating.tooLate());
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
        if (authenticating.waitsForApplication()) {
            return new MqttException.AuthenticationFailed(
                    "credentials(…) or authentication(…) gave no answer within connectTimeout("
                            + settings.connectTimeout().toMillis()
                            + " ms)",
                    null,
                    false);
        }
        return new MqttException.ConnectionLost(
                (phase == Phase.OPENING ? "No connection to " : "No CONNACK from ")
                        + servers.current()
                        + " within "
                        + settings.connectTimeout().toMillis()
                        + " ms",
                null,
                false);
    }

    long deadline() {
        long deadline = Math.min(phaseEnds, keepAlive.deadline());
        deadline = Math.min(deadline, authenticating.deadline());
        return phase == Phase.CLOSING ? deadline : Math.min(deadline, goodbyes.deadline());
    }

    @Nullable URI takeOpen() {
        boolean open = openNetwork;
        openNetwork = false;
        return open ? servers.current() : null;
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
