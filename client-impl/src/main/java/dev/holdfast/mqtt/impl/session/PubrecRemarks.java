package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.UserProperty;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the PUBRECs of the server said besides their Reason Code, until PUBCOMP completes the
 * publication. In memory only, and no more than some: it is told, and has no effect.
 */
final class PubrecRemarks {
    /** Characters of all of them together; what has no room is not kept. */
    static final long MOST_CHARACTERS = 1 << 20;

    private final Map<Outgoing, Remarks> kept = new SparseMap<>();
    private long characters;

    void keep(Outgoing o, @Nullable String reasonString, List<UserProperty> userProperties) {
        if (reasonString == null && userProperties.isEmpty()) {
            return;
        }
        Remarks remarks = new Remarks(Optional.ofNullable(reasonString), userProperties);
        long size = size(remarks);
        if (characters + size <= MOST_CHARACTERS) {
            kept.put(o, remarks);
            characters += size;
        }
    }

    private static long size(Remarks remarks) {
        long size = remarks.reasonString().map(String::length).orElse(0);
        for (UserProperty p : remarks.userProperties()) {
            size += p.name().length() + p.value().length() + 1;
        }
        return size;
    }

    /** What is kept for a publication, which is forgotten with this; null if nothing is. */
    @Nullable Remarks take(Outgoing o) {
        Remarks taken = kept.isEmpty() ? null : kept.remove(o);
        if (taken != null) {
            characters -= size(taken);
        }
        return taken;
    }
}
