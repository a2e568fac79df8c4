package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Accepts messages within the bounds of {@link StoreLimits}, and holds those that wait to be sent
 * for the first time: at QoS 1 and 2 they are stored, at QoS 0 they wait in memory only.
 */
final class OutgoingQueue {
    private static final long EXPIRY_CHECK_MILLIS = 1_000;

    /** In one turn; without a store there may be far more messages in memory. */
    static final int LOOKS_FOR_EXPIRY = 8_192;

    /** Bounds of what waits for room, which is in memory only. */
    static final int MOST_WAITING = 10_000;

    private static final long MOST_BYTES_WAITING = 16L << 20;

    /**
     * Bytes on their way to the disk, those of messages too that were dropped or cancelled since;
     * the bound on the queue's bytes, if that is more.
     */
    static final long MOST_BYTES_UNSTORED = 64L << 20;

    private final StoreLimits bounds;
    private final Numbers numbers;
    private final Outbox outbox;
    private final Time time;

    private final OutgoingList atMostOnce = new OutgoingList();
    private final Backlog backlog;

    /** Publishes that found no room, and come after all others; empty unless they may wait. */
    private final OutgoingList waiting = new OutgoingList();

    /** Whether messages are being dropped for one that waits; others that wait do so on. */
    private boolean droppingForWaiting;

    /** All messages held, at any QoS, here or in flight; bounded by {@link #bounds}. */
    private long messages;

    private long bytes;
    private long newestSequence;
    private long nextExpiryCheck;

    /** Where looking for expired messages goes on; null for the beginning. */
    private @Nullable Outgoing expireNext;

    /** Whether some that were looked at so far have an expiry that is still to come. */
    private boolean expireAgain;

    OutgoingQueue(
            StoreLimits bounds, Recovered recovered, Numbers numbers, Outbox outbox, Time time) {
        this.bounds = bounds;
        this.numbers = numbers;
        this.outbox = outbox;
        this.time = time;
        backlog =
                outbox.isDurable()
                        ? new Backlog(recovered.queuedMessages())
                        : Backlog.withoutStore();
        messages = recovered.queuedMessages() + recovered.inFlight().size();
        bytes = recovered.queuedBytes();
        for (OutgoingMessage m : recovered.inFlight()) {
            bytes += OutgoingMessage.sizeOf(m.message());
        }
        newestSequence = recovered.numbersReserved() - 1;
    }

    // ---- accepting

    void publish(Outgoing o) {
        if (o.sequence <= newestSequence) {
            throw new IllegalStateException(
                    "Publication " + o.sequence + " comes after " + newestSequence);
        }
        newestSequence = o.sequence;
        if (outbox.unstoredBytes() >= Math.max(MOST_BYTES_UNSTORED, bounds.outgoingBytes())) {
            outbox.tell(new Event.PublishFailed(o.sequence, diskIsBehind()));
            return;
        }
        boolean room = waiting.first() == null && makeRoom(o.size);
        if (!room && !mayWait(o)) {
            outbox.tell(new Event.PublishFailed(o.sequence, full(o.size)));
            return;
        }
        if (o.expiresAt != OutgoingMessage.NEVER) {
            nextExpiryCheck = Math.min(nextExpiryCheck, time.now + EXPIRY_CHECK_MILLIS);
        }
        if (room) {
            accept(o);
        } else {
            o.waiting = true;
            waiting.addLast(o);
        }
    }

    private boolean mayWait(Outgoing o) {
        boolean hasReason =
                switch (bounds.whenFull()) {
                    case FAIL -> false;
                    case WAIT -> true;
                    // What could be dropped is not in memory yet.
                    case DROP_OLDEST -> waiting.first() != null || backlog.awaitsPage();
                };
        return hasReason
                && o.size <= bounds.outgoingBytes()
                && waiting.size() < MOST_WAITING
                && waiting.bytes() + o.size <= Math.max(MOST_BYTES_WAITING, o.size);
    }

    private void accept(Outgoing o) {
        messages++;
        bytes += o.size;
        if (o.message.qos() == QoS.AT_MOST_ONCE) {
            atMostOnce.addLast(o);
            return;
        }
        numbers.reserve(o.sequence);
        if (outbox.isDurable()) {
            outbox.persist(
                    new Change.Accepted(
                            OutgoingMessage.queued(o.sequence, o.message, o.expiresAt)));
            o.acceptedWith = outbox.barrier();
        }
        outbox.tellStored(o.sequence);
        backlog.add(o);
    }

