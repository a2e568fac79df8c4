package dev.holdfast.mqtt.impl.codec;

import dev.holdfast.mqtt.impl.packet.Publish;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Topic Aliases for sending on one network connection (section 3.3.2.3.4): the topics that were
 * used last have one. A topic that comes when all are taken gets the one that was not used for
 * longest.
 */
final class TopicAliases {
    /** More would cost memory for each connection; the most used topics are among these. */
    private static final int MOST = 64;

    /** A shorter topic is hardly longer than the property that stands for it. */
    private static final int SHORTEST_TOPIC = 8;

    /** What a new alias adds to a packet at most: the property, and longer lengths before it. */
    private static final int LARGEST_COST = 5;

    private final int maximum;
    private final long maximumPacketSize;

    /** Least recently used first. */
    private final Map<String, Integer> byTopic = new LinkedHashMap<>(16, 0.75f, true);

    TopicAliases(int maximum, long maximumPacketSize) {
        this.maximum = Math.min(maximum, MOST);
        this.maximumPacketSize = maximumPacketSize;
    }

    /** The alias that the server knows for a topic; 0 if it knows none. */
    int known(String topic) {
        Integer alias = byTopic.get(topic);
        return alias == null ? 0 : alias;
    }

    /** The alias to give to a topic that has none; 0 if it should not have one. */
    int next(Publish p) {
        if (p.message().topic().length() < SHORTEST_TOPIC
                || Encoder.encodedSize(p) + LARGEST_COST > maximumPacketSize) {
            return 0;
        }
        return byTopic.size() < maximum ? byTopic.size() + 1 : byTopic.values().iterator().next();
    }

    /** The packet that tells the server was written. */
    void told(String topic, int alias) {
        if (byTopic.size() == maximum) {
            Iterator<Integer> eldest = byTopic.values().iterator();
            eldest.next();
            eldest.remove();
        }
        byTopic.put(topic, alias);
    }
}
