package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import org.jspecify.annotations.Nullable;

/**
 * What one group of batches makes of one outgoing message: where it comes from, and where it is at
 * the end of the group. What lies between never reaches the file.
 */
final class OutgoingChange {
    /** The message if the group accepted it; null if the file has it. */
    private final @Nullable OutgoingMessage accepted;

    /** When the group got it, by {@link System#nanoTime}. */
    private final long since;

    /** Its flight in the file; null if it is queued there, or not in it. */
    final @Nullable Flight before;

    private int packetIdentifier;
    private long releaseOrder;
    private boolean completed;

    private OutgoingChange(
            @Nullable OutgoingMessage accepted, @Nullable Flight before, long since) {
        this.accepted = accepted;
        this.since = since;
        this.before = before;
        if (before != null) {
            packetIdentifier = before.packetIdentifier();
            releaseOrder = before.releaseOrder();
        }
    }

    static OutgoingChange accepted(OutgoingMessage message, long now) {
        return new OutgoingChange(message, null, now);
    }

    static OutgoingChange stored(@Nullable Flight before, long now) {
        return new OutgoingChange(null, before, now);
    }

    void sent(Change.Sent change) {
        require(packetIdentifier == 0, change, "was sent before");
        packetIdentifier = change.packetIdentifier();
    }

    void released(Change.Released change) {
        require(packetIdentifier != 0 && releaseOrder == 0, change, "is not in flight");
        releaseOrder = change.releaseOrder();
    }

    void requeued(Change.Requeued change) {
        require(packetIdentifier != 0, change, "is queued already");
        packetIdentifier = 0;
        releaseOrder = 0;
    }

    void completed(Change.Completed change) {
        require(true, change, "");
        completed = true;
    }

    private void require(boolean holds, Change change, String complaint) {
        if (completed) {
            throw new IllegalStateException(change + " names a message that is completed");
        }
        if (!holds) {
            throw new IllegalStateException(change + " " + complaint);
        }
    }

    @Nullable OutgoingMessage accepted() {
        return accepted;
    }

    long since() {
        return since;
    }

    boolean isCompleted() {
        return completed;
    }

    boolean isQueued() {
        return !completed && packetIdentifier == 0;
    }

    int packetIdentifier() {
        return packetIdentifier;
    }

    long releaseOrder() {
        return releaseOrder;
    }
}
