package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingresp;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import dev.holdfast.mqtt.impl.session.Connection.Phase;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The core of the client: a state machine without threads, clocks, sockets, disks or futures.
 * Commands of the application and events from outside go in; {@link #poll} says what is to be done.
 * {@link #advance} sets the time before each turn.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class Session {
    private final Time time = new Time();
    private final Outbox outbox;
    private final OutgoingQueue queue;
    private final OutgoingPublishes outgoing;
    private final IncomingPublishes incoming;
    private final Subscriptions subscriptions;
    private final KeepAlive keepAlive = new KeepAlive();
    private final Connection connection;
    private final Admission admission;

    /** Whether the network takes more packets at present. */
    private boolean writable = true;

    /** Whether what the server sends is read at present. */
    private boolean reading = true;

    /** Whether the application has no room for what the server sends. */
    private boolean paused;

    /**
     * A session as the store left it.
     *
     * @param random adds jitter to the delays between attempts to connect
     * @param encodedSize the size of a packet on the wire, in bytes
     */
    public Session(
            ClientSettings settings,
            Recovered recovered,
            RandomGenerator random,
            ToLongFunction<Packet> encodedSize) {
        this(
                settings,
                recovered,
                random,
                encodedSize,
                new Outbox(new WriteAhead(), true),
                new Servers(settings));
    }

    /** A new session without a store: it gives out no batches, and reads no pages. */
    public static Session inMemory(
            ClientSettings settings, RandomGenerator random, ToLongFunction<Packet> encodedSize) {
        return new Session(
                settings,
                new SessionState().recovered(),
                random,
                encodedSize,
                new Outbox(new WriteAhead(), false),
                new Servers(settings));
    }

    Session(
            ClientSettings settings,
            Recovered recovered,
            RandomGenerator random,
            ToLongFunction<Packet> encodedSize,
            Outbox outbox,
            Servers servers) {
        this.outbox = outbox;
        Numbers numbers = new Numbers(recovered.numbersReserved(), outbox);
        PacketIdentifiers<Object> identifiers = new PacketIdentifiers<>();
        queue = new OutgoingQueue(settings.storeLimits(), recovered, numbers, outbox, time);
        Acknowledgements acknowledgements =
                new Acknowledgements(settings.acknowledgementProperties(), encodedSize);
        outgoing =
                new OutgoingPublishes(
                        queue,
                        settings.sessionLost(),
                        recovered,
                        identifiers,
                        outbox,
                        time,
                        acknowledgements,
                        encodedSize);
        subscriptions =
                new Subscriptions(settings, recovered, identifiers, outbox, time, encodedSize);
        incoming =
                new IncomingPublishes(
                        settings.receiveMaximum(),
                        settings.storeLimits().incomingMessages(),
                        settings.validatePayloadFormat(),
                        recovered,
                        subscriptions,
                        numbers,
                        outbox,
                        acknowledgements);
        Authenticating authenticating = new Authenticating(settings, time, outbox, encodedSize);
        connection =
                new Connection(
                        settings,
                        time,
                        outbox,
                        acknowledgements,
                        queue,
                        outgoing,
                        incoming,
                        subscriptions,
                        authenticating,
                        new Handshake(settings, recovered.presence(), outbox, authenticating),
                        servers,
                        new Reconnection(settings, random),
                        keepAlive,
                        encodedSize);
        admission = connection.admission();
    }

    /**
     * Sets the time of this turn.
     *
     * @param now milliseconds of a clock that never goes back
     * @param wallClock milliseconds since 1970
     */
    public void advance(long now, long wallClock) {
        time.now = now;
        time.wallClock = wallClock;
    }

    // ---- commands of the application

    /**
     * Starts connecting; the first call also hands over what an earlier run received and did not
     * handle.
     */
    public void connect(long token) {
        connection.connect(token);
    }

    /** Ends the connection, or the attempts to make one, once the options' conditions hold. */
    public void disconnect(long token, DisconnectOptions options) {
        connection.disconnect(token, options);
    }

    /**
     * Accepts a message.
     *
     * @param sequence higher than at any call before
     * @param expiresAt milliseconds since 1970, or {@link OutgoingMessage#NEVER}
     */
    public void publish(long sequence, Message message, long expiresAt) {
        publish(new Outgoing(sequence, message, expiresAt));
    }

    /** Accepts a message, its sequence number higher than at any call before. */
    public void publish(Outgoing message) {
        if (hasStopped()) {
            outbox.tell(new Event.PublishFailed(message.sequence, connection.stoppedFor()));
        } else {
            queue.publish(message);
        }
    }

    /** What became of taking a publication back. */
    public enum Withdrawn {
        /** It was never sent, and fails with the given cause. */
        YES,
        /**
         * It is not in memory; the store may hold it: see {@link
         * #withdraw(OutgoingMessage,MqttException)}.
         */
        LOOK_IN_STORE,
        /** It was sent, or is about to be: its exchange goes on. */
        SENT,
        /** It is not pending. */
        NOT_PENDING
    }

    /** Takes back a publication that was never sent. */
    public Withdrawn withdraw(long sequence, MqttException cause) {
        if (hasStopped()) {
            return Withdrawn.NOT_PENDING;
        }
        return withdraw(queue.find(sequence), sequence, cause);
    }

    /** The same for a publication as it was given to {@link #publish}, without looking for it. */
    public Withdrawn withdraw(Outgoing published, MqttException cause) {
        if (hasStopped()) {
            return Withdrawn.NOT_PENDING;
        }
        return withdraw(queue.find(published), published.sequence, cause);
    }

    private Withdrawn withdraw(@Nullable Outgoing unsent, long sequence, MqttException cause) {
        if (unsent != null) {
            queue.drop(unsent, cause);
            return Withdrawn.YES;
        }
        if (outgoing.isSent(sequence)) {
            return Withdrawn.SENT;
        }
        return queue.isQueuedInStore(sequence) ? Withdrawn.LOOK_IN_STORE : Withdrawn.NOT_PENDING;
    }

    /**
     * Takes back a publication that was found in the store after {@link Withdrawn#LOOK_IN_STORE},
     * unless it has come into memory meanwhile; then as {@link #withdraw(long,MqttException)}.
     */
    public Withdrawn withdraw(OutgoingMessage queued, MqttException cause) {
        Withdrawn now = withdraw(queued.sequence(), cause);
        if (now != Withdrawn.LOOK_IN_STORE) {
            return now;
        }
        queue.drop(queued, cause);
        return Withdrawn.YES;
    }

    /** Lets a publication that was sent fail; its exchange with the server goes on untold. */
    public void abandon(long sequence, MqttException cause) {
        if (!hasStopped()) {
            outgoing.abandon(sequence, cause);
        }
    }

    public void subscribe(long token, Subscription subscription) {
        subscribe(List.of(new SubscribeCall(token, subscription)), List.of());
    }

    /** Subscribes to Topic Filters that have one handler, together. */
    public void subscribe(List<SubscribeCall> group, List<UserProperty> userProperties) {
        if (hasStopped()) {
            MqttException cause = connection.stoppedFor();
            group.forEach(c -> outbox.tell(new Event.SubscribeFailed(c.token(), cause)));
        } else {
            sendPublished();
            subscriptions.subscribe(group, userProperties);
        }
    }

    public void unsubscribe(long token, String topicFilter) {
        unsubscribe(List.of(new UnsubscribeCall(token, topicFilter)), List.of());
    }

    public void unsubscribe(List<UnsubscribeCall> group, List<UserProperty> userProperties) {
        if (hasStopped()) {
            MqttException cause = connection.stoppedFor();
            group.forEach(c -> outbox.tell(new Event.UnsubscribeFailed(c.token(), cause)));
        } else {
            sendPublished();
            subscriptions.unsubscribe(group, userProperties);
        }
    }

    /** What was published before leaves before, as far as it may leave now. */
    private boolean sendPublished() {
        return writable && outgoing.pump();
    }

    /**
     * The handler is done with a message.
     *
     * @param outcome SUCCESS, or the reason why it was refused
     */
    public void settle(Incoming message, ReasonCode outcome) {
        settle(message, outcome, Remarks.none());
    }

    /** As {@link #settle(Incoming, ReasonCode)}; PUBACK carries the remarks. */
    public void settle(Incoming message, ReasonCode outcome, Remarks remarks) {
        if (hasStopped()) {
            outbox.tell(new Event.Settled(message, connection.stoppedFor()));
        } else {
            incoming.settle(message, outcome, remarks);
        }
    }

    /** Authenticates anew on the connection there is. */
    public void reauthenticate(long token) {
        if (hasStopped()) {
            outbox.tell(new Event.ReauthenticationFailed(token, connection.stoppedFor()));
        } else {
            admission.reauthenticate(token);
        }
    }

    /** The application answers the question with this number, see {@link Event}. */
    public void answered(long question, Answer answer) {
        if (hasStopped()) {
            return;
        }
        try {
            admission.answered(question, answer);
        } catch (ProtocolViolation v) {
            connection.violated(v);
        }
        if (!admission.isVerifying()) {
            admission.takeHeld().forEach(this::received);
        }
    }

    /** Whether to leave what the server sends in the network, until the application has room. */
    public void pause(boolean now) {
        paused = now;
    }

    private boolean hasStopped() {
        return connection.phase() == Phase.STOPPED;
    }

    // ---- events from outside

    /** The network connection asked for is open. */
    public void opened() {
        writable = true;
        connection.opened();
    }

    /** The network connection is gone, or could not be opened. */
    public void closed(MqttException cause) {
        connection.closed(cause);
    }

    /** The network takes more packets, or takes none until further notice. */
    public void writable(boolean now) {
        writable = now;
    }

    /** The server broke a rule of the packet format. */
    public void violated(ProtocolViolation violation) {
        if (connection.listens()) {
            connection.violated(violation);
        }
    }

    /** A batch is on disk, and all before it. */
    public void stored(long batch) {
        if (!hasStopped()) {
            outbox.stored(batch);
        }
    }

    /**
     * The messages of which the batch given out last says what became of them are not on disk, and
     * will not be there without that.
     */
    public void merged(long batch) {
        if (!hasStopped()) {
            outbox.merged(batch);
        }
    }

    /** Of this batch, and all before it, nothing is missing on disk but messages they accepted. */
    public void mergedUpTo(long batch) {
        if (!hasStopped()) {
            outbox.mergedUpTo(batch);
        }
    }

    /** The store failed: nothing that is not on disk may have an effect any more. */
    public void storeFailed(MqttException cause) {
        if (!hasStopped()) {
            connection.stop(cause);
            outbox.tell(new Event.StoreFailed(cause));
        }
    }

    /** Ends everything at once: every command that is or was given fails with this cause. */
    public void stop(MqttException cause) {
        if (!hasStopped()) {
            connection.stop(cause);
        }
    }

    /** A page of queued messages, asked for by {@link Ready#readQueuedAfter()}. */
    public void loaded(List<OutgoingMessage> page) {
        if (!hasStopped()) {
            queue.loaded(page);
        }
    }

    /** So many bytes came from the server, though they need not be a whole packet yet. */
    public void heard(long bytes) {
        keepAlive.receivedPart(bytes, time.now);
    }

    /** A packet from the server. */
    public void received(Packet packet) {
        if (!connection.listens()) {
            return;
        }
        keepAlive.received(time.now);
        try {
            if (admission.isVerifying() && !(packet instanceof Disconnect)) {
                admission.hold(packet);
            } else if (packet instanceof Connack c) {
                admission.received(c);
            } else if (packet instanceof Auth a) {
                admission.received(a);
            } else if (connection.phase() == Phase.CONNECTED || admission.isVerifying()) {
                dispatch(packet);
            } else {
                throw ProtocolViolation.protocolError(nameOf(packet) + " before CONNACK");
            }
        } catch (ProtocolViolation v) {
            connection.violated(v);
        }
    }

    /**
     * As {@link #received}, for a PUBACK that says Success and nothing else; without a packet where
     * nothing is out of the ordinary.
     */
    public void acknowledged(int packetIdentifier) {
        if (connection.phase() != Phase.CONNECTED || admission.isVerifying()) {
            received(new Puback(packetIdentifier, ReasonCode.SUCCESS));
            return;
        }
        keepAlive.received(time.now);
        try {
            outgoing.acknowledged(packetIdentifier);
        } catch (ProtocolViolation v) {
            connection.violated(v);
        }
    }

    private void dispatch(Packet packet) {
        if (packet instanceof Publish p) {
            incoming.received(p);
        } else if (packet instanceof Puback p) {
            outgoing.received(p);
        } else if (packet instanceof Pubrec p) {
            outgoing.received(p);
        } else if (packet instanceof Pubrel p) {
            incoming.received(p);
        } else if (packet instanceof Pubcomp p) {
            outgoing.received(p);
        } else if (packet instanceof Suback p) {
            subscriptions.received(p);
        } else if (packet instanceof Unsuback p) {
            subscriptions.received(p);
        } else if (packet instanceof Disconnect d) {
            connection.received(d);
        } else if (packet instanceof Pingresp) {
            keepAlive.answered();
        } else {
            throw ProtocolViolation.protocolError(
                    nameOf(packet) + ", which has no place in this connection");
        }
    }

    private static String nameOf(Packet packet) {
        return packet.getClass().getSimpleName().toUpperCase(Locale.ROOT);
    }

    // ---- turns

    /** Says what is to be done now. */
    public Ready poll() {
        boolean more = false;
        long page = Ready.NO_READ;
        if (!reading) {
            // Whether the server is silent cannot be told by who does not listen.
            keepAlive.received(time.now);
        }
        if (!hasStopped()) {
            queue.expire();
            subscriptions.expire();
            more = sendPublished();
            connection.turn();
            page = queue.nextPage();
        }
        List<Packet> packets = outbox.takePackets();
        outgoing.beginTurn();
        if (!packets.isEmpty()) {
            keepAlive.sent(time.now);
        }
        // Without CONNACK there would be no connection, and without reading no end of one is seen.
        boolean pauses = paused && connection.phase() == Phase.CONNECTED;
        reading = !outbox.isFull() && !admission.isVerifying() && !pauses;
        return new Ready(
                outbox.takeBatch(),
                page,
                packets,
                connection.takeClose(),
                reading,
                connection.takeOpen(),
                outbox.takeEvents(),
                hasStopped() ? Time.NEVER : deadline(),
                more);
    }

    /**
     * Gives back what {@link #poll} gave last, once it is dealt with. This may be left out; it lets
     * the lists of packets and events be used again, which nobody may look at from now on.
     */
    public void giveBack(Ready done) {
        outbox.giveBack(done.packets(), done.events());
    }

    private long deadline() {
        long deadline = Math.min(connection.deadline(), queue.deadline());
        return Math.min(deadline, subscriptions.deadline());
    }

    // ---- sight

    /** The publications in memory that are not acknowledged, at QoS 1 and 2, oldest first. */
    public List<Pending> pending() {
        return outgoing.pending();
    }

    /** One of them, also if there are too many for {@link #pending()}. */
    public @Nullable Pending pending(long sequence) {
        return outgoing.pending(sequence);
    }

    /** Whether a publication that is not in memory is queued in the store. */
    public boolean isQueuedInStore(long sequence) {
        return queue.isQueuedInStore(sequence);
    }

    public long queuedMessages() {
        return queue.messages();
    }

    public long queuedBytes() {
        return queue.bytes();
    }

    public long unhandled() {
        return incoming.unhandled();
    }

    /** What the server has confirmed in this session. */
    public List<Subscription> subscriptions() {
        return subscriptions.confirmed();
    }

    /** What CONNACK said; null while not connected. */
    public @Nullable Connected connected() {
        return connection.connected();
    }

    /** Whether nothing is pending, held or to be stored: all that came in has gone out. */
    boolean isDrained() {
        return queue.allDone() && incoming.holdsNothing() && outbox.isEmpty();
    }
}
