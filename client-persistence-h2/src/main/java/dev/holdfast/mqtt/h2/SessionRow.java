package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.SessionState;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What the writer keeps in memory of an open session: its row in SESSION, and the messages in
 * flight, of which there are as many at most as there are Packet Identifiers.
 */
final class SessionRow {
    /** Until a message is sent: most of many clients only wait for one. */
    private static final Map<Long, Flight> NONE = Collections.emptyMap();

    final int number;
    final String clientIdentifier;
    SessionState.Presence presence = SessionState.Presence.NONE;
    long numbersReserved = 1;

    /** So that opening a session need not read a long queue. */
    long queuedMessages;

    /** As {@link dev.holdfast.mqtt.store.OutgoingMessage#size()} counts. */
    long queuedBytes;

    int highestSubscriptionIdentifier;

    /** Packet Identifiers up to this one may be used before the file knows for what. */
    int identifiersReserved;

    /**
     * Messages up to this sequence number are in the file, or about to be, or will never be. Raised
     * by the writer before it takes from its queue for the last time what goes with them.
     */
    volatile long claimed;

    /** What that was a while ago, so that later ones are young; and when. */
    long claimedBefore;

    long claimedBeforeSince;

    /** Pages that were asked for and are not read yet. */
    final AtomicInteger reads = new AtomicInteger();

    /** By sequence number; changed by {@link #keep} and removals only. */
    Map<Long, Flight> flights = NONE;

    SessionRow(int number, String clientIdentifier) {
        this.number = number;
        this.clientIdentifier = clientIdentifier;
    }

    void keep(long sequence, Flight flight) {
        if (flights == NONE) {
            flights = new HashMap<>();
        }
        flights.put(sequence, flight);
    }

    int checksum(RowChecksum row) {
        row.row(number)
                .add(clientIdentifier)
                .add(presence.name())
                .add(numbersReserved)
                .add(queuedMessages)
                .add(queuedBytes);
        // Versions 1 and 2 of the schema had one or none of these; their checksums are still there.
        if (highestSubscriptionIdentifier != 0 || identifiersReserved != 0) {
            row.add(highestSubscriptionIdentifier);
        }
        return identifiersReserved == 0 ? row.value() : row.add(identifiersReserved).value();
    }
}
