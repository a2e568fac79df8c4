package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.impl.session.Outgoing;
import dev.holdfast.mqtt.impl.session.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A publication and its two stages, which are made when somebody asks for them; also the command
 * that brings it to the core, which adds its own part to the same object.
 */
class PendingPublication extends Outgoing implements Publication, Driver.Input {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.callbacks");

    private final Publications publications;

    // What is known of it, and who waits for that; guarded by this.

    private boolean isStored;
    private @Nullable Acknowledgement acknowledgement;
    private @Nullable MqttException failure;
    private @Nullable CompletableFuture<Void> stored;
    private @Nullable CompletableFuture<Acknowledgement> acknowledged;
    private @Nullable BiConsumer<? super @Nullable Acknowledgement, ? super @Nullable MqttException>
            callback;
    private @Nullable List<CompletableFuture<Boolean>> cancels;

    /** Whether {@link Publications} holds it weakly, since nobody waits for its outcome. */
    private boolean letGo;

    /** Whether the core has taken it back; touched on the loop. */
    private boolean withdrawn;

    PendingPublication(long id, Message message, long expiresAt, Publications publications) {
        super(id, message, expiresAt);
        this.publications = publications;
    }

    @Override
    public void feed(Session session) {
        publications.arrived(this);
        session.publish(this);
    }

    // ---- what the core tells

    /** Tells whether somebody waits for it, who is to be told by {@link #complete}. */
    synchronized boolean noteStored() {
        isStored = true;
        return stored != null;
    }

    /** Marks it as held weakly, unless somebody waits for its outcome. Called on the loop. */
    synchronized boolean mayBeLetGo() {
        letGo = !isOutcomeAwaited() && !isLimited();
        return letGo;
    }

    /** As {@link #noteStored}. */
    synchronized boolean noteAcknowledged(Acknowledgement outcome) {
        isStored = true;
        acknowledgement = outcome;
        return stored != null || isOutcomeAwaited();
    }

    /** As {@link #noteStored}. */
    synchronized boolean noteFailed(MqttException cause) {
        failure = cause;
        return stored != null || isOutcomeAwaited();
    }

    private boolean isOutcomeAwaited() {
        return acknowledged != null || callback != null || cancels != null;
    }

    /** Tells those who wait what is known. Runs code of the application. */
    void complete() {
        CompletableFuture<Void> storedNow;
        CompletableFuture<Acknowledgement> acknowledgedNow;
        BiConsumer<? super @Nullable Acknowledgement, ? super @Nullable MqttException> callbackNow =
                null;
        List<CompletableFuture<Boolean>> cancelsNow = null;
        synchronized (this) {
            storedNow = stored;
            acknowledgedNow = acknowledged;
            if (isOver()) {
                callbackNow = callback;
                callback = null;
                cancelsNow = cancels;
            }
        }
        if (storedNow != null) {
            completeStored(storedNow);
        }
        if (acknowledgedNow != null) {
            completeAcknowledged(acknowledgedNow);
        }
        if (callbackNow != null) {
            call(callbackNow);
        }
        if (cancelsNow != null) {
            boolean cancelled = failure instanceof MqttException.Cancelled;
            cancelsNow.forEach(c -> c.complete(cancelled));
        }
    }

    private void completeStored(CompletableFuture<Void> future) {
        if (isStored) {
            future.complete(null);
        } else if (failure != null) {
            future.completeExceptionally(failure);
        }
    }

    private void completeAcknowledged(CompletableFuture<Acknowledgement> future) {
        if (acknowledgement != null) {
            future.complete(acknowledgement);
        } else if (failure != null) {
            future.completeExceptionally(failure);
        }
    }

    /** Errors are caught as well: one callback must not take the others with it. */
    private void call(
            BiConsumer<? super @Nullable Acknowledgement, ? super @Nullable MqttException> told) {
        try {
            told.accept(acknowledgement, failure);
        } catch (Throwable t) {
            LOG.error("A callback of the application failed", t);
        }
    }

    // ---- taking it back

    /** The core has taken it back, and tells once the disk knows. Called on the loop. */
    void markWithdrawn() {
        withdrawn = true;
    }

    boolean isWithdrawn() {
        return withdrawn;
    }

    /**
     * Answers whether it was cancelled, once the core has told; called on the loop.
     *
     * @return false if the core has told before
     */
    synchronized boolean answerWhenOver(CompletableFuture<Boolean> answer) {
        if (isOver()) {
            return false;
        }
        if (cancels == null) {
            cancels = new ArrayList<>(1);
        }
        if (letGo) {
            letGo = false;
            publications.hold(this);
        }
        cancels.add(answer);
        return true;
    }

    private boolean isOver() {
        return acknowledgement != null || failure != null;
    }

    /** Whether it is a {@link LimitedPublication}. */
    boolean isLimited() {
        return false;
    }

    // ---- for the application

    @Override
    public long id() {
        return sequence();
    }

    @Override
    public synchronized CompletableFuture<Void> stored() {
        if (stored == null) {
            stored = new CompletableFuture<>();
            completeStored(stored);
        }
        return stored;
    }

    @Override
    public synchronized CompletableFuture<Acknowledgement> acknowledged() {
        if (acknowledged == null) {
            acknowledged = new CompletableFuture<>();
            completeAcknowledged(acknowledged);
            beHeld();
        }
        return acknowledged;
    }

    @Override
    public void whenAcknowledged(
            BiConsumer<? super @Nullable Acknowledgement, ? super @Nullable MqttException> told) {
        Objects.requireNonNull(told);
        synchronized (this) {
            if (!isOver()) {
                callback = callback == null ? told : with(callback, told);
                beHeld(); // may run what it submits here and now, which may even end it
                return;
            }
        }
        call(told);
    }

    private BiConsumer<? super @Nullable Acknowledgement, ? super @Nullable MqttException> with(
            BiConsumer<? super @Nullable Acknowledgement, ? super @Nullable MqttException> before,
            BiConsumer<? super @Nullable Acknowledgement, ? super @Nullable MqttException> last) {
        Callbacks all = before instanceof Callbacks several ? several : new Callbacks(before);
        all.inOrder.add(last);
        return all;
    }

    /** More than one, side by side, however many: nested, they would need a stack as deep. */
    private final class Callbacks
            implements BiConsumer<@Nullable Acknowledgement, @Nullable MqttException> {
        private final List<
                        BiConsumer<
                                ? super @Nullable Acknowledgement, ? super @Nullable MqttException>>
                inOrder = new ArrayList<>(2);

        Callbacks(
                BiConsumer<? super @Nullable Acknowledgement, ? super @Nullable MqttException>
                        first) {
            inOrder.add(first);
        }

        @Override
        public void accept(@Nullable Acknowledgement answer, @Nullable MqttException cause) {
            inOrder.forEach(PendingPublication.this::call);
        }
    }

    /** Somebody waits for the outcome. */
    private void beHeld() {
        if (letGo && !isOver()) {
            letGo = false;
            publications.holdSoon(this);
        }
    }

    @Override
    public CompletableFuture<Boolean> cancel() {
        return publications.cancel(this);
    }

    @Override
    public String toString() {
        return "Publication[" + id() + ", " + message() + "]";
    }
}
