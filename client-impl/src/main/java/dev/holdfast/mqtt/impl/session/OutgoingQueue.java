package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Message;
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

    private final StoreLimits bounds;
    private final Numbers numbers;
    private final Outbox outbox;
    private final Time time;

    private final OutgoingList atMostOnce = new OutgoingList();
    private final Backlog backlog;

    /** All messages held, at any QoS, here or in flight; bounded by {@link #bounds}. */
    private long messages;

    private long bytes;
    private long newestSequence;
    private long nextExpiryCheck;

    OutgoingQueue(
            StoreLimits bounds, Recovered recovered, Numbers numbers, Outbox outbox, Time time) {
        this.bounds = bounds;
        this.numbers = numbers;
        this.outbox = outbox;
        this.time = time;
        backlog = new Backlog(recovered.queuedMessages());
        messages = recovered.queuedMessages() + recovered.inFlight().size();
        bytes = recovered.queuedBytes();
        for (OutgoingMessage m : recovered.inFlight()) {
            bytes += OutgoingMessage.sizeOf(m.message());
        }
        newestSequence = recovered.numbersReserved() - 1;
    }

    // ---- accepting

    void publish(long sequence, Message message, long expiresAt) {
        if (sequence <= newestSequence) {
            throw new IllegalStateException(
                    "Publication " + sequence + " comes after " + newestSequence);
        }
        newestSequence = sequence;
        Outgoing o = new Outgoing(sequence, message, expiresAt);
        if (!makeRoom(o.size)) {
            outbox.tell(new Event.PublishFailed(sequence, full(o.size)));
            return;
        }
        messages++;
        bytes += o.size;
        if (expiresAt != OutgoingMessage.NEVER) {
            nextExpiryCheck = Math.min(nextExpiryCheck, time.now + EXPIRY_CHECK_MILLIS);
        }
        if (message.qos() == QoS.AT_MOST_ONCE) {
            atMostOnce.addLast(o);
            return;
        }
        numbers.reserve(sequence);
        outbox.persist(new Change.Accepted(OutgoingMessage.queued(sequence, message, expiresAt)));
        outbox.tell(new Event.Stored(sequence));
        backlog.add(o);
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
        backlog.remove(o);
    }

    /** A message comes back that was in flight; it is older than all that were not. */
    void putBack(Outgoing o) {
        backlog.putBack(o);
    }

    /** A message that was in flight is done with. */
    void gone(Outgoing o) {
        messages--;
        bytes -= o.size;
    }

    /** A message that was never sent fails. */
    void drop(Outgoing o, MqttException cause) {
        forget(o);
        outbox.tell(new Event.PublishFailed(o.sequence, cause));
    }

    /** A message leaves from here. */
    void forget(Outgoing o) {
        if (o.message.qos() == QoS.AT_MOST_ONCE) {
            atMostOnce.remove(o);
        } else {
            backlog.remove(o);
            outbox.persist(new Change.Completed(o.sequence));
        }
        gone(o);
    }

    // ---- time and sight

    /** Fails queued messages whose time has come, also without a connection. */
    void expire() {
        if (time.now < nextExpiryCheck) {
            return;
        }
        nextExpiryCheck = Time.NEVER;
        expire(atMostOnce.first());
        expire(backlog.first());
    }

    private void expire(@Nullable Outgoing from) {
        for (Outgoing o = from; o != null; ) {
            Outgoing next = o.next;
            if (o.expiresAt <= time.wallClock) {
                drop(o, PublishFailures.expired(o));
            } else if (o.expiresAt != OutgoingMessage.NEVER) {
                nextExpiryCheck = time.now + EXPIRY_CHECK_MILLIS;
            }
            o = next;
        }
    }

    long deadline() {
        return nextExpiryCheck;
    }

    long nextPage() {
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
