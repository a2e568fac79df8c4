package dev.holdfast.mqtt.impl.transport;

import dev.holdfast.mqtt.impl.packet.Packet;
import java.util.List;

/** One network connection. Its methods are called on the client's loop only. */
public interface Link {
    /** Sends packets, all of them in their order, with one flush. */
    void write(List<Packet> packets);

    /** Whether more may be written without piling up in memory. */
    boolean isWritable();

    /**
     * Whether to take what the server sends. Without, it stays in the network's buffers until the
     * server has to wait.
     */
    void read(boolean on);

    /**
     * Closes the connection after what was written, also while it is being opened. A second call
     * waits for nothing.
     */
    void close();
}
