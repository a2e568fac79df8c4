package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.StoredSession.Awaited;
import java.util.List;

/**
 * Changes that are stored together.
 *
 * @param id counts up from 1; {@link Session#stored} and {@link Session#merged} report it back
 * @param awaited what is held back for it that should not wait long
 */
public record Batch(long id, List<Change> changes, Awaited awaited) {}
