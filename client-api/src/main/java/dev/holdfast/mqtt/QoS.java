package dev.holdfast.mqtt;

/** Quality of Service of an Application Message (MQTT 5, section 4.3). */
public enum QoS {
    /** QoS 0: sent once, never acknowledged, lost when the connection breaks. */
    AT_MOST_ONCE,
    /** QoS 1: acknowledged; may arrive more than once. */
    AT_LEAST_ONCE,
    /** QoS 2: acknowledged in two steps; arrives once. */
    EXACTLY_ONCE
}
