package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.impl.session.Session;
import java.util.concurrent.CompletableFuture;

/** A publication and its two stages; also the command that brings it to the core. */
final class PendingPublication implements Publication, Driver.Input {
    private final long id;
    private final Message message;
    private final long expiresAt;
    private final Publications publications;
    private final CompletableFuture<Void> stored = new CompletableFuture<>();
    private final CompletableFuture<Acknowledgement> acknowledged = new CompletableFuture<>();

    PendingPublication(long id, Message message, long expiresAt, Publications publications) {
        this.id = id;
        this.message = message;
        this.expiresAt = expiresAt;
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
