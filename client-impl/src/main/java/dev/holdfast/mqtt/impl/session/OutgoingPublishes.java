package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.ServerLimits;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.SessionLostPolicy.InFlight;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage.State;
import dev.holdfast.mqtt.store.Recovered;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Messages on their way to the server (MQTT 5, sections 4.3, 4.4 and 4.9). At QoS 1 and 2 each goes
 * QUEUED → IN_FLIGHT → RELEASED (QoS 2) → gone, and all of that is stored.
 */
final class OutgoingPublishes {
    /**
     * How much is given out in one turn, so that a turn stays short and the network can push back
     * in between.
     */
    private static final int TURN_MESSAGES = 512;

    private static final long TURN_BYTES = 512 << 10;

    /** Packet Identifiers that are left to SUBSCRIBE and UNSUBSCRIBE. */
    private static final int IDENTIFIERS_KEPT = 256;

    private static final Acknowledgement SUCCESS =
            new Acknowledgement(ReasonCode.SUCCESS, Optional.empty(), List.of());

    private final OutgoingQueue queue;
    private final SessionLostPolicy sessionLostPolicy;
    private final PacketIdentifiers<Object> identifiers;
    private final EarlyIdentifiers early;
    private final Outbox outbox;
    private final Time time;
    private final PublishFailures failures;
    private final Acknowledgements acknowledgements;
    private final PubrecRemarks pubrecRemarks = new PubrecRemarks();

    /**
     * PUBLISH sent, or about to be; in the order of sending, which is that of the sequence numbers.
     */
    private final OutgoingList inFlight = new OutgoingList();

    /** PUBREC received; in the order of the PUBRECs, which the PUBRELs keep. */
    private final OutgoingList released = new OutgoingList();

    private long newestRelease;

    /** What this connection allows; null without one. */
    private @Nullable ServerLimits limits;

    private int connection;

    /**
     * PUBLISH packets at QoS 1 and 2 of this connection without their final answer; at most Receive
     * Maximum.
     */
    private int unacknowledged;

    /** PUBLISH packets of this turn, and bytes of their payloads. */
    private int turn;

    private long turnBytes;

    /** The next message in flight to be sent again on this connection; null when all have been. */
    private @Nullable Outgoing resend;

    OutgoingPublishes(
            OutgoingQueue queue,
            SessionLostPolicy sessionLostPolicy,
            Recovered recovered,
            PacketIdentifiers<Object> identifiers,
            Outbox outbox,
            Time time,
            Acknowledgements acknowledgements,
            ToLongFunction<Packet> encodedSize) {
        this.queue = queue;
        this.sessionLostPolicy = sessionLostPolicy;
        this.identifiers = identifiers;
        this.outbox = outbox;
        this.time = time;
        this.acknowledgements = acknowledgements;
        this.failures = new PublishFailures(encodedSize);
        recover(recovered.inFlight());
        early = new EarlyIdentifiers(recovered.identifiersReserved(), identifiers, outbox);
    }

    private void recover(List<OutgoingMessage> stored) {
        List<OutgoingMessage> releases = new ArrayList<>();
        for (OutgoingMessage m : stored) {
            if (m.state() == State.RELEASED) {
                releases.add(m);
            } else {
                inFlight.addLast(recover(m));
            }
        }
        releases.sort(Comparator.comparingLong(OutgoingMessage::releaseOrder));
        for (OutgoingMessage m : releases) {
            released.addLast(recover(m));
            newestRelease = m.releaseOrder();
        }
    }

    private Outgoing recover(OutgoingMessage stored) {
        Outgoing o = Outgoing.of(stored);
        identifiers.recover(o.packetIdentifier, o);
        return o;
    }

    // ---- sending

    /**
     * A connection is up: what the session holds in flight is sent again, PUBRELs first, they need
     * no quota.
     */
    void connected(ServerLimits serverLimits) {
        limits = serverLimits;
        connection++;
        unacknowledged = 0;
        for (Outgoing o = released.first(); o != null; o = o.next) {
            outbox.send(acknowledgements.pubrel(o.packetIdentifier, ReasonCode.SUCCESS));
        }
        for (int i = early.nextForgotten(0); i != 0; i = early.nextForgotten(i)) {
            outbox.send(acknowledgements.pubrel(i, ReasonCode.SUCCESS));
        }
        resend = inFlight.first();
    }

    /**
     * The connection is gone.
     *
     * @param neverLeft Packet Identifiers of PUBLISH packets that were held back until then
     */
    void disconnected(List<Integer> neverLeft) {
        limits = null;
        resend = null;
        early.disconnected();
        for (int packetIdentifier : neverLeft) {
            if (identifiers.get(packetIdentifier) instanceof Outgoing o) {
                o.neverLeft = true;
            }
        }
    }

