package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.session.WriteAhead.Wait;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoredSession.Awaited;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All effects of the core pass through here, and are held back until {@link WriteAhead} lets them
 * go: each waits for a watermark, the batch with the last change made before it.
 */
final class Outbox {
    /** With as many effects held back, no more are asked for. */
    private static final int MANY_HELD = 8_192;

    /** With as many changes on their way to the disk, no more are asked for. */
    private static final int MANY_CHANGES = 131_072;

    /** With messages of as many bytes on their way to the disk, no more are asked for. */
    private static final long MANY_BYTES = 32L << 20;

    private final WriteAhead rules;

    /** Whether there is a store; without one nothing has to wait, and nothing is written. */
    private final boolean durable;

    /** Changes since the last batch; an immutable list if there are none. */
    private List<Change> changes = List.of();

    /** How many were in the last batch. */
    private int lastChanges;

    /** The last batch given out; each later one has the next higher number. */
    private long issued;

    /** The last batch known to be on disk; never above {@link #issued}. */
    private long stored;

    /**
     * Batches that are not stored, the oldest first. Of those given out all are there; the one that
     * is being made, once an effect waits for it.
     */
    private @Nullable UnstoredBatch oldest;

    private @Nullable UnstoredBatch newest;

    /** How many effects wait for them. */
    private int heldEffects;

    /**
     * How many of them tell that a message is stored. They do not count as much: what causes them
     * is bounded otherwise, and at QoS 1 the server's answer spares the disk the message.
     */
    private int heldStored;

    /** Sums of all batches that are given out and not stored. */
    private int unstoredChanges;

    private long unstoredBytes;

    /** Of the messages in {@link #changes}. */
    private long bytes;

    /** PUBLISH packets that wait, and PUBREL packets. */
    private final Line publishes = new Line();

    private final Line pubrels = new Line();

    /** What is held back for the batch that is being made. */
    private Awaited awaited = Awaited.NOTHING;

    /** The last batch that was not merged when it was issued; and the one before it. */
    private long unmerged;

    private long unmergedBefore;

    /** All batches up to this one were merged or stored since. */
    private long mergedUpTo;

    /** Whether there is a connection, and its last packet has not been sent yet. */
    private boolean sending;

    /** The event told last, unless it is out of reach; and the batch it waits for, if it waits. */
    private @Nullable Event lastTold;

    private long lastBarrier;

    private final Collected<Packet> packets = new Collected<>();
    private final Collected<Event> events = new Collected<>();

    Outbox(WriteAhead rules, boolean durable) {
        this.rules = rules;
        this.durable = durable;
    }

    /** Whether there is a store: otherwise a change need not even be made. */
    boolean isDurable() {
        return durable;
    }

    void persist(Change change) {
        if (!durable) {
            return;
        }
        if (changes.isEmpty()) {
            changes = new ArrayList<>(lastChanges);
        }
        changes.add(change);
        if (change instanceof Change.Accepted c) {
            bytes += c.message().size();
        } else if (change instanceof Change.Received c) {
            bytes += OutgoingMessage.sizeOf(c.message().message());
        }
    }

    /** A network connection is there to take packets. */
    void startSending() {
        sending = true;
    }

    /**
     * Sends a packet, now or when its turn comes.
     *
     * @return for {@link #hasLeft}
     */
    long send(Packet packet) {
        return send(packet, rules.before(packet));
    }

    /**
     * As {@link #send}, for the first PUBLISH of a message with one of {@link EarlyIdentifiers}.
     *
     * @param acceptedWith the batch that accepts it
     */
    long sendEarly(Publish publish, long acceptedWith) {
        return send(publish, rules.beforeEarly(isBeingMade(acceptedWith)));
    }

    private long send(Packet packet, Wait wait) {
        if (!sending) {
            throw new IllegalStateException(packet + " is sent without a connection");
        }
        if (wait == Wait.NOTHING) {
            packets.add(packet);
        } else if (packet instanceof Publish) {
            return sendInTurn(packet, wait, publishes, 0);
        } else if (packet instanceof Pubrel) {
            // Its PUBREC may have come though its PUBLISH, sent again, is still held back. Behind
            // PUBREL the server would take that for a new message.
            return sendInTurn(packet, wait, pubrels, publishes.lastRepeat());
        } else if (barrier() > stored) {
            hold(packet);
        } else {
            packets.add(packet);
        }
        return 0;
    }

