package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage.State;
import org.jspecify.annotations.Nullable;

/**
 * One message on its way to the server, as the core holds it in memory. Whoever publishes may hang
 * on to it what is to be known outside of the core, so that a publication is one object; the core's
 * own fields are touched on the loop only.
 */
public class Outgoing {
    final long sequence;
    final Message message;

    /** Milliseconds since 1970, or {@link OutgoingMessage#NEVER}. */
    final long expiresAt;

    /** As the store counts. */
    final long size;

    State state = State.QUEUED;

    /** Whether it waits for room: it is not accepted yet, and not stored. */
    boolean waiting;

    /** 0 while QUEUED, then held in {@link PacketIdentifiers}. */
    int packetIdentifier;

    /** The connection on which its PUBLISH took one of the send quota; 0 for none. */
    int quotaOf;

    /** The batch that accepted it; 0 for one of an earlier run. */
    long acceptedWith;

    /** Which of those held back its first PUBLISH is or was; see {@link Outbox#hasLeft}. */
    long held;

    /** Whether PUBREC said No matching subscribers, the one success that is not {@code SUCCESS}. */
    boolean unmatched;

    /**
     * Set when the PUBLISH was held back until its connection was gone: the next one is no repeat.
     */
    boolean neverLeft;

    /**
     * Set when its publication has failed already, and only the identifier is still to be freed.
     */
    boolean abandoned;

    /** Neighbours in the one {@link OutgoingList} that holds it. */
    @Nullable Outgoing previous;

    @Nullable Outgoing next;

    /**
     * A message to be published.
     *
     * @param sequence higher than that of any before
     * @param expiresAt milliseconds since 1970, or {@link OutgoingMessage#NEVER}
     */
    public Outgoing(long sequence, Message message, long expiresAt) {
        this.sequence = sequence;
        this.message = message;
        this.expiresAt = expiresAt;
        this.size = OutgoingMessage.sizeOf(message);
    }

    static Outgoing of(OutgoingMessage stored) {
        Outgoing o = new Outgoing(stored.sequence(), stored.message(), stored.expiresAt());
        o.state = stored.state();
        o.packetIdentifier = stored.packetIdentifier();
        return o;
    }

    public final long sequence() {
        return sequence;
    }

    public final Message message() {
        return message;
    }

    /** As the store counts. */
    public final long size() {
        return size;
    }

    @Override
    public String toString() {
        return "publication " + sequence + " " + state + " " + message;
    }
}
