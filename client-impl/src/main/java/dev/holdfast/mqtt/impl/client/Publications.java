package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.impl.session.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * From numbers to futures. The map is touched on the loop only; futures are completed on the lane
 * for completions, in the order of the events.
 */
final class Publications {
    private final Map<Long, PendingPublication> pending = new HashMap<>();
    private final Lane completions;

    Publications(Lane completions) {
        this.completions = completions;
    }

    void add(PendingPublication publication) {
        pending.put(publication.id(), publication);
    }

    /** The publication of a message of an earlier run, made when somebody asks for it. */
    PendingPublication adopt(long id, Message message) {
        return pending.computeIfAbsent(
                id,
                i -> {
                    PendingPublication p = new PendingPublication(i, message, 0, this);
                    // It comes from the store, so it is in it.
                    p.markStored();
                    return p;
                });
    }

    void stored(Event.Stored event) {
        PendingPublication p = pending.get(event.sequence());
        if (p != null) {
            completions.add(p::markStored);
        }
    }

    void acknowledged(Event.Acknowledged event) {
        PendingPublication p = pending.remove(event.sequence());
        if (p != null) {
            completions.add(() -> p.markAcknowledged(event.acknowledgement()));
        }
    }

    void failed(Event.PublishFailed event) {
        PendingPublication p = pending.remove(event.sequence());
        if (p != null) {
            completions.add(() -> p.fail(event.cause()));
        }
    }

    void failAll(MqttException cause) {
        List<PendingPublication> all = new ArrayList<>(pending.values());
        pending.clear();
        all.sort((a, b) -> Long.compare(a.id(), b.id()));
        completions.add(() -> all.forEach(p -> p.fail(cause)));
    }
}
