package dev.holdfast.mqtt.impl.client;

import io.netty.util.collection.LongCollections;
import io.netty.util.collection.LongObjectHashMap;
import io.netty.util.collection.LongObjectMap;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Publications by their number, without boxes. Of a long queue it holds those strongly for whose
 * outcome somebody waits; the others may be collected with their messages, which are in the store,
 * once the application has let go of them too.
 */
final class PublicationMap {
    /** As many are held strongly in any case. */
    static final int MOST_HELD_IN_ANY_CASE = 8_192;

    /**
     * Netty's map puts a key where the key says, and closes each gap that a removal leaves by going
     * through all that follow without one: with numbers that are given out one after the other, and
     * removed from the front, those are all there are. Multiplying by an odd number spreads the
     * keys and keeps them different (this one is 2^64 divided by the golden ratio).
     */
    private static final long SPREAD = 0x9E37_79B9_7F4A_7C15L;

    /** Until something is published: most of many clients only listen. */
    private static final LongObjectMap<Object> NONE = LongCollections.emptyMap();

    private static final class Weak extends WeakReference<PendingPublication> {
        private final long key;

        Weak(PendingPublication publication, ReferenceQueue<PendingPublication> collected) {
            super(publication, collected);
            key = key(publication.id());
        }
    }

    /** Each value a {@link PendingPublication} or a {@link Weak}. */
    private LongObjectMap<Object> byKey = NONE;

    /** Made with the first {@link Weak}. */
    private @Nullable ReferenceQueue<PendingPublication> collected;

    /** How many are held strongly. */
    private int held;

    private static long key(long id) {
        return id * SPREAD;
    }

    private static @Nullable PendingPublication publication(@Nullable Object value) {
        return value instanceof Weak weak ? weak.get() : (PendingPublication) value;
    }

    @Nullable PendingPublication get(long id) {
        return publication(byKey.get(key(id)));
    }

    void put(PendingPublication publication) {
        if (byKey == NONE) {
            byKey = new LongObjectHashMap<>(1);
        }
        Object before = byKey.put(key(publication.id()), publication);
        held += before instanceof PendingPublication ? 0 : 1;
    }

    @Nullable PendingPublication remove(long id) {
        Object value = byKey.remove(key(id));
        held -= value instanceof PendingPublication ? 1 : 0;
        return publication(value);
    }

    /** Whether those that nobody waits for should be let go of. */
    boolean isCrowded() {
        return held > MOST_HELD_IN_ANY_CASE;
    }

    /** Holds a publication weakly from now on. */
    void letGo(PendingPublication publication) {
        if (collected == null) {
            collected = new ReferenceQueue<>();
        }
        byKey.put(key(publication.id()), new Weak(publication, collected));
        held--;
        for (Reference<?> r = collected.poll(); r != null; r = collected.poll()) {
            long key = ((Weak) r).key;
            if (byKey.get(key) == r) {
                byKey.remove(key);
            }
        }
    }

    /** Holds a publication strongly again, if it is pending still. */
    void hold(PendingPublication publication) {
        if (byKey.get(key(publication.id())) instanceof Weak) {
            put(publication);
        }
    }

    /** How many there are, with those that were collected a moment ago. */
    int size() {
        return byKey.size();
    }

    List<PendingPublication> removeAll() {
        List<PendingPublication> all = new ArrayList<>();
        for (Object value : byKey.values()) {
            PendingPublication publication = publication(value);
            if (publication != null) {
                all.add(publication);
            }
        }
        byKey.clear();
        held = 0;
        return all;
    }
}
