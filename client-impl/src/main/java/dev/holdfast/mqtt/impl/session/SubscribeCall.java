package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Subscription;

/** One Topic Filter of a call of subscribe(), with the token that its answer carries. */
public record SubscribeCall(long token, Subscription subscription) {}
