package dev.holdfast.mqtt.store;

import java.util.List;

/**
 * One session in a store, used by one client. Calls come from one thread at a time. Batches are
 * stored in the order of the calls; after a crash the store holds all batches up to some point, and
 * at least those that were reported as stored. Of the batches up to some later point it may hold
 * all but the messages that they accepted, with all that became of these: the client is then in the
 * state of one to which they were never given.
 */
public interface StoredSession extends AutoCloseable {
    /**
     * What the store held when the session was opened.
     *
     * @return the same at each call
     */
    Recovered recovered();

    /**
     * Stores a batch of changes, later. Does not block.
     *
     * @param changes at least one, in their order; not changed by anybody afterwards
     * @param outcome told once, in the order of the batches, from any thread, also from within this
     *     call
     */
    void write(List<Change> changes, Outcome outcome);

    /**
     * Reads queued messages in their order, as they are after the batches written so far. Does not
     * block.
     *
     * @param afterSequence where to start: behind this sequence number
     * @param maximumMessages how many at most, at least 1
     * @param maximumBytes how much at most, as {@link OutgoingMessage#size()} counts; one message
     *     is read in any case
     * @param page told once, from any thread, also from within this call
     */
    void readQueued(long afterSequence, int maximumMessages, long maximumBytes, Page page);

    /**
     * Ends the use of the session, after all batches written so far have been stored or have
     * failed.
     */
    @Override
    void close();

    /** Learns what became of a batch. */
    interface Outcome {
        /** The batch is as safe as the store promises. */
        void stored();

        /**
         * The batch, and all after it, failed; whether it is in the store is not known.
         *
         * @param cause what happened and what mends it
         */
        void failed(StoreException cause);
    }

    /** Takes what was read. */
    interface Page {
        /**
         * Takes messages.
         *
         * @param messages those in state {@link OutgoingMessage.State#QUEUED} behind the given
         *     sequence number; empty if there are none
         */
        void read(List<OutgoingMessage> messages);

        /**
         * Nothing could be read.
         *
         * @param cause what happened and what mends it
         */
        void failed(StoreException cause);
    }
}
