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
     * What the store held when the session was opened. It may be large, so the store need not keep
     * it once the first batch is written.
     *
     * @return the same at each call
     * @throws IllegalStateException if a batch was written already, and the store did not keep it
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

    /** Waits for a batch, and learns what became of it. */
    interface Outcome {
        /**
         * What more than the {@code stored()} of publications waits for.
         *
         * @return the same at each call
         */
        default Awaited awaited() {
            return Awaited.STORED;
        }

        /**
         * After a crash the outgoing messages of which the batch says what became of them are as
         * this batch or a later one leaves them, or were never accepted. Where the store has one of
         * them, it has this batch and all before it, but for messages accepted later than that one.
         * Told before {@link #stored} or not at all: from within the call of {@link #write}, or
         * later, of batches for which it is {@link Awaited#MERGED}, once the same holds for all
         * batches before it, or these are stored.
         */
        default void merged() {}

        /** The batch is as safe as the store promises. */
        void stored();

        /**
         * The batch, and all after it, failed; whether it is in the store is not known.
         *
         * @param cause what happened and what mends it
         */
        void failed(StoreException cause);
    }

    /** What should come soon. */
    enum Awaited {
        /** The store may let the batch wait for a while, for what may make it needless. */
        NOTHING,
        /** {@link Outcome#merged}, or {@link Outcome#stored}, whichever is first. */
        MERGED,
        /** {@link Outcome#stored}. */
        STORED
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
