package dev.holdfast.mqtt.impl.session;

/** One Topic Filter of a call of unsubscribe(), with the token that its answer carries. */
public record UnsubscribeCall(long token, String topicFilter) {}
