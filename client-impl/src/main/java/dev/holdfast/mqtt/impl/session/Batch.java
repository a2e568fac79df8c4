package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.store.Change;
import java.util.List;

/**
 * Changes that are stored together.
 *
 * @param id counts up from 1; {@link Session#stored} reports it back
 */
public record Batch(long id, List<Change> changes) {}
