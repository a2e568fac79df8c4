package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.session.WriteAhead.Wait;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Packets of one kind that are held back. They leave in their order, whatever each waits for. */
final class Line {
    private static final class Place {
        final Packet packet;
        final long watermark;
        Wait wait;

        /** The number of a packet in another line that must leave before. */
        final long behind;

        @Nullable Place next;

        Place(Packet packet, long watermark, Wait wait, long behind) {
            this.packet = packet;
            this.watermark = watermark;
            this.wait = wait;
            this.behind = behind;
        }
    }

    private @Nullable Place first;
    private @Nullable Place last;

    /** The first of those with the watermark of the last. */
    private @Nullable Place newest;

    /** How many have come, and how many of them have left again. */
    private long come;

    private long left;

    /** The number of the last PUBLISH that is sent again. */
    private long lastRepeat;

    boolean isEmpty() {
        return first == null;
    }

    int size() {
        return (int) (come - left);
    }

    long lastRepeat() {
        return lastRepeat;
    }

    /**
     * Puts a packet behind the others.
     *
     * @param watermark the batch that it waits for; not below that of the last
     * @param wait for what of it
     * @param behind the number of a packet in another line that must leave before; 0 for none
     * @return its number, for {@link #hasLeft}
     */
    long add(Packet packet, long watermark, Wait wait, long behind) {
        Place place = new Place(packet, watermark, wait, behind);
        if (newest == null || newest.watermark != watermark) {
            newest = place;
        }
        if (last == null) {
            first = place;
        } else {
            last.next = place;
        }
        last = place;
        come++;
        lastRepeat = packet instanceof Publish p && p.dup() ? come : lastRepeat;
        return come;
    }

    /** Whether the packet with this number is not held back any more; 0 is the number of none. */
    boolean hasLeft(long number) {
        return number <= left;
    }

    /** The newest batch is merged. */
    void merged(long batch) {
        if (newest != null && newest.watermark == batch) {
            for (Place p = newest; p != null; p = p.next) {
                p.wait = p.wait == Wait.MERGED ? Wait.TURN : p.wait;
            }
        }
    }

    /**
     * Takes the first packet out if it may leave.
     *
     * @param stored the last batch on disk
     * @param merged up to which batch all are merged or on disk
     * @param before the line where some must leave before
     * @return null if none may leave now
     */
    @Nullable Packet poll(long stored, long merged, Line before) {
        Place place = first;
        if (place == null || !before.hasLeft(place.behind)) {
            return null;
        }
        boolean waits =
                switch (place.wait) {
                    case NOTHING, TURN -> false;
                    case MERGED -> place.watermark > Math.max(stored, merged);
                    case STORED -> place.watermark > stored;
                };
        if (waits) {
            return null;
        }
        first = place.next;
        if (first == null) {
            last = null;
        }
        if (place == newest) {
            newest = first;
        }
        left++;
        return place.packet;
    }

    /** Takes all packets out. */
    List<Packet> clear() {
        List<Packet> all = new ArrayList<>(size());
        for (Place p = first; p != null; p = p.next) {
            all.add(p.packet);
        }
        first = null;
        last = null;
        newest = null;
        left = come;
        return all;
    }
}
