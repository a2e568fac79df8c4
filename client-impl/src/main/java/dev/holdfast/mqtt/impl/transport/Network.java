package dev.holdfast.mqtt.impl.transport;

import java.net.URI;

/** Opens the connections of one client. */
public interface Network {
    /** Starts opening a connection to a server; called on the client's loop. */
    Link open(URI server, LinkListener listener);
}
