package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Message;

/** A publication that is not acknowledged yet. */
public record Pending(long sequence, Message message) {}