    /** In their order: a large one holds up small ones behind it. */
    private void acceptWaiting() {
        if (droppingForWaiting) {
            return;
        }
        Outgoing o = waiting.first();
        for (; o != null && fits(o.size); o = waiting.first()) {
            waiting.remove(o);
            o.waiting = false;
            accept(o);
        }
        if (o != null) {
            nextExpiryCheck = Math.min(nextExpiryCheck, time.now + EXPIRY_CHECK_MILLIS);
        }
    }

    /** Those that waited for a page, because it brings what may be dropped, go on or fail. */
    private void dropForWaiting() {
        droppingForWaiting = true;
        for (Outgoing o = waiting.first(); o != null; o = waiting.first()) {
            boolean room = makeRoom(o.size);
            if (!room && backlog.awaitsPage()) {
                break;
            }
            waiting.remove(o);
            o.waiting = false;
            if (room) {
                accept(o);
            } else {
                outbox.tell(new Event.PublishFailed(o.sequence, full(o.size)));
            }
        }
        droppingForWaiting = false;
    }

    private boolean makeRoom(long size) {
        boolean drop = bounds.whenFull() == StoreLimits.WhenFull.DROP_OLDEST && couldFit(size);
        while (drop && !fits(size)) {
            Outgoing oldest = oldestUnsent();
            if (oldest == null) {
                throw new IllegalStateException(
                        "There should be room for " + size + " bytes: " + full(size).getMessage());
            }
            drop(
                    oldest,
                    new MqttException.StoreFull(
                            "Dropped for newer messages, because the queue is full and StoreLimits"
                                    + " says DROP_OLDEST"));
        }
        return fits(size);
    }

    /** Whether there is room once all is dropped that may be: nothing shall be dropped in vain. */
    private boolean couldFit(long size) {
        long others = messages - backlog.messagesInMemory() - atMostOnce.size();
        long otherBytes = bytes - backlog.bytesInMemory() - atMostOnce.bytes();
        return others < bounds.outgoingMessages() && otherBytes + size <= bounds.outgoingBytes();
    }

    private @Nullable Outgoing oldestUnsent() {
        Outgoing queued = backlog.first();
        Outgoing unstored = atMostOnce.first();
        if (queued == null || unstored == null) {
            return queued == null ? unstored : queued;
        }
        return queued.sequence < unstored.sequence ? queued : unstored;
    }

    private boolean fits(long size) {
        return messages < bounds.outgoingMessages() && bytes + size <= bounds.outgoingBytes();
    }

    private MqttException full(long size) {
        return new MqttException.StoreFull(
                "The queue has no room for a message of "
                        + size
                        + " bytes: it holds "
                        + messages
                        + " of "
                        + bounds.outgoingMessages()
                        + " messages and "
                        + bytes
                        + " of "
                        + bounds.outgoingBytes()
                        + " bytes. Wait for acknowledgements, or raise storeLimits(…)");
    }

    private MqttException diskIsBehind() {
        return new MqttException.StoreFull(
                "The disk has fallen behind by "
                        + outbox.unstoredBytes()
                        + " bytes of messages. Wait for stored(), or see what holds up the disk");
    }

    // ---- giving out

    @Nullable Outgoing firstAtMostOnce() {
        return atMostOnce.first();
    }

    /** The oldest in memory at QoS 1 and 2; the store may hold some though there is none. */
    @Nullable Outgoing first() {
        return backlog.first();
    }

    /** A message goes in flight; it is counted on. */
    void take(Outgoing o) {
        removeFromBacklog(o);
    }

    /** A message comes back that was in flight; it is older than all that were not. */
    void putBack(Outgoing o) {
        backlog.putBack(o);
    }

    /** A message that was in flight is done with. */
    void gone(Outgoing o) {
        leave(o.size);
    }

    private void leave(long size) {
        messages--;
        bytes -= size;
        acceptWaiting();
    }

    /** A message that was never sent fails. */
    void drop(Outgoing o, MqttException cause) {
        fail(o, cause);
        // It may have been a large one that held up others.
        acceptWaiting();
    }

    private void fail(Outgoing o, MqttException cause) {
        forget(o);
        outbox.tell(new Event.PublishFailed(o.sequence, cause));
    }

