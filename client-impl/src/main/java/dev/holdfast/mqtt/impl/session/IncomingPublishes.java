package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.IncomingMessage;
import dev.holdfast.mqtt.store.Recovered;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Messages from the server (MQTT 5, sections 4.3 and 4.6). QoS 1 is acknowledged when its handler
 * is done, in the order of arrival. QoS 2 is stored, then PUBREC is sent, then the handler gets it;
 * its end of the exchange with the server and the handler's being done are two separate facts.
 */
final class IncomingPublishes {
    private final int receiveMaximum;
    private final int inboxLimit;
    private final boolean validatesPayloads;
    private final Subscriptions subscriptions;
    private final Numbers numbers;
    private final Outbox outbox;
    private final Acknowledgements acknowledgements;

    /**
     * QoS 1 messages of this connection whose PUBACK has not been sent, in the order of arrival.
     */
    private final ArrayDeque<Incoming> unacknowledged = new ArrayDeque<>(1);

    private final BitSet unacknowledgedIdentifiers = new BitSet(0);

    /**
     * Packet Identifiers of QoS 2 messages between PUBLISH and PUBREL; part of the Session State.
     */
    private final PacketIdentifiers<Long> received = new PacketIdentifiers<>();

    /**
     * Those of {@link #received} whose PUBLISH came on this connection; they count against Receive
     * Maximum.
     */
    private final BitSet receivedHere = new BitSet(0);

    private int receivedHereCount;

    /**
     * PUBRELs that are not answered until the handlers have made room in the inbox; in their order.
     */
    private final Set<Integer> withheld = new SparseSet<>();

    /** Stored QoS 2 messages that their handler is not done with. */
    private long inbox;

    /** Those of an earlier run, until they are handed over. */
    private List<IncomingMessage> recoveredInbox;

    private long connection;

    /** See {@link Incoming#resumption()}. */
    private long resumption;

    /**
     * How many QoS 1 messages of each connection, none of which has been resumed since, are still
     * with their handlers; oldest first.
     */
    private final Map<Long, Integer> leftBehind = new SparseMap<>();

    /** Whether the session may be a new one, to which {@link #received} means nothing. */
    private boolean maybeNew;

    IncomingPublishes(
            int receiveMaximum,
            int inboxLimit,
            boolean validatesPayloads,
            Recovered recovered,
            Subscriptions subscriptions,
            Numbers numbers,
            Outbox outbox,
            Acknowledgements acknowledgements) {
        this.receiveMaximum = receiveMaximum;
        this.inboxLimit = inboxLimit;
        this.validatesPayloads = validatesPayloads;
        this.subscriptions = subscriptions;
        this.numbers = numbers;
        this.outbox = outbox;
        this.acknowledgements = acknowledgements;
        for (Map.Entry<Integer, Long> held : recovered.receivedIdentifiers().entrySet()) {
            received.put(held.getKey(), held.getValue());
        }
        recoveredInbox = recovered.inbox();
        inbox = recoveredInbox.size();
    }

    /** Hands over what an earlier run left; once. */
    void deliverRecovered() {
        for (IncomingMessage m : recoveredInbox) {
            outbox.tell(
                    new Event.Deliver(
                            new Incoming(
                                    m.message(),
                                    subscriptions.filters(m.subscriptionIdentifiers()),
                                    m.deliveryId(),
                                    true,
                                    0,
                                    connection,
                                    resumption)));
        }
        recoveredInbox = List.of();
    }

    void connected(boolean resumed, boolean maybeNewSession) {
        maybeNew = maybeNewSession;
        connection++;
        if (resumed) {
            resumption = connection;
            leftBehind.clear();
        } else {
            boundLeftBehind();
        }
        receivedHere.clear();
        receivedHereCount = 0;
    }

    /** Handlers that hang must not keep the messages of ever more connections. */
    private void boundLeftBehind() {
        int all = leftBehind.values().stream().mapToInt(Integer::intValue).sum();
        Iterator<Map.Entry<Long, Integer>> oldest = leftBehind.entrySet().iterator();
        while (all > receiveMaximum) {
            Map.Entry<Long, Integer> dropped = oldest.next();
            all -= dropped.getValue();
            resumption = dropped.getKey() + 1;
            oldest.remove();
        }
    }

    /**
     * The server has no session any more: its Packet Identifiers mean nothing, what was received is
     * still handled.
     */
    void sessionLost() {
        for (int identifier : heldIdentifiers()) {
            forget(identifier);
        }
    }

