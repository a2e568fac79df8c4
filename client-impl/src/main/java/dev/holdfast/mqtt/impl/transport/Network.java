package dev.holdfast.mqtt.impl.transport;

/** Opens connections to the server of one client. */
public interface Network {
    /** Starts opening a connection; called on the client's loop. */
    Link open(LinkListener listener);
}
