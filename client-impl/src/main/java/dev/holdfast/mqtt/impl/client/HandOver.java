package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.impl.session.Incoming;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A message handed over to the handlers of all subscriptions that match it. It is settled once each
 * of them is done: as refused if one of them refused it.
 */
final class HandOver {
    /** Takes the outcome to where it counts; from any thread. */
    interface Settlement {
        void settle(HandOver handOver, ReasonCode outcome);

        /** Somebody waits for what becomes of it; called once at most, perhaps as it is settled. */
        default void awaited(HandOver handOver) {}
    }

    private static final AtomicIntegerFieldUpdater<HandOver> OPEN =
            AtomicIntegerFieldUpdater.newUpdater(HandOver.class, "open");

    private final Incoming incoming;
    private final Settlement settlement;
    private volatile ReasonCode outcome = ReasonCode.SUCCESS;
    private volatile Remarks remarks = Remarks.none();

    /** How many handlers are not done with it. */
    private volatile int open;

    // Guarded by this.

    /** Made for the first who asks for it: few do. */
    private @Nullable CompletableFuture<Void> handled;

    private boolean settled;
    private @Nullable MqttException cause;

    HandOver(Incoming incoming, int handlers, Settlement settlement) {
        this.incoming = incoming;
        this.settlement = settlement;
        this.open = handlers;
    }

    Incoming incoming() {
        return incoming;
    }

    /** What is added to {@link Settlement#settle the outcome}. */
    Remarks remarks() {
        return remarks;
    }

    /** The last refusal counts; without one, the last remarks. */
    private synchronized void note(ReasonCode reason, Remarks added) {
        if (reason.isError() || !outcome.isError()) {
            outcome = reason;
            remarks = added;
        }
    }

    /** One handler's view of the message. */
    Part part() {
        return new Part();
    }

    /**
     * What the server delivers again, since it resumed the session, can no longer be acknowledged
     * in its old copy; see {@link Incoming#resumption()}.
     */
    static boolean isVoid(Incoming incoming, long resumption) {
        return incoming.message().qos() == QoS.AT_LEAST_ONCE && incoming.connection() < resumption;
    }

    static MqttException noMoreToAcknowledge() {
        return new MqttException.ConnectionLost(
                "The connection that brought the message is gone, and with it what could be"
                        + " acknowledged; the server delivers it again, if it still has it",
                null,
                false);
    }

    /** Tells what became of the message; runs code of the application. */
    void settled(@Nullable MqttException cause) {
        CompletableFuture<Void> awaited;
        synchronized (this) {
            settled = true;
            this.cause = cause;
            awaited = handled;
        }
        if (awaited != null) {
            complete(awaited, cause);
        }
    }

    /**
     * As {@link #settled}, if nobody waits for it until now.
     *
     * @return whether that is so; otherwise nothing is done
     */
    synchronized boolean settledUnawaited(@Nullable MqttException cause) {
        if (handled != null) {
            return false;
        }
        settled = true;
        this.cause = cause;
        return true;
    }

    private CompletableFuture<Void> handled() {
        CompletableFuture<Void> future;
        synchronized (this) {
            if (handled != null) {
                return handled;
            }
            future = new CompletableFuture<>();
            handled = future;
            if (settled) {
                complete(future, cause);
                return future;
            }
        }
        settlement.awaited(this);
        return future;
    }

    /** Whether all handlers are done with it, though it may not be settled. */
    boolean isEnded() {
        return open == 0;
    }

    private synchronized boolean isHandled(CompletionStage<?> stage) {
        return stage == handled;
    }

    private static void complete(CompletableFuture<Void> future, @Nullable MqttException cause) {
        if (cause == null) {
            future.complete(null);
        } else {
            future.completeExceptionally(cause);
        }
    }

    private static final AtomicIntegerFieldUpdater<Part> DONE =
            AtomicIntegerFieldUpdater.newUpdater(Part.class, "done");

    final class Part implements Delivery {
        private volatile int done;
        private volatile boolean seen;

        /** Made for the first who asks for it: few do. */
        private volatile @Nullable CompletableFuture<Void> ended;

        Incoming incoming() {
            return incoming;
        }

        /**
         * Ends the part if the server delivers the message again; tells whether it does. The other
         * handlers of the same copy are told so, too, once they are done with it.
         */
        boolean endIfVoid(long resumption) {
            if (!isVoid(incoming, resumption)) {
                return false;
            }
            end(ReasonCode.SUCCESS);
            return true;
        }

        boolean isDone() {
            return done != 0;
        }

        /**
         * Completes when this handler is done with the message; unlike {@link #handled}, which
         * waits for all handlers, and for the acknowledgements of earlier messages.
         */
        CompletionStage<Void> ended() {
            CompletableFuture<Void> awaited;
            synchronized (this) {
                if (ended == null) {
                    ended = new CompletableFuture<>();
                }
                awaited = ended;
            }
            if (isDone()) { // perhaps by one who came too early to see the future
                awaited.complete(null);
            }
            return awaited;
        }

        /** Whether a stage is {@link #handled}. */
        boolean isHandled(CompletionStage<?> stage) {
            return HandOver.this.isHandled(stage);
        }

        /** The handler has failed with the message, and will get it again. */
        void mayHaveBeenSeen() {
            seen = true;
        }

        /** Ends this handler's part; tells whether it was not ended before. */
        boolean end(ReasonCode reason) {
            return end(reason, Remarks.none());
        }

        private boolean end(ReasonCode reason, Remarks remarks) {
            if (!DONE.compareAndSet(this, 0, 1)) {
                return false;
            }
            if (reason.isError() || !remarks.isEmpty()) {
                note(reason, remarks);
            }
            if (OPEN.decrementAndGet(HandOver.this) == 0) {
                settlement.settle(HandOver.this, outcome);
            }
            CompletableFuture<Void> awaited = ended;
            if (awaited != null) {
                awaited.complete(null);
            }
            return true;
        }

        @Override
        public Message message() {
            return incoming.message();
        }

        @Override
        public long id() {
            return incoming.deliveryId();
        }

        @Override
        public boolean redelivered() {
            return seen || incoming.redelivered();
        }

        @Override
        public CompletableFuture<Void> acknowledge(Remarks remarks) {
            end(ReasonCode.SUCCESS, Objects.requireNonNull(remarks));
            return HandOver.this.handled();
        }

        @Override
        public CompletableFuture<Void> reject(ReasonCode reason, Remarks remarks) {
            HandlerFailure.reject(reason); // for its check
            end(reason, Objects.requireNonNull(remarks));
            return HandOver.this.handled();
        }

        @Override
        public CompletableFuture<Void> handled() {
            return HandOver.this.handled();
        }

        @Override
        public String toString() {
            return "Delivery[" + id() + ", " + message() + (redelivered() ? ", redelivered]" : "]");
        }
    }
}
