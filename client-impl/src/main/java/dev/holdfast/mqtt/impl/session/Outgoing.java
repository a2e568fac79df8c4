package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage.State;
import org.jspecify.annotations.Nullable;

/** One message on its way to the server, as the core holds it in memory. */
final class Outgoing {
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

    /** Place among the RELEASED. */
    long releaseOrder;

    /** The connection on which its PUBLISH took one of the send quota; 0 for none. */
    long quotaOf;

    /** The batch with which its last PUBLISH leaves; see {@link Outbox#hasLeft}. */
    long leavesWith;

    /** What PUBREC said. */
    ReasonCode received = ReasonCode.SUCCESS;

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

    Outgoing(long sequence, Message message, long expiresAt) {
        this.sequence = sequence;
        this.message = message;
        this.expiresAt = expiresAt;
        this.size = OutgoingMessage.sizeOf(message);
    }

    static Outgoing of(OutgoingMessage stored) {
        Outgoing o = new Outgoing(stored.sequence(), stored.message(), stored.expiresAt());
        o.state = stored.state();
        o.packetIdentifier = stored.packetIdentifier();
        o.releaseOrder = stored.releaseOrder();
        return o;
    }

    @Override
    public String toString() {
        return "publication " + sequence + " " + state + " " + message;
    }
}
