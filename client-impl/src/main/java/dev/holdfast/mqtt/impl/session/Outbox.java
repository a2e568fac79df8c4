package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All effects of the core pass through here, and are held back until {@link WriteAhead} lets them
 * go: each waits for a watermark, the batch with the last change made before it.
 */
final class Outbox {
    /**
     * Effects that wait for the same batch, in their order: each a {@link Packet} or {@link Event}.
     */
    private record Held(long watermark, ArrayList<Object> effects) {}

    /** What a batch adds to what is on its way to the disk. */
    private record Weight(int changes, long bytes) {}

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

    /** Effects that wait, in their order; watermarks rise from head to tail. */
    private final ArrayDeque<Held> held = new ArrayDeque<>(1);

    /** How many effects are in {@link #held}. */
    private int heldEffects;

    /**
     * How many of them tell that a message is stored. They do not count as much: what causes them
     * is bounded otherwise, and at QoS 1 the server's answer spares the disk the message.
     */
    private int heldStored;

    /** Batches that are given out and not stored, the oldest first. */
    private final ArrayDeque<Weight> unstored = new ArrayDeque<>(1);

    /** Sums of {@link #unstored}. */
    private int unstoredChanges;

    private long unstoredBytes;

    /** Of the messages in {@link #changes}. */
    private long bytes;

    /** How many of {@link #held} are PUBLISH packets. */
    private int heldPublishes;

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
     * @return the batch with which it leaves, for {@link #hasLeft}
     */
    long send(Packet packet) {
        return send(packet, rules.before(packet));
    }

    /**
     * As {@link #send}, for the first PUBLISH of a message with one of {@link EarlyIdentifiers}.
     */
    long sendEarly(Publish publish) {
        return send(publish, rules.beforeEarly(publish));
    }

    private long send(Packet packet, WriteAhead.Wait wait) {
        if (!sending) {
            throw new IllegalStateException(packet + " is sent without a connection");
        }
        boolean waits =
                switch (wait) {
                    case NOTHING -> false;
                    case TURN -> heldPublishes > 0;
                    case STORED -> barrier() > stored;
                };
        if (!waits) {
            packets.add(packet);
            return stored;
        }
        heldPublishes += packet instanceof Publish ? 1 : 0;
        hold(packet);
        return barrier();
    }

    /** Whether the packet has left that {@link #send} gave this for, if its connection lived. */
    boolean hasLeft(long with) {
        return with <= stored;
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
                    case STORED -> barrier() > stored;
                };
        if (!waits) {
            events.add(event);
        } else {
            hold(event);
        }
    }

    private void hold(Object effect) {
        long watermark = barrier();
        Held last = held.peekLast();
        if (last == null || last.watermark() != watermark) {
            last = new Held(watermark, new ArrayList<>());
            held.add(last);
        }
        last.effects().add(effect);
        heldEffects++;
        heldStored += effect instanceof Event.Stored ? 1 : 0;
    }

    /**
     * Whether a message may leave early.
     *
     * @param acceptedWith the batch that accepts it
     * @param freedWith the batch that freed its Packet Identifier
     * @param quiet whether all answers with that have come
     */
    boolean mayLeaveEarly(long acceptedWith, long freedWith, boolean quiet) {
        return rules.mayLeaveEarly(isBeingMade(acceptedWith), isStored(freedWith), quiet);
    }

    /** Whether more changes go into the batch that {@link #barrier} named. */
    boolean isBeingMade(long barrier) {
        return barrier > issued;
    }

    /** Whether the batch that {@link #barrier} named is on disk. */
    boolean isStored(long barrier) {
        return barrier <= stored;
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
        for (; stored < batch; stored++) {
            Weight weight = unstored.remove();
            unstoredChanges -= weight.changes();
            unstoredBytes -= weight.bytes();
        }
        release();
    }

    private void release() {
        lastTold = null;
        while (!held.isEmpty() && held.peek().watermark() <= stored) {
            Held next = held.remove();
            heldEffects -= next.effects().size();
            for (Object effect : next.effects()) {
                if (effect instanceof Event event) {
                    heldStored -= event instanceof Event.Stored ? 1 : 0;
                    events.add(event);
                } else if (effect instanceof Packet packet) {
                    heldPublishes -= packet instanceof Publish ? 1 : 0;
                    packets.add(packet);
                }
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
        List<Integer> neverLeft = new ArrayList<>();
        for (Held group : held) {
            for (Object effect : group.effects()) {
                if (effect instanceof Packet packet) {
                    noteFirstPublish(packet, neverLeft);
                    heldEffects--;
                }
            }
            group.effects().removeIf(Packet.class::isInstance);
        }
        heldPublishes = 0;
        return neverLeft;
    }

    private static void noteFirstPublish(Packet packet, List<Integer> neverLeft) {
        if (packet instanceof Publish p && !p.dup() && p.packetIdentifier() != 0) {
            neverLeft.add(p.packetIdentifier());
        }
    }

    /** Whether CONNECT is held back; until it has left, nothing else may. */
    boolean holdsConnect() {
        return held.stream().flatMap(h -> h.effects().stream()).anyMatch(Connect.class::isInstance);
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
        held.clear();
        heldEffects = 0;
        heldStored = 0;
        heldPublishes = 0;
        unstored.clear();
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
        Batch batch = new Batch(++issued, changes);
        lastChanges = changes.size();
        unstored.add(new Weight(lastChanges, bytes));
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
        return heldEffects - heldStored >= MANY_HELD
                || unstoredChanges >= MANY_CHANGES
                || unstoredBytes >= MANY_BYTES;
    }

    /** Whether nothing is held, waiting to be stored, or waiting to be taken. */
    boolean isEmpty() {
        return heldEffects == 0 && changes.isEmpty() && packets.isEmpty() && events.isEmpty();
    }
}
