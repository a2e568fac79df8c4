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
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A message handed over to the handlers of all subscriptions that match it. It is settled once each
 * of them is done: as refused if one of them refused it.
 */
final class HandOver {
    /** Brings the outcome to the core. */
    interface Settlement {
        void settle(HandOver handOver, ReasonCode outcome);
    }

    private final Incoming incoming;
    private final Settlement settlement;
    private final AtomicInteger open;
    private volatile ReasonCode outcome = ReasonCode.SUCCESS;
    private volatile Remarks remarks = Remarks.none();
    private final CompletableFuture<Void> handled = new CompletableFuture<>();

    HandOver(Incoming incoming, int handlers, Settlement settlement) {
        this.incoming = incoming;
        this.settlement = settlement;
        this.open = new AtomicInteger(handlers);
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

    void settled(@Nullable MqttException cause) {
        if (cause == null) {
            handled.complete(null);
        } else {
            handled.completeExceptionally(cause);
        }
    }

    final class Part implements Delivery {
        private final CompletableFuture<Void> ended = new CompletableFuture<>();
        private volatile boolean seen;

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
            return ended.isDone();
        }

        /**
         * Completes when this handler is done with the message; unlike {@link #handled}, which
         * waits for all handlers, and for the acknowledgements of earlier messages.
         */
        CompletionStage<Void> ended() {
            return ended;
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
            if (!ended.complete(null)) {
                return false;
            }
            if (reason.isError() || !remarks.isEmpty()) {
                note(reason, remarks);
            }
            if (open.decrementAndGet() == 0) {
                settlement.settle(HandOver.this, outcome);
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
            return handled;
        }

        @Override
        public CompletableFuture<Void> reject(ReasonCode reason, Remarks remarks) {
            HandlerFailure.reject(reason); // for its check
            end(reason, Objects.requireNonNull(remarks));
            return handled;
        }

        @Override
        public CompletableFuture<Void> handled() {
            return handled;
        }

        @Override
        public String toString() {
            return "Delivery[" + id() + ", " + message() + (redelivered() ? ", redelivered]" : "]");
        }
    }
}