    private long sendInTurn(Packet packet, Wait wait, Line line, long behind) {
        boolean waits =
                switch (wait) {
                    case NOTHING, TURN -> false;
                    case MERGED -> !isOut(barrier());
                    case STORED -> barrier() > stored;
                };
        if (!waits && line.isEmpty() && publishes.hasLeft(behind)) {
            packets.add(packet);
            return 0;
        }
        if (waits) {
            await(wait == Wait.MERGED ? Awaited.MERGED : Awaited.STORED);
        }
        return line.add(packet, barrier(), waits ? wait : Wait.TURN, behind);
    }

    /** Whether the PUBLISH has left that {@link #send} gave this for, if its connection lived. */
    boolean hasLeft(long number) {
        return publishes.hasLeft(number);
    }

    /** Tells that a publication is stored, together with the one told of before if that is next. */
    void tellStored(long sequence) {
        boolean together =
                lastTold instanceof Event.Stored last
                        && lastBarrier == barrier()
                        && last.publications().grow(sequence);
        if (!together) {
            tell(new Event.Stored(new Run(sequence)));
        }
    }

    /** As {@link #tellStored}, where the server has answered the same. */
    void tellAcknowledged(long sequence, Acknowledgement answer) {
        boolean together =
                lastTold instanceof Event.Acknowledged last
                        && last.acknowledgement().equals(answer)
                        && last.publications().grow(sequence);
        if (!together) {
            tell(new Event.Acknowledged(new Run(sequence), answer));
        }
    }

    void tell(Event event) {
        lastTold = event;
        lastBarrier = barrier();
        boolean waits =
                switch (rules.before(event)) {
                    case NOTHING -> false;
                    case TURN -> heldEffects > 0;
                    case MERGED, STORED -> barrier() > stored;
                };
        if (!waits) {
            events.add(event);
        } else {
            hold(event);
        }
    }

    private void hold(Object effect) {
        unstored(barrier()).hold(effect);
        heldEffects++;
        if (effect instanceof Event.Stored) {
            heldStored++;
        } else {
            await(Awaited.STORED);
        }
    }

    /** The batch with this number, not below that of the newest. */
    private UnstoredBatch unstored(long number) {
        if (newest != null && newest.number >= number) {
            if (newest.number > number) {
                throw new IllegalStateException(
                        "Batch " + number + " is asked for behind batch " + newest.number);
            }
            return newest;
        }
        UnstoredBatch batch = new UnstoredBatch(number);
        if (newest == null) {
            oldest = batch;
        } else {
            newest.next = batch;
        }
        newest = batch;
        return batch;
    }

    private void await(Awaited more) {
        if (isBeingMade(barrier()) && more.compareTo(awaited) > 0) {
            awaited = more;
        }
    }

    /**
     * Whether a message may leave early.
     *
     * @param freedWith the batch that freed its Packet Identifier
     * @param quiet whether all answers with that have come
     */
    boolean mayLeaveEarly(long freedWith, boolean quiet) {
        return rules.mayLeaveEarly(isOut(freedWith), quiet);
    }

    /** Whether more changes go into the batch that {@link #barrier} named. */
    boolean isBeingMade(long barrier) {
        return barrier > issued;
    }

    /** Whether the batch that {@link #barrier} named is on disk. */
    boolean isStored(long barrier) {
        return barrier <= stored;
    }

    /** Whether the batch that {@link #barrier} named is on disk, or known to be merged. */
    private boolean isOut(long barrier) {
        return barrier <= Math.max(stored, mergedUpTo) || (barrier > unmerged && barrier <= issued);
    }

    /** The batch that will hold the last change made so far. */
    long barrier() {
        return changes.isEmpty() ? issued : issued + 1;
    }

    void stored(long batch) {
        if (batch <= stored || batch > issued) {
            throw new IllegalStateException(
                    "Batch " + batch + " reported as stored after " + stored + " of " + issued);
        }
        lastTold = null;
        stored = batch;
        releaseLines();
        while (oldest != null && oldest.number <= batch) {
            release(oldest);
            oldest = oldest.next;
        }
        if (oldest == null) {
            newest = null;
        }
    }

    /**
     * The messages of the batch issued last are not on disk, and will not be there without it:
     * PUBREL need not wait for it. Those held back before keep their turn.
     */
    void merged(long batch) {
        if (batch != issued) {
            throw new IllegalStateException(
                    "Batch " + batch + " reported as merged after " + issued);
        }
        unmerged = unmergedBefore;
        publishes.merged(batch);
        pubrels.merged(batch);
        releaseLines();
    }

