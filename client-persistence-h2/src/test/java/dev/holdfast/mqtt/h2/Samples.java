package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.IncomingMessage;
import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.Arrays;
import java.util.List;

/** Changes for tests, short to write. */
final class Samples {
    private Samples() {}

    static Change accepted(long sequence, int payload) {
        byte[] bytes = new byte[payload];
        Arrays.fill(bytes, (byte) sequence);
        return accepted(sequence, Message.to("press/17/parts").payload(bytes).build());
    }

    static Change accepted(long sequence, Message message) {
        return new Change.Accepted(
                OutgoingMessage.queued(sequence, message, OutgoingMessage.NEVER));
    }

    static Change sent(long sequence) {
        return new Change.Sent(sequence, (int) (sequence % 65_535) + 1);
    }

    static Change completed(long sequence) {
        return new Change.Completed(sequence);
    }

    static Change received(int packetIdentifier, long deliveryId, String payload) {
        Message message =
                Message.to("press/17/orders").payload(payload).qos(QoS.EXACTLY_ONCE).build();
        return new Change.Received(packetIdentifier, new IncomingMessage(deliveryId, message));
    }

    /** Writes one batch and waits until it is stored. */
    static void store(StoredSession session, Change... changes) {
        Outcomes outcomes = new Outcomes();
        session.write(List.of(changes), outcomes.next());
        outcomes.awaitStored();
    }

    /** Sequence numbers of all queued messages. */
    static List<Long> queued(StoredSession session) {
        return Outcomes.read(session, 0, 10_000, 1 << 20).stream()
                .map(OutgoingMessage::sequence)
                .toList();
    }
}
