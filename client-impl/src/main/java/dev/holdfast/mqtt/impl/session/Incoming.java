package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One received message on its way to its handler and back. The core alone changes it. */
public final class Incoming {
    /** In place of a delivery id, where the message is refused without handing it over. */
    static final long NOT_DELIVERED = 0;

    private final Message message;
    private final List<String> topicFilters;
    private final long deliveryId;
    private final boolean redelivered;

    /**
     * The server's; 0 at QoS 0, and for QoS 2 messages from the store, which need no answer any
     * more.
     */
    final int packetIdentifier;

    /** A PUBACK must go to the connection that brought the message. */
    final long connection;

    /** See {@link #resumption()}. */
    private final long resumption;

    /** Set once the handler is done with it. */
    @Nullable ReasonCode outcome;

    /** What PUBACK adds to it. */
    Remarks remarks = Remarks.none();

    Incoming(
            Message message,
            List<String> topicFilters,
            long deliveryId,
            boolean redelivered,
            int packetIdentifier,
            long connection,
            long resumption) {
        this.message = message;
        this.topicFilters = topicFilters;
        this.deliveryId = deliveryId;
        this.redelivered = redelivered;
        this.packetIdentifier = packetIdentifier;
        this.connection = connection;
        this.resumption = resumption;
    }

    public Message message() {
        return message;
    }

    /**
     * The Topic Filters of the subscriptions for which the server sent it, as its Subscription
     * Identifiers say; some may not match, where an identifier stands for several. Empty if they
     * say nothing: then all that match count.
     */
    public List<String> topicFilters() {
        return topicFilters;
    }

    public long deliveryId() {
        return deliveryId;
    }

    public boolean redelivered() {
        return redelivered;
    }

    /** The connection that brought it; each has a higher number than the one before. */
    public long connection() {
        return connection;
    }

    /**
     * QoS 1 messages of connections with lower numbers than this can be forgotten: the server has
     * resumed the session since, and delivers again all that was not acknowledged; or too many are
     * left of sessions that it has lost.
     */
    public long resumption() {
        return resumption;
    }
}