    /** The same of this batch and all before it, though they may be on disk. */
    void mergedUpTo(long batch) {
        mergedUpTo = Math.max(mergedUpTo, batch);
        releaseLines();
    }

    /** PUBRELs first: they need no quota, and what they end makes room. */
    private void releaseLines() {
        while (true) {
            Packet next = pubrels.poll(stored, mergedUpTo, publishes);
            if (next == null) {
                next = publishes.poll(stored, mergedUpTo, publishes);
            }
            if (next == null) {
                return;
            }
            packets.add(next);
        }
    }

    private void release(UnstoredBatch batch) {
        unstoredChanges -= batch.changes;
        unstoredBytes -= batch.bytes;
        List<Object> effects = batch.effects();
        heldEffects -= effects.size();
        for (Object effect : effects) {
            if (effect instanceof Event event) {
                heldStored -= event instanceof Event.Stored ? 1 : 0;
                events.add(event);
            } else if (effect instanceof Packet packet) {
                packets.add(packet);
            }
        }
    }

    /**
     * Ends sending: packets still held back belong to a connection that is over; resuming makes
     * them again from the state. What is released already may still be taken, so that a last
     * DISCONNECT gets out.
     *
     * @return Packet Identifiers of the first PUBLISHes among them, which are no repeats when they
     *     are sent at last
     */
    List<Integer> stopSending() {
        sending = false;
        for (UnstoredBatch u = oldest; u != null; u = u.next) {
            heldEffects -= u.removePackets();
        }
        pubrels.clear();
        List<Integer> neverLeft = new ArrayList<>();
        for (Packet packet : publishes.clear()) {
            if (packet instanceof Publish publish && !publish.dup()) {
                neverLeft.add(publish.packetIdentifier());
            }
        }
        return neverLeft;
    }

    /** Whether CONNECT is held back; until it has left, nothing else may. */
    boolean holdsConnect() {
        for (UnstoredBatch u = oldest; u != null; u = u.next) {
            if (u.effects().stream().anyMatch(Connect.class::isInstance)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Drops everything: what the store cannot keep must not have an effect. What is told from now
     * on rests on nothing, and waits for no batch: none will be reported any more.
     */
    void dropAll() {
        sending = false;
        stored = issued;
        lastTold = null;
        packets.clear();
        events.clear();
        changes = List.of();
        oldest = null;
        newest = null;
        heldEffects = 0;
        heldStored = 0;
        publishes.clear();
        pubrels.clear();
        unstoredChanges = 0;
        unstoredBytes = 0;
        bytes = 0;
    }

    /** Packets that the network did not take in time are lost with it. */
    void dropPackets() {
        packets.clear();
    }

    @Nullable Batch takeBatch() {
        if (changes.isEmpty()) {
            return null;
        }
        issued++;
        unmergedBefore = unmerged;
        unmerged = issued;
        Batch batch = new Batch(issued, changes, awaited);
        awaited = Awaited.NOTHING;
        lastChanges = changes.size();
        UnstoredBatch unstored = unstored(issued);
        unstored.changes = lastChanges;
        unstored.bytes = bytes;
        unstoredChanges += lastChanges;
        unstoredBytes += bytes;
        changes = List.of();
        bytes = 0;
        return batch;
    }

    List<Packet> takePackets() {
        return packets.take();
    }

    List<Event> takeEvents() {
        lastTold = null;
        return events.take();
    }

    /** What was taken has been dealt with: its lists are used again. */
    void giveBack(List<Packet> takenPackets, List<Event> takenEvents) {
        packets.giveBack(takenPackets);
        events.giveBack(takenEvents);
    }

    /** Bytes of messages that were accepted or received and are not stored yet. */
    long unstoredBytes() {
        return unstoredBytes + bytes;
    }

    /**
     * Whether the disk has fallen so far behind that the server should wait: each answer to it that
     * rests on a change is held here, and each acknowledgement by it lets the application go on.
     */
    boolean isFull() {
        return heldEffects - heldStored + publishes.size() + pubrels.size() >= MANY_HELD
                || unstoredChanges >= MANY_CHANGES
                || unstoredBytes >= MANY_BYTES;
    }

    /** Whether nothing is held, waiting to be stored, or waiting to be taken. */
    boolean isEmpty() {
        return heldEffects == 0
                && publishes.isEmpty()
                && pubrels.isEmpty()
                && changes.isEmpty()
                && packets.isEmpty()
                && events.isEmpty();
    }
}
