package dev.holdfast.mqtt.impl.session;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A map, in the order of insertion, that takes hardly any room while it is empty: a client has many
 * that are empty nearly all the time, and a process may have many clients. The views are of what is
 * there when they are asked for.
 *
 * <p>Not an {@link java.util.AbstractMap}, which has fields of its own.
 */
public final class SparseMap<K, V> implements Map<K, V> {
    private @Nullable LinkedHashMap<K, V> entries;

    /** Starts empty. */
    public SparseMap() {}

    private Map<K, V> present() {
        return entries == null ? Collections.emptyMap() : entries;
    }

    @Override
    public int size() {
        return present().size();
    }

    @Override
    public boolean isEmpty() {
        return entries == null || entries.isEmpty();
    }

    @Override
    public boolean containsKey(@Nullable Object key) {
        return present().containsKey(key);
    }

    @Override
    public boolean containsValue(@Nullable Object value) {
        return present().containsValue(value);
    }

    @Override
    public @Nullable V get(@Nullable Object key) {
        return present().get(key);
    }

    @Override
    public @Nullable V put(K key, V value) {
        if (entries == null) {
            entries = new LinkedHashMap<>();
        }
        return entries.put(key, value);
    }

    @Override
    public void putAll(Map<? extends K, ? extends V> all) {
        all.forEach(this::put);
    }

    @Override
    public @Nullable V remove(@Nullable Object key) {
        V removed = present().remove(key);
        if (isEmpty()) {
            entries = null;
        }
        return removed;
    }

    @Override
    public void clear() {
        entries = null;
    }

    @Override
    public Set<K> keySet() {
        return present().keySet();
    }

    @Override
    public Collection<V> values() {
        return present().values();
    }

    @Override
    public Set<Map.Entry<K, V>> entrySet() {
        return present().entrySet();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other == this || present().equals(other);
    }

    @Override
    public int hashCode() {
        return present().hashCode();
    }

    @Override
    public String toString() {
        return present().toString();
    }
}
