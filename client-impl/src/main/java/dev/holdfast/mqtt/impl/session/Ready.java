package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.impl.packet.Packet;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done now, in the order of the components. Nothing in {@code packets} and {@code
 * events} rests on {@code batch}, so none of them has to wait for it.
 *
 * @param batch to be stored
 * @param readQueuedAfter read a page of queued messages behind this sequence number, after storing
 *     the batch; or {@link #NO_READ}
 * @param packets to be written to the network connection
 * @param close the network connection is to be closed, after the packets were written
 * @param read whether to read on from the network connection
 * @param open the address to which a network connection is to be opened; null for none
 * @param events for the application
 * @param deadline when to poll again if nothing else happens, on the clock of {@code now}; {@link
 *     Long#MAX_VALUE} for never
 * @param more whether there is more to do at once, held back so that a turn stays short
 */
public record Ready(
        @Nullable Batch batch,
        long readQueuedAfter,
        List<Packet> packets,
        boolean close,
        boolean read,
        @Nullable URI open,
        List<Event> events,
        long deadline,
        boolean more) {
    public static final long NO_READ = -1;
}
