package dev.holdfast.mqtt.impl.session;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The Packet Identifiers of one direction and who holds each (MQTT 5, section 2.2.1): for sending,
 * one space for PUBLISH, SUBSCRIBE and UNSUBSCRIBE. Pages of 64 come and go with their use, but for
 * one, so that an idle session needs little, and one that publishes now and then no new ones.
 */
final class PacketIdentifiers<T> {
    static final int MAXIMUM = 65_535;
    private static final int PAGE = 64;
    private static final @Nullable Page[] NONE = new @Nullable Page[0];

    private static final class Page {
        final @Nullable Object[] holders = new @Nullable Object[PAGE];
        int used;
    }

    /** As long as the highest identifier taken so far asks for. */
    private @Nullable Page[] pages = NONE;

    /** The page that was given up last. */
    private @Nullable Page spare;

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

    /**
     * Records that an identifier was held when the last run ended. Like one taken in this run, it
     * is not taken again soon: what comes late for its holder must not meet another.
     */
    void recover(int identifier, T holder) {
        put(identifier, holder);
        last = Math.max(last, identifier);
    }

    /** This one is not taken soon, though it be free. */
    void passOver(int identifier) {
        int ahead = Math.floorMod(identifier - last, MAXIMUM);
        if (ahead < MAXIMUM / 2) {
            last = identifier;
        }
    }

    /** Records that an identifier, not held so far, has a holder. */
    void put(int identifier, T holder) {
        if (identifier < 1 || identifier > MAXIMUM) {
            throw new IllegalStateException("No Packet Identifier: " + identifier);
        }
        Page page = pageFor(identifier);
        Object before = page.holders[identifier % PAGE];
        if (before != null) {
            throw new IllegalStateException(
                    "Packet Identifier " + identifier + " is in use for " + before);
        }
        page.holders[identifier % PAGE] = holder;
        page.used++;
        used++;
    }

    private Page pageFor(int identifier) {
        int number = identifier / PAGE;
        if (number >= pages.length) {
            pages = Arrays.copyOf(pages, Math.max(number + 1, pages.length * 2));
        }
        Page page = pages[number];
        if (page == null) {
            page = spare == null ? new Page() : spare;
            spare = null;
            pages[number] = page;
        }
        return page;
    }

    private @Nullable Page page(int identifier) {
        int number = identifier / PAGE;
        return number < pages.length ? pages[number] : null;
    }

    @SuppressWarnings("unchecked") // only put() fills the pages
    @Nullable T get(int identifier) {
        Page page = page(identifier);
        return page == null ? null : (T) page.holders[identifier % PAGE];
    }

    /** Frees an identifier that is held. */
    void free(int identifier) {
        Page page = page(identifier);
        if (page == null || page.holders[identifier % PAGE] == null) {
            throw new IllegalStateException("Packet Identifier " + identifier + " is not in use");
        }
        page.holders[identifier % PAGE] = null;
        used--;
        if (--page.used == 0) {
            pages[identifier / PAGE] = null;
            spare = page;
        }
    }

    int used() {
        return used;
    }
}