    /** A message leaves from here. */
    void forget(Outgoing o) {
        if (o.waiting) {
            waiting.remove(o);
            return;
        }
        if (o.message.qos() == QoS.AT_MOST_ONCE) {
            atMostOnce.remove(o);
        } else {
            removeFromBacklog(o);
            outbox.persist(new Change.Completed(o.sequence));
        }
        gone(o);
    }

    // ---- taking back

    /** A message that was never sent, if it is in memory. */
    @Nullable Outgoing find(long sequence) {
        for (OutgoingList list : List.of(backlog.inMemory(), atMostOnce, waiting)) {
            Outgoing found = list.find(sequence);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** The same for one that was published as this very object, without a search if possible. */
    @Nullable Outgoing find(Outgoing o) {
        boolean here =
                o.previous != null
                        || o.next != null
                        || o == backlog.first()
                        || o == atMostOnce.first()
                        || o == waiting.first();
        if (o.state != OutgoingMessage.State.QUEUED) {
            return null;
        }
        return here ? o : find(o.sequence); // another object of it may have come from the store
    }

    /** A message that is queued in the store only is removed there, and fails. */
    void drop(OutgoingMessage inStore, MqttException cause) {
        backlog.removeFromStore(inStore.sequence());
        outbox.persist(new Change.Completed(inStore.sequence()));
        leave(inStore.size());
        outbox.tell(new Event.PublishFailed(inStore.sequence(), cause));
    }

    // ---- time and sight

    /** Fails queued messages whose time has come, also without a connection. */
    void expire() {
        if (time.now < nextExpiryCheck) {
            return;
        }
        nextExpiryCheck = Time.NEVER;
        // Those that wait come first: what the others leave makes room for those that are left.
        expire(waiting.first(), Integer.MAX_VALUE);
        expire(atMostOnce.first(), Integer.MAX_VALUE);
        expireBacklog();
        acceptWaiting();
    }

    /** All of it, in as many turns as that takes. */
    private void expireBacklog() {
        boolean startsAnew = expireNext == null;
        Outgoing from = startsAnew ? backlog.first() : expireNext;
        boolean foundBefore = !startsAnew && expireAgain;
        long othersCheck = nextExpiryCheck;
        nextExpiryCheck = Time.NEVER;
        expireNext = expire(from, LOOKS_FOR_EXPIRY);
        expireAgain = foundBefore || nextExpiryCheck != Time.NEVER;
        if (expireNext != null) {
            nextExpiryCheck = time.now;
        } else {
            long again = expireAgain ? time.now + EXPIRY_CHECK_MILLIS : Time.NEVER;
            nextExpiryCheck = Math.min(othersCheck, again);
        }
    }

    /** Looks at no more than so many, and returns where to go on; null if there is no more. */
    private @Nullable Outgoing expire(@Nullable Outgoing from, int most) {
        Outgoing o = from;
        for (int looks = 0; o != null && looks < most; looks++) {
            Outgoing next = o.next;
            if (o.expiresAt <= time.wallClock) {
                fail(o, PublishFailures.expired(o));
            } else if (o.expiresAt != OutgoingMessage.NEVER) {
                nextExpiryCheck = time.now + EXPIRY_CHECK_MILLIS;
            }
            o = next;
        }
        return o;
    }

    private void removeFromBacklog(Outgoing o) {
        if (o == expireNext) {
            expireNext = o.next;
        }
        backlog.remove(o);
    }

    long deadline() {
        return nextExpiryCheck;
    }

    /** What waits for room, oldest first. */
    @Nullable Outgoing firstWaiting() {
        return waiting.first();
    }

    long nextPage() {
        boolean drop = bounds.whenFull() == StoreLimits.WhenFull.DROP_OLDEST;
        if (drop && waiting.first() != null) {
            dropForWaiting();
        }
        return backlog.nextPage();
    }

    void loaded(List<OutgoingMessage> page) {
        backlog.loaded(page);
        nextExpiryCheck = time.now;
    }

    /** Whether all that was accepted is done with. */
    boolean allDone() {
        return messages == 0;
    }

    long messages() {
        return messages;
    }

    long bytes() {
        return bytes;
    }

    /**
     * Whether this number belongs to a pending message, as far as memory and the order of numbers
     * tell.
     */
    boolean isQueuedInStore(long sequence) {
        return backlog.holdsInStore(sequence, newestSequence);
    }
}