    /** What was sent so far goes to the network. */
    void beginTurn() {
        turn = 0;
        turnBytes = 0;
    }

    /**
     * Sends as much as quota, identifiers and the length of a turn allow.
     *
     * @return whether more could be sent in another turn
     */
    boolean pump() {
        if (limits == null) {
            return false;
        }
        while (turn < TURN_MESSAGES && turnBytes < TURN_BYTES) {
            Outgoing o = next(limits);
            if (o == null) {
                return false;
            }
            turn++;
            turnBytes += o.message.payloadSize();
            if (o.state == State.IN_FLIGHT) {
                sendAgain(o, limits);
            } else {
                sendFirst(o, limits);
            }
        }
        return true;
    }

    private @Nullable Outgoing next(ServerLimits limits) {
        Outgoing unstored = queue.firstAtMostOnce();
        if (unstored != null) {
            return unstored;
        }
        boolean quotaLeft = unacknowledged < limits.receiveMaximum();
        if (resend != null) {
            return quotaLeft ? resend : null;
        }
        boolean identifierLeft = identifiers.used() < PacketIdentifiers.MAXIMUM - IDENTIFIERS_KEPT;
        return quotaLeft && identifierLeft ? queue.first() : null;
    }

    private void sendFirst(Outgoing o, ServerLimits limits) {
        if (o.expiresAt <= time.wallClock) {
            queue.drop(o, PublishFailures.expired(o));
            return;
        }
        Message message = withRemainingExpiry(o);
        MqttException.PublishRejected refusal = failures.beyondLimits(message, limits);
        if (refusal != null) {
            queue.drop(o, refusal);
        } else if (message.qos() == QoS.AT_MOST_ONCE) {
            queue.forget(o);
            outbox.send(new Publish(message, 0, false));
            outbox.tellAcknowledged(o.sequence, SUCCESS);
        } else {
            sendFirst(o, message);
        }
    }

    private void sendFirst(Outgoing o, Message message) {
        queue.take(o);
        boolean once = message.qos() == QoS.EXACTLY_ONCE;
        int free = once && outbox.isDurable() ? early.take(o) : 0;
        o.packetIdentifier = free == 0 ? identifiers.take(o) : free;
        o.state = State.IN_FLIGHT;
        inFlight.addLast(o);
        takeQuota(o);
        if (outbox.isDurable()) {
            outbox.persist(new Change.Sent(o.sequence, o.packetIdentifier));
        }
        Publish publish = new Publish(message, o.packetIdentifier, false);
        o.held = free == 0 ? outbox.send(publish) : outbox.sendEarly(publish, o.acceptedWith);
    }

    private void sendAgain(Outgoing o, ServerLimits limits) {
        resend = o.next;
        Message message = withRemainingExpiry(o);
        MqttException.PublishRejected refusal = failures.beyondLimits(message, limits);
        if (refusal == null) {
            takeQuota(o);
            long held = outbox.send(new Publish(message, o.packetIdentifier, !o.neverLeft));
            if (o.neverLeft) {
                o.held = held;
                o.neverLeft = false;
            }
        } else if (message.qos() == QoS.AT_LEAST_ONCE || o.neverLeft) {
            complete(o);
            if (!o.abandoned) {
                outbox.tell(new Event.PublishFailed(o.sequence, refusal));
            }
        } else if (!o.abandoned) {
            // The server may hold the identifier, and would take another message for a repeat of
            // this one. So the exchange stays open, until a connection lets it go on.
            o.abandoned = true;
            outbox.tell(
                    new Event.PublishFailed(
                            o.sequence, PublishFailures.beyondLimitsInFlight(refusal)));
        }
    }

    private Message withRemainingExpiry(Outgoing o) {
        if (o.expiresAt == OutgoingMessage.NEVER) {
            return o.message;
        }
        // Not below a second: an exchange once begun goes on (section 4.3.3), and 0 might mean
        // anything.
        // Not above what was asked for either, should the clock have been put back.
        long whole = o.message.expiry().map(Duration::toSeconds).orElse(Long.MAX_VALUE);
        long left = Math.max(1, Math.min(whole, (o.expiresAt - time.wallClock + 999) / 1_000));
        return o.message.toBuilder().expiry(Duration.ofSeconds(left)).build();
    }

    private void takeQuota(Outgoing o) {
        o.quotaOf = connection;
        unacknowledged++;
    }

    // ---- answers

    void received(Puback p) {
        puback(p.packetIdentifier(), p.reason(), p.reasonString(), p.userProperties());
    }

