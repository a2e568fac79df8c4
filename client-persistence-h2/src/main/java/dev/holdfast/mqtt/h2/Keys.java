package dev.holdfast.mqtt.h2;

/**
 * Primary keys: the number of the session and what names the row within it, packed into one BIGINT,
 * so that each table is a single tree in the order in which it is read.
 *
 * <p>A message is stored either as sent (it got its Packet Identifier in the group of batches in
 * which it was accepted) or as queued. One bit of the key tells, so that the messages of a long
 * queue do not lie between those that are needed when a session is opened.
 */
final class Keys {
    static final int SEQUENCE_BITS = 44;
    static final long MAXIMUM_SEQUENCE = (1L << SEQUENCE_BITS) - 1;
    static final int MAXIMUM_SESSION = (1 << (63 - SEQUENCE_BITS - 1)) - 1;

    private static final long QUEUED = 1L << SEQUENCE_BITS;
    private static final int SESSION_SHIFT = SEQUENCE_BITS + 1;
    private static final int IDENTIFIER_BITS = 16;

    private Keys() {}

    static long sent(int session, long sequence) {
        if (sequence < 0 || sequence > MAXIMUM_SEQUENCE) {
            throw new IllegalArgumentException(
                    "Number " + sequence + " is not within 0 and " + MAXIMUM_SEQUENCE);
        }
        return (long) session << SESSION_SHIFT | sequence;
    }

    static long queued(int session, long sequence) {
        return sent(session, sequence) | QUEUED;
    }

    static long delivery(int session, long deliveryId) {
        return sent(session, deliveryId);
    }

    static boolean isQueued(long key) {
        return (key & QUEUED) != 0;
    }

    static int session(long key) {
        return (int) (key >>> SESSION_SHIFT);
    }

    /** The sequence number of an outgoing message, the delivery id of an incoming one. */
    static long number(long key) {
        return key & MAXIMUM_SEQUENCE;
    }

    static long identifier(int session, int packetIdentifier) {
        return (long) session << IDENTIFIER_BITS | packetIdentifier;
    }

    static int packetIdentifier(long key) {
        return (int) (key & 0xFFFF);
    }
}