    private List<Integer> heldIdentifiers() {
        List<Integer> held = new ArrayList<>(received.used());
        for (int i = 1; i <= PacketIdentifiers.MAXIMUM && held.size() < received.used(); i++) {
            if (received.get(i) != null) {
                held.add(i);
            }
        }
        return held;
    }

    // ---- from the server

    void received(Publish p) {
        switch (p.message().qos()) {
            case AT_MOST_ONCE -> receivedAtMostOnce(p);
            case AT_LEAST_ONCE -> receivedAtLeastOnce(p);
            case EXACTLY_ONCE -> receivedExactlyOnce(p);
        }
    }

    private void receivedAtMostOnce(Publish p) {
        if (isRefused(p)) {
            outbox.tell(new Event.PayloadInvalid(p.message()));
        } else {
            deliver(p);
        }
    }

    private boolean isRefused(Publish p) {
        return validatesPayloads && !PayloadFormat.isAsClaimed(p.message());
    }

    private void receivedAtLeastOnce(Publish p) {
        int identifier = p.packetIdentifier();
        if (receivedHere.get(identifier) || unacknowledgedIdentifiers.get(identifier)) {
            throw inUse(identifier, "QoS 1");
        }
        requireQuota();
        if (received.get(identifier) != null) {
            // No server uses an identifier twice at a time: it knows nothing of that exchange.
            forget(identifier);
        }
        unacknowledgedIdentifiers.set(identifier);
        if (isRefused(p)) {
            outbox.tell(new Event.PayloadInvalid(p.message()));
            unacknowledged.add(refused(p));
            acknowledgeInOrder();
        } else {
            unacknowledged.add(deliver(p));
        }
    }

    private void receivedExactlyOnce(Publish p) {
        int identifier = p.packetIdentifier();
        if (unacknowledgedIdentifiers.get(identifier)) {
            throw inUse(identifier, "QoS 2");
        }
        boolean held = received.get(identifier) != null;
        if (held && maybeNew && !p.dup() && !receivedHere.get(identifier)) {
            // What is sent again has DUP set: this is a first message, so the session is new.
            forget(identifier);
            held = false;
        }
        if (held) {
            // A repeat: answered, not handed over. After resuming it takes its place in the quota
            // once.
            if (!receivedHere.get(identifier)) {
                takeQuota(identifier);
            }
            outbox.send(acknowledgements.pubrec(identifier, ReasonCode.SUCCESS));
            return;
        }
        if (isRefused(p)) {
            // With this answer the exchange is over, and the identifier free.
            requireQuota();
            outbox.send(acknowledgements.pubrec(identifier, ReasonCode.PAYLOAD_FORMAT_INVALID));
            outbox.tell(new Event.PayloadInvalid(p.message()));
            return;
        }
        takeQuota(identifier);
        List<Integer> telling = subscriptions.telling(p.subscriptionIdentifiers());
        Incoming incoming = incoming(p, telling, true);
        received.put(identifier, incoming.deliveryId());
        inbox++;
        outbox.persist(
                new Change.Received(
                        identifier,
                        new IncomingMessage(incoming.deliveryId(), p.message(), telling)));
        outbox.send(acknowledgements.pubrec(identifier, ReasonCode.SUCCESS));
        outbox.tell(new Event.Deliver(incoming));
    }

    private static ProtocolViolation inUse(int identifier, String qos) {
        return ProtocolViolation.protocolError(
                "PUBLISH at "
                        + qos
                        + " with Packet Identifier "
                        + identifier
                        + ", which another message of the server still uses");
    }

    private void requireQuota() {
        if (unacknowledged.size() + receivedHereCount >= receiveMaximum) {
            throw new ProtocolViolation(
                    ReasonCode.RECEIVE_MAXIMUM_EXCEEDED,
                    "more than " + receiveMaximum + " messages without acknowledgement");
        }
    }

    private void takeQuota(int identifier) {
        requireQuota();
        receivedHere.set(identifier);
        receivedHereCount++;
    }

    private Incoming deliver(Publish p) {
        List<Integer> telling = subscriptions.telling(p.subscriptionIdentifiers());
        Incoming incoming = incoming(p, telling, false);
        outbox.tell(new Event.Deliver(incoming));
        return incoming;
    }