    /** A PUBACK that says Success and nothing else. */
    void acknowledged(int packetIdentifier) {
        puback(packetIdentifier, ReasonCode.SUCCESS, null, List.of());
    }

    private void puback(
            int packetIdentifier,
            ReasonCode reason,
            @Nullable String words,
            List<UserProperty> properties) {
        Outgoing o = holder(packetIdentifier, "PUBACK", QoS.AT_LEAST_ONCE);
        if (o != null) {
            finish(o, reason, words, properties);
        }
    }

    void received(Pubrec p) {
        int identifier = p.packetIdentifier();
        if (early.isForgotten(identifier)) {
            repeatPubrel(identifier, ReasonCode.SUCCESS);
            return;
        }
        Outgoing o = holder(identifier, "PUBREC", QoS.EXACTLY_ONCE);
        if (o == null) {
            if (!p.reason().isError()) { // an error has ended the exchange on both sides
                repeatPubrel(identifier, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND);
            }
        } else if (o.state == State.RELEASED) {
            repeatPubrel(identifier, ReasonCode.SUCCESS);
        } else if (p.reason().isError()) {
            finish(o, p.reason(), p.reasonString(), p.userProperties());
        } else {
            o.unmatched = p.reason() == ReasonCode.NO_MATCHING_SUBSCRIBERS;
            pubrecRemarks.keep(o, p.reasonString(), p.userProperties());
            release(o);
        }
    }

    private void repeatPubrel(int identifier, ReasonCode reason) {
        early.answeredTwice(identifier);
        outbox.send(acknowledgements.pubrel(identifier, reason));
    }

    private void release(Outgoing o) {
        if (resend == o) {
            resend = o.next;
        }
        inFlight.remove(o);
        o.state = State.RELEASED;
        released.addLast(o);
        outbox.persist(new Change.Released(o.sequence, ++newestRelease));
        outbox.send(acknowledgements.pubrel(o.packetIdentifier, ReasonCode.SUCCESS));
    }

    void received(Pubcomp p) {
        if (early.isForgotten(p.packetIdentifier())) {
            early.end(p.packetIdentifier());
            return;
        }
        Outgoing o = holder(p.packetIdentifier(), "PUBCOMP", QoS.EXACTLY_ONCE);
        if (o == null) {
            return;
        }
        if (o.state != State.RELEASED) {
            throw ProtocolViolation.protocolError(
                    "PUBCOMP for Packet Identifier " + p.packetIdentifier() + " before PUBREC");
        }
        // 0x92 is no failure here: the server had completed the exchange before (section 4.3.3).
        ReasonCode reason = o.unmatched ? ReasonCode.NO_MATCHING_SUBSCRIBERS : ReasonCode.SUCCESS;
        Remarks pubrec = pubrecRemarks.take(o);
        if (pubrec == null) {
            finish(o, reason, p.reasonString(), p.userProperties());
            return;
        }
        String words =
                p.reasonString() == null ? pubrec.reasonString().orElse(null) : p.reasonString();
        List<UserProperty> properties = new ArrayList<>(pubrec.userProperties());
        properties.addAll(p.userProperties());
        finish(o, reason, words, properties);
    }

    /**
     * The message that an answer belongs to; null if the identifier is free, as after a late
     * repeat, and also if its PUBLISH is still held back: a server cannot mean what it has not got.
     */
    private @Nullable Outgoing holder(int packetIdentifier, String answer, QoS qos) {
        Object holder = identifiers.get(packetIdentifier);
        if (holder == null || (holder instanceof Outgoing o && isHeldBack(o))) {
            return null;
        }
        if (holder instanceof Outgoing o && o.message.qos() == qos) {
            return o;
        }
        throw ProtocolViolation.protocolError(
                answer + " for Packet Identifier " + packetIdentifier + ", which is " + holder);
    }

    private boolean isHeldBack(Outgoing o) {
        return o.neverLeft || !outbox.hasLeft(o.held);
    }

    private void finish(
            Outgoing o, ReasonCode reason, @Nullable String words, List<UserProperty> properties) {
        complete(o);
        if (o.abandoned) {
            return;
        }
        if (reason.isError()) {
            String text =
                    "The server refused the message to '" + o.message.topic() + "': " + reason;
            outbox.tell(
                    new Event.PublishFailed(
                            o.sequence,
                            new MqttException.PublishRejected(
                                    words == null ? text : text + ", " + words,
                                    reason,
                                    words,
                                    properties)));
        } else if (reason == ReasonCode.SUCCESS && words == null && properties.isEmpty()) {
            outbox.tellAcknowledged(o.sequence, SUCCESS);
        } else {
            outbox.tellAcknowledged(
                    o.sequence,
                    new Acknowledgement(reason, Optional.ofNullable(words), properties));
        }
    }

