package dev.holdfast.mqtt.impl.client;

import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Publications by their number, without boxes. */
final class PublicationMap {
    /**
     * Netty's map puts a key where the key says, and closes each gap that a removal leaves by going
     * through all that follow without one: with numbers that are given out one after the other, and
     * removed from the front, those are all there are. Multiplying by an odd number spreads the
     * keys and keeps them different (this one is 2^64 divided by the golden ratio).
     */
    private static final long SPREAD = 0x9E37_79B9_7F4A_7C15L;

    private final LongObjectMap<PendingPublication> byKey = new LongObjectHashMap<>();

    @Nullable PendingPublication get(long id) {
        return byKey.get(id * SPREAD);
    }

    void put(PendingPublication publication) {
        byKey.put(publication.id() * SPREAD, publication);
    }

    @Nullable PendingPublication remove(long id) {
        return byKey.remove(id * SPREAD);
    }

    Collection<PendingPublication> values() {
        return byKey.values();
    }

    void clear() {
        byKey.clear();
    }
}
