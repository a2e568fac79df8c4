package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.impl.session.Session;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A publication and its two stages; also the command that brings it to the core. */
final class PendingPublication implements Publication, Driver.Input {
    /** A deadline that never comes. */
    static final long NO_DEADLINE = Long.MAX_VALUE;

    static final Comparator<PendingPublication> BY_DEADLINE =
            Comparator.comparingLong(PendingPublication::deadline)
                    .thenComparingLong(PendingPublication::id);

    private final long id;
    private final Message message;
    private final long expiresAt;

    /** On the clock of the loop. */
    private final long deadline;

    private final Publications publications;

    /** Those who ask whether it was cancelled. */
    private final List<CompletableFuture<Boolean>> cancels = new ArrayList<>(0);

    /** Whether the core has taken it back; touched on the loop. */
    private boolean withdrawn;

    /** Whether the core has told the outcome; touched on the loop. */
    private boolean over;

    private final CompletableFuture<Void> stored = new CompletableFuture<>();
    private final CompletableFuture<Acknowledgement> acknowledged = new CompletableFuture<>();

    PendingPublication(
            long id, Message message, long expiresAt, long deadline, Publications publications) {
        this.id = id;
        this.message = message;
        this.expiresAt = expiresAt;
        this.deadline = deadline;
        this.publications = publications;
    }

    @Override
    public void feed(Session session) {
        publications.arrived(this);
        session.publish(id, message, expiresAt);
    }

    void markStored() {
        stored.complete(null);
    }

    void markAcknowledged(Acknowledgement acknowledgement) {
        stored.complete(null);
        acknowledged.complete(acknowledgement);
    }

    void fail(MqttException cause) {
        stored.completeExceptionally(cause);
        acknowledged.completeExceptionally(cause);
        cancels.forEach(c -> c.complete(cause instanceof MqttException.Cancelled));
    }

    /** The core has taken it back, and tells once the disk knows. Called on the loop. */
    void markWithdrawn() {
        withdrawn = true;
    }

    boolean isWithdrawn() {
        return withdrawn;
    }

    /** Answers whether it was cancelled, once the core has told. Called on the loop. */
    void whenCancelled(CompletableFuture<Boolean> answer) {
        cancels.add(answer);
    }

    boolean isOver() {
        return over;
    }

    /** The core has told the outcome. Called on the loop. */
    void markOver() {
        over = true;
    }

    long deadline() {
        return deadline;
    }

    @Override
    public CompletableFuture<Boolean> cancel() {
        return publications.cancel(this);
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public Message message() {
        return message;
    }

    @Override
    public CompletableFuture<Void> stored() {
        return stored;
    }

    @Override
    public CompletableFuture<Acknowledgement> acknowledged() {
        return acknowledged;
    }

    @Override
    public String toString() {
        return "Publication[" + id + ", " + message + "]";
    }
}
