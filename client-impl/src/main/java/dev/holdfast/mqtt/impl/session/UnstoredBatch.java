package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.impl.packet.Packet;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A batch that is not stored: given out already, or being made. In a list of them. */
final class UnstoredBatch {
    final long number;

    /** What it adds to what is on its way to the disk. */
    int changes;

    long bytes;

    @Nullable UnstoredBatch next;

    private @Nullable ArrayList<Object> effects;

    UnstoredBatch(long number) {
        this.number = number;
    }

    /** What waits for it, in order: each a {@link Packet} or {@link Event}. */
    List<Object> effects() {
        return effects == null ? List.of() : effects;
    }

    void hold(Object effect) {
        if (effects == null) {
            effects = new ArrayList<>();
        }
        effects.add(effect);
    }

    /** Returns how many were removed. */
    int removePackets() {
        int before = effects().size();
        if (effects != null) {
            effects.removeIf(Packet.class::isInstance);
        }
        return before - effects().size();
    }
}
