package dev.holdfast.mqtt.impl.session;

import java.util.AbstractSet;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** As {@link SparseMap}, without values. */
public final class SparseSet<E> extends AbstractSet<E> {
    private @Nullable LinkedHashSet<E> elements;

    /** Starts empty. */
    public SparseSet() {}

    private Set<E> present() {
        return elements == null ? Collections.emptySet() : elements;
    }

    @Override
    public int size() {
        return present().size();
    }

    @Override
    public boolean isEmpty() {
        return elements == null || elements.isEmpty();
    }

    @Override
    public boolean contains(@Nullable Object element) {
        return present().contains(element);
    }

    @Override
    public boolean add(E element) {
        if (elements == null) {
            elements = new LinkedHashSet<>();
        }
        return elements.add(element);
    }

    @Override
    public boolean remove(@Nullable Object element) {
        boolean removed = present().remove(element);
        if (isEmpty()) {
            elements = null;
        }
        return removed;
    }

    @Override
    public void clear() {
        elements = null;
    }

    @Override
    public Iterator<E> iterator() {
        return present().iterator();
    }
}
