package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.impl.packet.Packet;
import java.util.List;

/** A server's session of a client that is killed again and again, and its judge. */
interface Witness {
    /** For CONNACK. */
    int receiveMaximum();

    /**
     * Begins a connection.
     *
     * @param run which run of the client it is, growing
     * @param resumed whether there was a session
     * @return what to send first
     */
    List<Packet> connected(int run, boolean resumed);

    /**
     * Takes a packet.
     *
     * @return what to send in answer
     * @throws AssertionError if the client must not send it
     */
    List<Packet> received(Packet packet);
}
