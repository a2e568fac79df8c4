package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.Session;
import dev.holdfast.mqtt.Subscription;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;

/** The session at one moment; single publications are looked up when asked for. */
record SessionView(
        List<Publication> pendingPublications,
        long queuedMessages,
        long queuedBytes,
        long unhandledMessages,
        long droppedMessages,
        List<Subscription> subscriptions,
        LongFunction<Optional<Publication>> lookUp)
        implements Session {
    @Override
    public Optional<Publication> publication(long id) {
        return lookUp.apply(id);
    }
}
