package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Knows which answer may reach whom, whatever a server says. */
final class FuzzOracle {
    private final Map<Long, QoS> published = new HashMap<>();
    private final Set<Long> unansweredCalls = new HashSet<>();

    /** Publications by the Packet Identifier that their last PUBLISH had. */
    private final Map<Integer, Long> sent = new HashMap<>();

    /** Those that the server has acknowledged, so that the application may be told. */
    private final Set<Long> acknowledged = new HashSet<>();

    /**
     * Those that the server has received at QoS 2. That it is done with one may come as soon as it
     * likes: PUBREL need not have left yet.
     */
    private final Set<Long> received = new HashSet<>();

    private final Set<Long> stored = new HashSet<>();
    private final Set<Long> done = new HashSet<>();

    /** What was handed over: the payloads of the server are all different. */
    private final Set<String> delivered = new HashSet<>();

    void published(long sequence, QoS qos) {
        published.put(sequence, qos);
    }

    void called(long token) {
        assertTrue(unansweredCalls.add(token));
    }

    void sent(Packet packet) {
        if (packet instanceof Publish p && p.packetIdentifier() != 0) {
            sent.put(p.packetIdentifier(), Long.valueOf(p.message().payloadText().substring(1)));
        } else if (packet instanceof Publish p) {
            acknowledged.add(Long.valueOf(p.message().payloadText().substring(1)));
        } else if (packet instanceof Pubrel p && !p.reason().isError()) {
            Long sequence = sent.get(p.packetIdentifier());
            assertTrue(received.contains(sequence), "PUBREL without PUBREC: " + p);
        }
    }

    void fromServer(Packet packet) {
        if (packet instanceof Puback p) {
            acknowledge(p.packetIdentifier(), QoS.AT_LEAST_ONCE);
        } else if (packet instanceof Pubrec p && p.reason().isError()) {
            acknowledge(p.packetIdentifier(), QoS.EXACTLY_ONCE);
        } else if (packet instanceof Pubrec p) {
            Long sequence = sent.get(p.packetIdentifier());
            if (sequence != null && published.get(sequence) == QoS.EXACTLY_ONCE) {
                received.add(sequence);
            }
        } else if (packet instanceof Pubcomp p) {
            Long sequence = sent.get(p.packetIdentifier());
            if (sequence != null && received.contains(sequence)) {
                acknowledged.add(sequence);
            }
        }
    }

    private void acknowledge(int packetIdentifier, QoS qos) {
        Long sequence = sent.get(packetIdentifier);
        if (sequence != null && published.get(sequence) == qos) {
            acknowledged.add(sequence);
        }
    }

    private void toldAcknowledged(long sequence) {
        assertTrue(acknowledged.contains(sequence), "nobody has acknowledged " + sequence);
        assertTrue(done.add(sequence), "answered twice: " + sequence);
    }

    void told(Event event) {
        if (event instanceof Event.Stored e) {
            e.publications().forEach(s -> assertTrue(stored.add(s), "stored twice: " + s));
        } else if (event instanceof Event.Acknowledged e) {
            e.publications().forEach(this::toldAcknowledged);
        } else if (event instanceof Event.PublishFailed e) {
            assertTrue(done.add(e.sequence()), "answered twice: " + e);
        } else if (event instanceof Event.Deliver e) {
            String payload = e.incoming().message().payloadText();
            assertTrue(delivered.add(payload), "handed over twice: " + payload);
        } else if (event instanceof Event.ConnectDone e) {
            answered(e.token(), e);
        } else if (event instanceof Event.ConnectFailed e) {
            answered(e.token(), e);
        } else if (event instanceof Event.Reauthenticated e) {
            answered(e.token(), e);
        } else if (event instanceof Event.ReauthenticationFailed e) {
            answered(e.token(), e);
        } else if (event instanceof Event.Subscribed e) {
            answered(e.token(), e);
        } else if (event instanceof Event.SubscribeFailed e) {
            answered(e.token(), e);
        } else if (event instanceof Event.Unsubscribed e) {
            answered(e.token(), e);
        } else if (event instanceof Event.UnsubscribeFailed e) {
            answered(e.token(), e);
        }
    }

    private void answered(long token, Event event) {
        assertTrue(unansweredCalls.remove(token), "answered twice: " + event);
    }

    boolean isQuiet() {
        return done.size() == published.size() && unansweredCalls.isEmpty();
    }

    void requireAllAnswered() {
        Set<Long> open = new HashSet<>(published.keySet());
        open.removeAll(done);
        assertEquals(Set.of(), open, "publications without an answer");
        assertEquals(Set.of(), unansweredCalls, "calls without an answer");
    }
}
