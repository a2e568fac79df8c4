package dev.holdfast.mqtt.impl.session;

import org.jspecify.annotations.Nullable;

/**
 * The Packet Identifiers of one direction and who holds each (MQTT 5, section 2.2.1): for sending,
 * one space for PUBLISH, SUBSCRIBE and UNSUBSCRIBE. Tables of 256 come and go with their use, so
 * that an idle session needs none.
 */
final class PacketIdentifiers<T> {
    static final int MAXIMUM = 65_535;
    private static final int PAGE = 256;

    private final @Nullable Object[] @Nullable [] pages = new @Nullable Object[PAGE][];
    private final short[] usedInPage = new short[PAGE];

    /** How many are held; never more than {@link #MAXIMUM}. */
    private int used;

    /** The one taken last; the search for a free one starts behind it. */
    private int last;

    /**
     * Takes a free identifier for a holder.
     *
     * @return 1 to 65,535, or 0 if none is free
     */
    int take(T holder) {
        if (used == MAXIMUM) {
            return 0;
        }
        int candidate = last;
        do {
            candidate = candidate == MAXIMUM ? 1 : candidate + 1;
        } while (get(candidate) != null);
        last = candidate;
        put(candidate, holder);
        return candidate;
    }

    /** Records that an identifier, not held so far, has a holder. */
    void put(int identifier, T holder) {
        if (identifier < 1 || identifier > MAXIMUM) {
            throw new IllegalStateException("No Packet Identifier: " + identifier);
        }
        @Nullable Object[] page = pages[identifier / PAGE];
        if (page == null) {
            page = new @Nullable Object[PAGE];
            pages[identifier / PAGE] = page;
        }
        if (page[identifier % PAGE] != null) {
            throw new IllegalStateException(
                    "Packet Identifier "
                            + identifier
                            + " is in use for "
                            + page[identifier % PAGE]);
        }
        page[identifier % PAGE] = holder;
        usedInPage[identifier / PAGE]++;
        used++;
    }

    @SuppressWarnings("unchecked") // only put() fills the pages
    @Nullable T get(int identifier) {
        @Nullable Object[] page = pages[identifier / PAGE];
        return page == null ? null : (T) page[identifier % PAGE];
    }

    /** Frees an identifier that is held. */
    void free(int identifier) {
        @Nullable Object[] page = pages[identifier / PAGE];
        if (page == null || page[identifier % PAGE] == null) {
            throw new IllegalStateException("Packet Identifier " + identifier + " is not in use");
        }
        page[identifier % PAGE] = null;
        used--;
        if (--usedInPage[identifier / PAGE] == 0) {
            pages[identifier / PAGE] = null;
        }
    }

    int used() {
        return used;
    }
}