    // ---- giving up

    /** Whether an exchange with the server is open for it. */
    boolean isSent(long sequence) {
        return find(sequence) != null;
    }

    /** Its publication fails; the exchange goes on, since the server may hold its identifier. */
    void abandon(long sequence, MqttException cause) {
        Outgoing o = find(sequence);
        if (o != null && !o.abandoned) {
            o.abandoned = true;
            outbox.tell(new Event.PublishFailed(sequence, cause));
        }
    }

    private @Nullable Outgoing find(long sequence) {
        Outgoing o = inFlight.find(sequence);
        if (o != null) {
            return o;
        }
        o = released.first();
        while (o != null && o.sequence != sequence) {
            o = o.next;
        }
        return o;
    }

    // ---- leaving

    /** A message in flight or released is done with. */
    private void complete(Outgoing o) {
        if (resend == o) {
            resend = o.next;
        }
        (o.state == State.RELEASED ? released : inFlight).remove(o);
        identifiers.free(o.packetIdentifier);
        if (o.quotaOf == connection) {
            unacknowledged--;
        }
        pubrecRemarks.take(o);
        queue.gone(o);
        if (outbox.isDurable()) {
            outbox.persist(new Change.Completed(o.sequence));
        }
        early.freed(o.packetIdentifier);
    }

    /**
     * The server has no session any more: what was in flight is queued again or fails, as the
     * policy says.
     */
    void sessionLost() {
        early.sessionLost();
        List<Outgoing> lost = new ArrayList<>(inFlight.size() + released.size());
        for (Outgoing o = inFlight.first(); o != null; o = o.next) {
            lost.add(o);
        }
        for (Outgoing o = released.first(); o != null; o = o.next) {
            lost.add(o);
        }
        // Youngest first, since each is put in front of all others.
        lost.sort(Comparator.comparingLong((Outgoing o) -> o.sequence).reversed());
        for (Outgoing o : lost) {
            boolean once = o.message.qos() == QoS.EXACTLY_ONCE;
            InFlight choice =
                    once ? sessionLostPolicy.exactlyOnce() : sessionLostPolicy.atLeastOnce();
            // What never left was never a part of the session.
            if (!o.abandoned && (o.neverLeft || choice == InFlight.REPUBLISH)) {
                requeue(o);
            } else {
                complete(o);
            }
        }
        for (int i = lost.size() - 1; i >= 0; i--) {
            Outgoing o = lost.get(i);
            if (o.state != State.QUEUED && !o.abandoned) {
                outbox.tell(new Event.PublishFailed(o.sequence, PublishFailures.outcomeUnknown(o)));
            }
        }
    }

    private void requeue(Outgoing o) {
        (o.state == State.RELEASED ? released : inFlight).remove(o);
        identifiers.free(o.packetIdentifier);
        pubrecRemarks.take(o);
        outbox.persist(new Change.Requeued(o.sequence));
        early.freed(o.packetIdentifier);
        o.packetIdentifier = 0;
        o.state = State.QUEUED;
        o.unmatched = false;
        o.neverLeft = false;
        queue.putBack(o);
    }

    // ---- sight

    /**
     * The pending messages of QoS 1 and 2 in memory, oldest first; of those that were never sent,
     * as many as the memory holds where there is a store.
     */
    List<Pending> pending() {
        List<Pending> all = new ArrayList<>();
        for (OutgoingList list : List.of(released, inFlight)) {
            collect(list.first(), Integer.MAX_VALUE, all);
        }
        all.sort(Comparator.comparingLong(Pending::sequence));
        collect(queue.first(), Backlog.WINDOW_MESSAGES, all);
        collect(queue.firstWaiting(), Backlog.WINDOW_MESSAGES, all);
        return all;
    }

    private static void collect(@Nullable Outgoing from, int most, List<Pending> into) {
        Outgoing o = from;
        for (int i = 0; o != null && i < most; i++, o = o.next) {
            if (isPending(o)) {
                into.add(new Pending(o.sequence, o.message));
            }
        }
    }

    private static boolean isPending(Outgoing o) {
        return !o.abandoned && o.message.qos() != QoS.AT_MOST_ONCE;
    }

    /** A pending message of QoS 1 or 2, if it is in memory. */
    @Nullable Pending pending(long sequence) {
        Outgoing o = find(sequence);
        if (o == null) {
            o = queue.find(sequence);
        }
        return o != null && isPending(o) ? new Pending(o.sequence, o.message) : null;
    }
}
