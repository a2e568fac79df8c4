package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Run;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * From numbers to futures. The map is touched on the loop only; futures are completed on the lane
 * for completions, in the order of the events.
 */
final class Publications {
    private static final long LEAST_ON_THEIR_WAY = 16L << 20;

    /** Longer lists are not used again. */
    private static final int LONGEST_KEPT = 4_096;

    private final PublicationMap pending = new PublicationMap();

    /** Those whose waiting futures are to be completed, by the next {@link #flush}; or null. */
    private @Nullable Told told;

    /** An empty one that was {@link #told} before. */
    private final AtomicReference<@Nullable Told> spare = new AtomicReference<>();

    private final Lane completions;
    private final long mostOnTheirWay;

    /**
     * What was published and has not reached the core, which keeps the bounds from then on; as the
     * store counts.
     */
    private final AtomicLong bytesOnTheirWay = new AtomicLong();

    /** Set before the first publication. */
    private @Nullable Withdrawals withdrawals;

    /** Why nothing will happen any more. */
    private @Nullable MqttException over;

    Publications(Lane completions, StoreLimits bounds) {
        this.completions = completions;
        // Where publishes wait for room, the core says which of them may.
        boolean mayWait = bounds.whenFull() == StoreLimits.WhenFull.WAIT;
        this.mostOnTheirWay =
                mayWait
                        ? Math.max(LEAST_ON_THEIR_WAY, bounds.outgoingBytes())
                        : bounds.outgoingBytes();
    }

    void use(Withdrawals withdrawals) {
        this.withdrawals = withdrawals;
    }

    private Withdrawals withdrawals() {
        return Objects.requireNonNull(withdrawals, "use(…) comes before publishing");
    }

    CompletableFuture<Boolean> cancel(PendingPublication publication) {
        return withdrawals().cancel(publication);
    }

    /** Somebody waits for a publication that was let go of; from any thread. */
    void holdSoon(PendingPublication publication) {
        withdrawals().submit(session -> hold(publication));
    }

    /** Whether a publication may set out for the core; from any thread. */
    boolean admit(PendingPublication publication) {
        long size = publication.size();
        if (bytesOnTheirWay.addAndGet(size) <= mostOnTheirWay) {
            return true;
        }
        bytesOnTheirWay.addAndGet(-size);
        return false;
    }

    void arrived(PendingPublication publication) {
        bytesOnTheirWay.addAndGet(-publication.size());
        pending.put(publication);
        if (publication instanceof LimitedPublication limited) {
            withdrawals().limit(limited);
        }
    }

    /** The publication of a message of an earlier run, made when somebody asks for it. */
    PendingPublication adopt(long id, Message message) {
        PendingPublication known = pending.get(id);
        if (known != null) {
            return known;
        }
        PendingPublication adopted =
                new PendingPublication(id, message, OutgoingMessage.NEVER, this);
        // It comes from the store, so it is in it.
        adopted.noteStored();
        if (over == null) {
            pending.put(adopted);
        } else {
            adopted.noteFailed(over);
        }
        return adopted;
    }

    void stored(Event.Stored event) {
        event.publications().forEach(this::stored);
    }

    private void stored(long sequence) {
        PendingPublication p = pending.get(sequence);
        if (p == null) {
            return;
        }
        if (p.noteStored()) {
            tellOf(p);
        }
        if (pending.isCrowded() && p.mayBeLetGo()) {
            pending.letGo(p);
        }
    }

    /** Somebody waits for a publication that was let go of; called on the loop. */
    void hold(PendingPublication publication) {
        pending.hold(publication);
    }

    void acknowledged(Event.Acknowledged event) {
        Run run = event.publications();
        for (long sequence = run.first(); sequence <= run.last(); sequence++) {
            acknowledged(sequence, event.acknowledgement());
        }
    }

    private void acknowledged(long sequence, Acknowledgement answer) {
        PendingPublication p = remove(sequence);
        if (p != null && p.noteAcknowledged(answer)) {
            tellOf(p);
        }
    }

    void failed(Event.PublishFailed event) {
        PendingPublication p = remove(event.sequence());
        if (p != null && p.noteFailed(event.cause())) {
            tellOf(p);
        }
    }

    private void tellOf(PendingPublication p) {
        if (told == null) {
            Told empty = spare.getAndSet(null);
            told = empty == null ? new Told() : empty;
        }
        told.publications.add(p);
    }

    /** Completes futures: all that were told of since the last time, in one task. */
    void flush() {
        if (told != null) {
            completions.add(told);
            told = null;
        }
    }

    /** Publications whose futures are completed by one task, which may be used again. */
    private final class Told implements Runnable {
        private final List<PendingPublication> publications = new ArrayList<>();

        @Override
        public void run() {
            publications.forEach(PendingPublication::complete);
            if (publications.size() <= LONGEST_KEPT) {
                publications.clear();
                spare.set(this);
            }
        }
    }

    private @Nullable PendingPublication remove(long sequence) {
        PendingPublication p = pending.remove(sequence);
        if (p instanceof LimitedPublication limited) {
            withdrawals().done(limited);
        }
        return p;
    }

    void failAll(MqttException cause) {
        over = cause;
        flush();
        List<PendingPublication> all = pending.removeAll();
        if (withdrawals != null) {
            withdrawals.stop();
        }
        all.sort((a, b) -> Long.compare(a.id(), b.id()));
        all.removeIf(p -> !p.noteFailed(cause));
        completions.add(() -> all.forEach(PendingPublication::complete));
    }
}
