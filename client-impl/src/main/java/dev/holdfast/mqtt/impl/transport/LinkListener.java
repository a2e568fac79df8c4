package dev.holdfast.mqtt.impl.transport;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;

/**
 * Learns what happens to a {@link Link}, on the client's loop, never from within a call of the
 * link's methods.
 */
public interface LinkListener {
    /** The connection is open, TLS included. */
    void opened();

    /** A packet has come; {@link #readComplete} follows after the last one at hand. */
    void received(Packet packet);

    /**
     * As {@link #received}, for a PUBACK that says Success and nothing else: there are so many that
     * none of them is worth an object.
     */
    void acknowledged(int packetIdentifier);

    /** What came is no valid packet; nothing more is read from this connection. */
    void violated(ProtocolViolation violation);

    /**
     * Bytes were read, and all packets at hand have been given out.
     *
     * @param bytes how many have come since the last call
     */
    void readComplete(long bytes);

    /** {@link Link#isWritable} has changed. */
    void writabilityChanged();

    /** The connection is gone, or could not be opened. The last call, made once for each link. */
    void closed(MqttException cause);
}
