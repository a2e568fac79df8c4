package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The server's session of a subscriber that is killed again and again: keeps a window of messages
 * under way to it, sends again what the standard says, and throws at the first packet that breaks a
 * rule. What the client has acknowledged it must have handed over, or do so later: the ledger
 * counts it as stored.
 */
final class SubscriberWitness implements Witness {
    private static final int WINDOW = 12;

    private final Ledger ledger;
    private final String topic;

    /** Sent and not done with, in the order of first sending. */
    private final Map<Integer, Sending> sending = new LinkedHashMap<>();

    private final int[] numbers = new int[3];
    private boolean subscribed;
    private boolean silent;

    // Of this connection.
    private final ArrayDeque<Integer> awaitPuback = new ArrayDeque<>();
    private final ArrayDeque<Integer> awaitPubrec = new ArrayDeque<>();
    private final Set<Integer> awaitPubcomp = new HashSet<>();
    private final Set<Integer> receivedHere = new HashSet<>();

    private static final class Sending {
        final Message message;
        boolean released;

        Sending(Message message) {
            this.message = message;
        }
    }

    SubscriberWitness(Ledger ledger, String topic) {
        this.ledger = ledger;
        this.topic = topic;
    }

    /** Sends no further messages but those that are under way. */
    void fallSilent() {
        silent = true;
    }

    /** Whether all is acknowledged. */
    boolean isDone() {
        return sending.isEmpty();
    }

    @Override
    public int receiveMaximum() {
        return 20;
    }

    @Override
    public List<Packet> connected(int run, boolean resumed) {
        awaitPuback.clear();
        awaitPubrec.clear();
        awaitPubcomp.clear();
        receivedHere.clear();
        List<Packet> packets = new ArrayList<>();
        sending.forEach(
                (identifier, s) -> {
                    if (s.released) {
                        awaitPubcomp.add(identifier);
                        packets.add(new Pubrel(identifier, ReasonCode.SUCCESS));
                    } else {
                        send(identifier, s.message, true, packets);
                    }
                });
        fill(packets);
        return packets;
    }

    private void send(int identifier, Message message, boolean dup, List<Packet> packets) {
        (message.qos() == QoS.AT_LEAST_ONCE ? awaitPuback : awaitPubrec).add(identifier);
        packets.add(new Publish(message, identifier, dup));
    }

    /** New messages as far as the window has room, at each QoS in turn. */
    private void fill(List<Packet> packets) {
        while (subscribed && !silent && sending.size() < WINDOW) {
            int qos = numbers[0] == numbers[1] ? 0 : numbers[1] == numbers[2] ? 1 : 2;
            int number = ++numbers[qos];
            String name = qos + " " + number;
            ledger.add("published " + name);
            Message message =
                    Message.to(topic + "/qos" + qos)
                            .payload(name + " ")
                            .qos(QoS.values()[qos])
                            .build();
            if (qos == 0) {
                packets.add(new Publish(message, 0, false));
            } else {
                int identifier = freeIdentifier();
                sending.put(identifier, new Sending(message));
                send(identifier, message, false, packets);
            }
        }
    }

    /** The lowest that is free, so that they are used again soon. */
    private int freeIdentifier() {
        int candidate = 1;
        while (sending.containsKey(candidate)) {
            candidate++;
        }
        return candidate;
    }

    @Override
    public List<Packet> received(Packet packet) {
        List<Packet> answers = new ArrayList<>();
        if (packet instanceof Subscribe s) {
            subscribed = true;
            answers.add(
                    new Suback(
                            s.packetIdentifier(),
                            List.of(ReasonCode.GRANTED_QOS_2),
                            null,
                            List.of()));
        } else if (packet instanceof Puback p) {
            requireNext(awaitPuback, p.packetIdentifier(), "PUBACK [4.6.0-2]");
            require(p.reason() == ReasonCode.SUCCESS, "PUBACK with " + p.reason());
            finish(p.packetIdentifier(), true);
        } else if (packet instanceof Pubrec p) {
            int identifier = p.packetIdentifier();
            requireNext(awaitPubrec, identifier, "PUBREC [4.6.0-3]");
            require(p.reason() == ReasonCode.SUCCESS, "PUBREC with " + p.reason());
            Sending s = sending.get(identifier);
            s.released = true;
            ledger.add("stored " + name(s));
            awaitPubcomp.add(identifier);
            receivedHere.add(identifier);
            answers.add(new Pubrel(identifier, ReasonCode.SUCCESS));
        } else if (packet instanceof Pubcomp p) {
            int identifier = p.packetIdentifier();
            require(awaitPubcomp.remove(identifier), "PUBCOMP " + identifier + " without PUBREL");
            require(
                    p.reason() == ReasonCode.SUCCESS || !receivedHere.contains(identifier),
                    "the client forgot what it received on this connection");
            finish(identifier, false);
        } else {
            throw new AssertionError("A subscriber does not send " + packet);
        }
        fill(answers);
        return answers;
    }

    private static void requireNext(ArrayDeque<Integer> expected, int identifier, String what) {
        Integer next = expected.poll();
        require(
                next != null && next == identifier,
                what + " of " + identifier + ", though that of " + next + " is next");
    }

    private void finish(int identifier, boolean store) {
        Sending s = sending.remove(identifier);
        if (store) {
            ledger.add("stored " + name(s));
        }
    }

    private static String name(Sending s) {
        return s.message.payloadText().strip();
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new AssertionError(otherwise);
        }
    }
}
