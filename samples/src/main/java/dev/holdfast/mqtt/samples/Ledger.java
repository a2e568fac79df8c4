package dev.holdfast.mqtt.samples;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The judge of the crash-and-resume recipe: adds up the journals of publisher and subscriber, and
 * knows nothing else. Messages are numbered from 1 at each QoS.
 *
 * <pre>
 * publisher:   published QOS NUMBER       written before publish() is called
 *              stored QOS NUMBER          written after stored() completed
 *              acknowledged QOS NUMBER    written after acknowledged() completed
 *              failed QOS NUMBER REASON   acknowledged() failed
 * subscriber:  received QOS NUMBER DELIVERY first|again
 * </pre>
 */
final class Ledger {
    private static final int QOS_LEVELS = 3;

    private final BitSet[] published = bitSets();
    private final BitSet[] stored = bitSets();
    private final BitSet[] acknowledged = bitSets();
    private final BitSet[] received = bitSets();
    private final long[] deliveries = new long[QOS_LEVELS];
    private final List<String> failures = new ArrayList<>();

    /** The first delivery id of each QoS 2 message, and the further ones of those that have any. */
    private final Map<Integer, Long> deliveryIds = new HashMap<>();

    private final Map<Integer, Set<Long>> furtherIds = new HashMap<>();
    private final Map<Long, Integer> messageOfDelivery = new HashMap<>();
    private long handedOverAgain;

    private static BitSet[] bitSets() {
        return new BitSet[] {new BitSet(), new BitSet(), new BitSet()};
    }

    /** Takes a line of either journal. */
    void add(String line) {
        String[] words = line.split(" ", 5);
        int qos = Integer.parseInt(words[1]);
        int number = Integer.parseInt(words[2]);
        switch (words[0]) {
            case "published" -> published[qos].set(number);
            case "stored" -> stored[qos].set(number);
            case "acknowledged" -> acknowledged[qos].set(number);
            case "failed" -> failures.add(line);
            case "received" -> addDelivery(qos, number, Long.parseLong(words[3]));
            default -> throw new IllegalArgumentException("A journal says '" + line + "'");
        }
    }

    private void addDelivery(int qos, int number, long id) {
        received[qos].set(number);
        deliveries[qos]++;
        if (qos < 2) {
            return;
        }
        Long first = deliveryIds.putIfAbsent(number, id);
        if (first != null && first == id) {
            handedOverAgain++;
        } else if (first != null) {
            furtherIds.computeIfAbsent(number, n -> new HashSet<>()).add(id);
        }
        Integer other = messageOfDelivery.putIfAbsent(id, number);
        if (other != null && other != number) {
            failures.add("delivery id " + id + " named message " + other + " and " + number);
        }
    }

    int published(int qos) {
        return published[qos].cardinality();
    }

    /** The highest number that was published, 0 if none was. */
    int lastPublished(int qos) {
        return Math.max(0, published[qos].length() - 1);
    }

    /** The highest number that was received, 0 if none was. */
    int lastReceived(int qos) {
        return Math.max(0, received[qos].length() - 1);
    }

    boolean isPublished(int qos, int number) {
        return published[qos].get(number);
    }

    boolean isStored(int qos, int number) {
        return stored[qos].get(number);
    }

    boolean isAcknowledged(int qos, int number) {
        return acknowledged[qos].get(number);
    }

    int stored(int qos) {
        return stored[qos].cardinality();
    }

    int acknowledged(int qos) {
        return acknowledged[qos].cardinality();
    }

    /** How many messages arrived, each counted once. */
    int received(int qos) {
        return received[qos].cardinality();
    }

    /**
     * Messages that Holdfast had promised to keep, and that did not arrive; at QoS 0, that were
     * published and did not arrive.
     */
    int lost(int qos) {
        BitSet missing = (BitSet) (qos == 0 ? published : stored)[qos].clone();
        if (qos > 0) {
            missing.or(acknowledged[qos]);
        }
        missing.andNot(received[qos]);
        return missing.cardinality();
    }

    /**
     * Messages that arrived more often than once. At QoS 2 a hand-over after a crash with the same
     * delivery id is the same one, as the application can tell; another id is a duplicate.
     */
    long duplicated(int qos) {
        return qos < 2
                ? deliveries[qos] - received[qos].cardinality()
                : furtherIds.values().stream().mapToLong(Set::size).sum();
    }

    /** How often a QoS 2 message was handed over again after a kill, under its own delivery id. */
    long handedOverAgain() {
        return handedOverAgain;
    }

    /** Messages whose stored() had not completed when the publisher was killed. */
    int unsure(int qos) {
        return unsureMessages(qos).cardinality();
    }

    /** Those of them that arrived all the same. */
    int unsureAndReceived(int qos) {
        BitSet unsure = unsureMessages(qos);
        unsure.and(received[qos]);
        return unsure.cardinality();
    }

    private BitSet unsureMessages(int qos) {
        BitSet unsure = (BitSet) published[qos].clone();
        unsure.andNot(stored[qos]);
        unsure.andNot(acknowledged[qos]);
        return unsure;
    }

    /** What must never be: publications that failed, ids given twice, messages nobody published. */
    List<String> failures() {
        List<String> all = new ArrayList<>(failures);
        for (int qos = 0; qos < QOS_LEVELS; qos++) {
            BitSet invented = (BitSet) received[qos].clone();
            invented.andNot(published[qos]);
            if (!invented.isEmpty()) {
                all.add("received at QoS " + qos + " but never published: " + invented);
            }
        }
        return all;
    }

    /** Whether all that was promised has arrived. */
    boolean isComplete() {
        return lost(1) == 0 && lost(2) == 0;
    }
}
