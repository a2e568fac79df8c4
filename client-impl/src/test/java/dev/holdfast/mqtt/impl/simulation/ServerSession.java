package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The server's Session State of the one client (MQTT 5, section 4.1). */
final class ServerSession {
    /** A QoS 2 message of the client, between its PUBLISH and its PUBREL. */
    static final class Receiving {
        final Message message;

        /** Its place among the PUBRECs sent; 0 before. */
        int pubrec;

        /** Whether the client had left the session, and need not know of it any more. */
        boolean isOld;

        Receiving(Message message) {
            this.message = message;
        }
    }

    /** A message for the client, sent and not acknowledged for good. */
    static final class Sending {
        final int packetIdentifier;
        final Message message;
        final List<Integer> subscriptionIdentifiers;

        /** Whether PUBREC has come. */
        boolean released;

        Sending(int packetIdentifier, Publish publish) {
            this.packetIdentifier = packetIdentifier;
            this.message = publish.message();
            this.subscriptionIdentifiers = publish.subscriptionIdentifiers();
        }

        String key() {
            return message.payloadText();
        }
    }

    final int number;
    long expirySeconds;

    /**
     * Whether the application was told of this session. Until then it may be taken for the last.
     */
    boolean known;

    /** Whether it was resumed when the client could not tell it from the one before. */
    boolean mistakable;

    /** Whether the client has come back to it after having had another one elsewhere. */
    boolean wasLeft;

    /** Subscriptions from the time before that, until they are made anew or ended. */
    final Set<String> oldSubscriptions = new HashSet<>();

    /** Numbers of the last messages that the client handed over for the first time, by QoS. */
    final int[] newestDelivered = {-1, -1, -1};

    final Map<String, Subscription> subscriptions = new TreeMap<>();

    /** Of the subscriptions, with 0 for those that have none. */
    final Map<String, Integer> subscriptionIdentifiers = new HashMap<>();

    final Map<Integer, Receiving> receiving = new HashMap<>();

    /** Packet Identifiers whose exchange was completed by PUBREL, and not begun anew. */
    final Set<Integer> completed = new HashSet<>();

    /**
     * Payloads of all that was received at QoS 1 and 2, with the run of the client that sent it.
     */
    final Map<String, ClientRun> seen = new HashMap<>();

    /** In the order in which they were sent first. */
    final List<Sending> sending = new ArrayList<>();

    /** Without Packet Identifiers. */
    final ArrayDeque<Publish> queue = new ArrayDeque<>();

    int pubrecs;

    /** Whether some were sent again unasked: nobody knows which of the two the client goes by. */
    boolean repeatsPubrecs;

    ServerSession(int number) {
        this.number = number;
    }

    /** The client comes back, and may have forgotten all of it, or have something else instead. */
    void isOld() {
        wasLeft = true;
        mistakable = true;
        oldSubscriptions.addAll(subscriptions.keySet());
        receiving.values().forEach(r -> r.isOld = true);
        seen.clear();
    }

    Sending sending(int packetIdentifier) {
        for (Sending s : sending) {
            if (s.packetIdentifier == packetIdentifier) {
                return s;
            }
        }
        return null;
    }

    /** The lowest that is free, so that they are used again soon. */
    int freeIdentifier() {
        int candidate = 1;
        while (sending(candidate) != null) {
            candidate++;
        }
        return candidate;
    }

    boolean isDrained() {
        return receiving.values().stream().allMatch(r -> r.isOld)
                && sending.isEmpty()
                && queue.isEmpty();
    }
}
