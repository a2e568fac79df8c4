package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The messages that wait to be sent for the first time in this session, in the order of their
 * sequence numbers. With a store only a window of them, the oldest, is in memory; the rest is
 * counted here and read from the store when the window runs low.
 */
final class Backlog {
    static final int WINDOW_MESSAGES = 8_192;
    static final long WINDOW_BYTES = 16L << 20;

    private final OutgoingList window = new OutgoingList();

    private final int windowMessages;
    private final long windowBytes;

    /** Queued messages behind the window, in the store only. */
    private long spilled;

    /**
     * The highest sequence number that is, or was, in the window; what is spilled lies behind it.
     */
    private long lastLoaded;

    /** Whether a page has been asked for and has not come yet. */
    private boolean reading;

    /** Removed from the store while a page is on its way, which may still bring them. */
    private final Set<Long> removedWhileReading = new SparseSet<>();

    Backlog(long spilled) {
        this(spilled, WINDOW_MESSAGES, WINDOW_BYTES);
    }

    private Backlog(long spilled, int windowMessages, long windowBytes) {
        this.spilled = spilled;
        this.windowMessages = windowMessages;
        this.windowBytes = windowBytes;
    }

    /** Without a store there is nothing behind the window. */
    static Backlog withoutStore() {
        return new Backlog(0, Integer.MAX_VALUE, Long.MAX_VALUE);
    }

    void add(Outgoing o) {
        // A page on its way brings older ones, though none may be wanted any more.
        if (spilled > 0 || reading || windowIsFull()) {
            spilled++;
        } else {
            window.addLast(o);
            lastLoaded = o.sequence;
        }
    }

    private boolean windowIsFull() {
        return window.size() >= windowMessages || window.bytes() >= windowBytes;
    }

    /** Puts a message back that had left the window; it is older than all in it. */
    void putBack(Outgoing o) {
        window.addFirst(o);
        lastLoaded = Math.max(lastLoaded, o.sequence);
    }

    /**
     * The oldest message; null if there is none in memory, though there may be some in the store.
     */
    @Nullable Outgoing first() {
        return window.first();
    }

    void remove(Outgoing o) {
        window.remove(o);
    }

    OutgoingList inMemory() {
        return window;
    }

    /** A message behind the window leaves the store. */
    void removeFromStore(long sequence) {
        if (spilled == 0 || sequence <= lastLoaded) {
            throw new IllegalStateException(
                    "Publication " + sequence + " is not behind the window, up to " + lastLoaded);
        }
        spilled--;
        if (reading) {
            removedWhileReading.add(sequence);
        }
    }

    int messagesInMemory() {
        return window.size();
    }

    long bytesInMemory() {
        return window.bytes();
    }

    /** Where the next page starts, if one should be read now; the caller must then read it. */
    long nextPage() {
        if (spilled == 0 || reading || !isLow()) {
            return Ready.NO_READ;
        }
        reading = true;
        return lastLoaded;
    }

    private boolean isLow() {
        return window.size() < windowMessages / 2 && window.bytes() < windowBytes / 2;
    }

    /** Whether a page is on its way, or will be asked for next. */
    boolean awaitsPage() {
        return reading || (spilled > 0 && isLow());
    }

    void loaded(List<OutgoingMessage> page) {
        reading = false;
        long loaded = page.stream().filter(m -> !isRemoved(m)).count();
        boolean tooFew = page.isEmpty() && spilled > 0;
        if (tooFew || loaded > spilled) {
            throw new IllegalStateException(
                    "The store read "
                            + loaded
                            + " queued messages behind "
                            + lastLoaded
                            + "; it should hold "
                            + spilled);
        }
        for (OutgoingMessage m : page) {
            if (m.sequence() <= lastLoaded || m.state() != OutgoingMessage.State.QUEUED) {
                throw new IllegalStateException(
                        "The store read " + m + " as queued behind " + lastLoaded);
            }
            if (!isRemoved(m)) {
                window.addLast(Outgoing.of(m));
            }
            lastLoaded = m.sequence();
        }
        spilled -= loaded;
        removedWhileReading.clear();
    }

    private boolean isRemoved(OutgoingMessage m) {
        return !removedWhileReading.isEmpty() && removedWhileReading.contains(m.sequence());
    }

    /** Whether a message with this number is queued in the store, out of memory. */
    boolean holdsInStore(long sequence, long newest) {
        return spilled > 0 && sequence > lastLoaded && sequence <= newest;
    }
}
