package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The server's session of a publisher that is killed again and again: answers what it sends, and
 * throws at the first packet that breaks a rule. Messages are named by their QoS and number, which
 * grows.
 */
final class PublisherWitness implements Witness {
    private static final int RECEIVE_MAXIMUM = 15;

    private final Ledger ledger;

    /** QoS 2 messages between PUBLISH and PUBREL, by Packet Identifier. */
    private final Map<Integer, String> open = new HashMap<>();

    /** Packet Identifiers whose last exchange at QoS 2 has got its PUBREL. */
    private final Set<Integer> released = new HashSet<>();

    /** All messages that have come, by the run of the client that first sent them. */
    private final Map<String, Integer> firstRun = new HashMap<>();

    /** Messages whose PUBACK or PUBCOMP has perhaps left. */
    private final Set<String> answered = new HashSet<>();

    /** Packet Identifiers of all that the current process has sent. */
    private final Set<Integer> usedInRun = new HashSet<>();

    // Of this connection.
    private final Set<Integer> unacknowledged = new HashSet<>();
    private final int[] newest = new int[3];
    private boolean resumed;
    private int run;

    private int lastNumber;

    PublisherWitness(Ledger ledger) {
        this.ledger = ledger;
    }

    /** The highest number that has come. */
    int lastNumber() {
        return lastNumber;
    }

    @Override
    public int receiveMaximum() {
        return RECEIVE_MAXIMUM;
    }

    @Override
    public List<Packet> connected(int run, boolean resumed) {
        if (run != this.run) {
            usedInRun.clear();
        }
        this.run = run;
        this.resumed = resumed;
        unacknowledged.clear();
        newest[1] = 0;
        newest[2] = 0;
        return List.of();
    }

    @Override
    public List<Packet> received(Packet packet) {
        List<Packet> answers = new ArrayList<>();
        if (packet instanceof Publish p) {
            publish(p, answers);
        } else if (packet instanceof Pubrel p) {
            pubrel(p, answers);
        } else {
            throw new AssertionError("A publisher does not send " + packet);
        }
        return answers;
    }

    private void publish(Publish p, List<Packet> answers) {
        String[] words = p.message().payloadText().split(" ", 3);
        String name = words[0] + " " + words[1];
        int qos = p.message().qos().ordinal();
        int number = Integer.parseInt(words[1]);
        require(words[0].equals("" + qos), "QoS " + qos + " for " + name);
        lastNumber = Math.max(lastNumber, number);
        if (p.message().qos() == QoS.AT_MOST_ONCE) {
            require(firstRun.put(name, run) == null, name + " came twice at QoS 0");
            ledger.add("received " + name + " 0 first");
            return;
        }
        require(number > newest[qos], name + " is sent behind " + newest[qos] + " [4.6.0-1]");
        newest[qos] = number;
        Integer first = firstRun.putIfAbsent(name, run);
        requireHonestDup(p, name, first);
        int identifier = p.packetIdentifier();
        usedInRun.add(identifier);
        require(unacknowledged.add(identifier), identifier + " is in use [2.2.1-3]");
        require(unacknowledged.size() <= RECEIVE_MAXIMUM, "more than Receive Maximum [3.3.4-7]");
        if (p.message().qos() == QoS.AT_LEAST_ONCE) {
            require(!open.containsKey(identifier), identifier + " is in use at QoS 2 [2.2.1-3]");
            ledger.add("received " + name + " 0 first");
            answered.add(name);
            unacknowledged.remove(identifier);
            answers.add(new Puback(identifier, ReasonCode.SUCCESS));
        } else {
            publishExactlyOnce(name, identifier, first != null);
            answers.add(new Pubrec(identifier, ReasonCode.SUCCESS));
        }
    }

    private void requireHonestDup(Publish p, String name, Integer first) {
        require(!p.dup() || resumed, name + " has DUP, though no session was resumed [4.4.0-1]");
        // At QoS 1 one may have left before it was stored, and be forgotten by a kill.
        boolean mayBeForgotten =
                p.message().qos() == QoS.AT_LEAST_ONCE && first != null && first < run;
        require(
                first == null || p.dup() || mayBeForgotten,
                name + " is sent again without DUP [3.3.1-1]");
    }

    private void publishExactlyOnce(String name, int identifier, boolean again) {
        String before = open.put(identifier, name);
        require(
                before == null || before.equals(name),
                identifier + " of " + before + " is used for " + name + " [2.2.1-3]");
        require(!again || before != null, name + " came twice at QoS 2");
        released.remove(identifier);
        if (before == null) {
            ledger.add("received " + name + " " + (firstRun.size() + 1) + " first");
        }
    }

    private void pubrel(Pubrel p, List<Packet> answers) {
        int identifier = p.packetIdentifier();
        require(p.reason() == ReasonCode.SUCCESS, "PUBREL with " + p.reason());
        String name = open.remove(identifier);
        // What was killed may have left with an identifier of which the disk knows nothing else.
        boolean mayBeForgotten = !usedInRun.contains(identifier);
        require(
                name != null || resumed && (released.contains(identifier) || mayBeForgotten),
                "PUBREL " + identifier + " without PUBLISH [4.3.3-4]");
        released.add(identifier);
        unacknowledged.remove(identifier);
        if (name != null) {
            answered.add(name);
        }
        answers.add(
                new Pubcomp(
                        identifier,
                        name != null
                                ? ReasonCode.SUCCESS
                                : ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
    }

    /** Asserts of what the client has told its application that the server has said it. */
    void requireAnswered(int qos, int number) {
        require(
                answered.contains(qos + " " + number),
                "acknowledged() of " + qos + " " + number + " completed without the server");
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new AssertionError(otherwise);
        }
    }
}
