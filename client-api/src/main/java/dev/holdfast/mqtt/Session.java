package dev.holdfast.mqtt;

import java.util.List;
import java.util.Optional;

/**
 * A look at the client's side of the session: what is queued and in flight, also from earlier runs.
 */
public interface Session {
    /**
     * The oldest publications at QoS 1 and 2 that are not yet acknowledged, those of earlier runs
     * included, with stages that complete in this run. A backlog may be larger than the heap, so of
     * those never sent some thousands are returned at most; {@link #queuedMessages()} counts all,
     * {@link #publication} finds any.
     *
     * @return in the order of publishing
     */
    List<Publication> pendingPublications();

    /**
     * Finds a pending publication by its number.
     *
     * @param id as {@link Publication#id()} gave it, in this run or an earlier one
     * @return empty if it is no longer pending, or never was
     */
    Optional<Publication> publication(long id);

    /**
     * How many messages are accepted and not yet acknowledged, or at QoS 0 not yet sent.
     *
     * @return queued and in flight, as {@link StoreLimits#outgoingMessages()} counts them
     */
    long queuedMessages();

    /**
     * How much they take.
     *
     * @return their payloads, topics and properties in bytes, as {@link
     *     StoreLimits#outgoingBytes()} counts them
     */
    long queuedBytes();

    /**
     * How many QoS 2 messages have been received and not been handled yet.
     *
     * @return a count
     */
    long unhandledMessages();

    /**
     * How many received QoS 0 messages were dropped since the client was built, because the
     * handlers did not keep up; see {@link Overload#DROP_NEWEST}.
     *
     * @return a count
     */
    long droppedMessages();

    /**
     * The subscriptions that the server has confirmed in this session.
     *
     * @return in no particular order
     */
    List<Subscription> subscriptions();
}
