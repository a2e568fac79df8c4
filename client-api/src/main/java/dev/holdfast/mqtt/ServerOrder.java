package dev.holdfast.mqtt;

/** Which of several servers is tried first, when a connection is to be made. */
public enum ServerOrder {
    /** Always the first of the list: the others are for when it cannot be had. */
    IN_ORDER,
    /** The one behind the last that was tried; after the last of the list comes the first. */
    ROUND_ROBIN
}
