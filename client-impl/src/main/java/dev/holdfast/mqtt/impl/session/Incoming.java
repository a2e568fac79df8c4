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

    /** The last connection so far that resumed the session. */
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

    /**
     * Grows each time the server resumes the session, and delivers again all that was not
     * acknowledged: a QoS 1 message with a lower number than a later one can be forgotten.
     */
    public long resumption() {
        return resumption;
    }
}