    /** A QoS 1 message that no handler gets, but that keeps its place among the answers. */
    private Incoming refused(Publish p) {
        Incoming refused =
                new Incoming(
                        p.message(),
                        List.of(),
                        Incoming.NOT_DELIVERED,
                        p.dup(),
                        p.packetIdentifier(),
                        connection,
                        resumption);
        refused.outcome = ReasonCode.PAYLOAD_FORMAT_INVALID;
        return refused;
    }

    private Incoming incoming(Publish p, List<Integer> telling, boolean durable) {
        return new Incoming(
                p.message(),
                subscriptions.filters(telling),
                numbers.nextDelivery(durable),
                p.dup() && !durable,
                p.packetIdentifier(),
                connection,
                resumption);
    }

    void received(Pubrel p) {
        int identifier = p.packetIdentifier();
        if (received.get(identifier) == null) {
            outbox.send(
                    acknowledgements.pubcomp(identifier, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
        } else if (inbox > inboxLimit) {
            withheld.add(identifier);
        } else {
            release(identifier);
        }
    }

    private void release(int identifier) {
        forget(identifier);
        if (receivedHere.get(identifier)) {
            receivedHere.clear(identifier);
            receivedHereCount--;
        }
        outbox.send(acknowledgements.pubcomp(identifier, ReasonCode.SUCCESS));
    }

    private void forget(int identifier) {
        received.free(identifier);
        outbox.persist(new Change.Forgotten(identifier));
    }

    // ---- from the handlers

    /**
     * A handler is done with a message, for better or worse. Later calls for the same message
     * change nothing.
     */
    void settle(Incoming incoming, ReasonCode outcome, Remarks remarks) {
        if (incoming.outcome != null) {
            return;
        }
        incoming.outcome = outcome;
        incoming.remarks = remarks;
        switch (incoming.message().qos()) {
            case AT_MOST_ONCE -> outbox.tell(new Event.Settled(incoming, null));
            case AT_LEAST_ONCE -> settleAtLeastOnce(incoming);
            case EXACTLY_ONCE -> settleExactlyOnce(incoming);
        }
    }

    private void settleAtLeastOnce(Incoming incoming) {
        if (incoming.connection != connection || unacknowledged.isEmpty()) {
            leftBehind.computeIfPresent(incoming.connection, (c, n) -> n == 1 ? null : n - 1);
            outbox.tell(new Event.Settled(incoming, deliveredAgain()));
            return;
        }
        acknowledgeInOrder();
    }

    private void acknowledgeInOrder() {
        for (Incoming head = unacknowledged.peek();
                head != null && head.outcome != null;
                head = unacknowledged.peek()) {
            unacknowledged.remove();
            unacknowledgedIdentifiers.clear(head.packetIdentifier);
            outbox.send(acknowledgements.puback(head.packetIdentifier, head.outcome, head.remarks));
            if (head.deliveryId() != Incoming.NOT_DELIVERED) {
                outbox.tell(new Event.Settled(head, null));
            }
        }
    }

    private static MqttException deliveredAgain() {
        return new MqttException.ConnectionLost(
                "The connection that brought the message is gone; the server delivers it again",
                null,
                false);
    }

    private void settleExactlyOnce(Incoming incoming) {
        inbox--;
        outbox.persist(new Change.Consumed(incoming.deliveryId()));
        outbox.tell(new Event.Settled(incoming, null));
        while (inbox <= inboxLimit && !withheld.isEmpty()) {
            int next = withheld.iterator().next();
            withheld.remove(next);
            release(next);
        }
    }

    /**
     * The connection is gone: its QoS 1 messages will come again, and cannot be acknowledged any
     * more.
     */
    void disconnected() {
        for (Incoming incoming : unacknowledged) {
            if (incoming.outcome == null) {
                leftBehind.merge(connection, 1, Integer::sum);
            } else if (incoming.deliveryId() != Incoming.NOT_DELIVERED) {
                // Handled, but its PUBACK had to wait for one before it.
                outbox.tell(new Event.Settled(incoming, deliveredAgain()));
            }
        }
        unacknowledged.clear();
        unacknowledgedIdentifiers.clear();
        withheld.clear();
    }

    long unhandled() {
        return inbox;
    }

    /** Whether there is state that a new session would not know of. */
    boolean holdsIdentifiers() {
        return received.used() > 0;
    }

    boolean holdsNothing() {
        return inbox == 0 && received.used() == 0 && unacknowledged.isEmpty();
    }
}
