package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * In place of a store, for a client that was given none. Nothing is found again when the client is
 * gone, so it keeps only what the core reads back: queued messages.
 */
final class MemoryQueue implements StoredSession {
    private static final int LEAST_CAPACITY = 64;

    /**
     * Sequence numbers from {@link #head} to {@link #tail}, rising; {@link #messages} has null
     * where one is no longer queued.
     */
    private long[] sequences = new long[LEAST_CAPACITY];

    private @Nullable OutgoingMessage[] messages = new OutgoingMessage[LEAST_CAPACITY];
    private int head;
    private int tail;

    @Override
    public Recovered recovered() {
        return new SessionState().recovered();
    }

    /** Stores at once, so each outcome comes from within the call. */
    @Override
    public void write(List<Change> changes, Outcome outcome) {
        for (Change change : changes) {
            if (change instanceof Change.Accepted c) {
                add(c.message());
            } else if (change instanceof Change.Sent c) {
                remove(c.sequence());
            } else if (change instanceof Change.Completed c) {
                remove(c.sequence());
            }
        }
        outcome.stored();
    }

    private void add(OutgoingMessage message) {
        if (tail == sequences.length) {
            makeRoom();
        }
        sequences[tail] = message.sequence();
        messages[tail++] = message;
    }

    /** Closes the gaps; where there are few, doubles the space. */
    private void makeRoom() {
        int kept = 0;
        for (int i = head; i < tail; i++) {
            if (messages[i] != null) {
                sequences[kept] = sequences[i];
                messages[kept++] = messages[i];
            }
        }
        Arrays.fill(messages, kept, tail, null);
        head = 0;
        tail = kept;
        if (kept > sequences.length / 2) {
            sequences = Arrays.copyOf(sequences, 2 * sequences.length);
            messages = Arrays.copyOf(messages, 2 * messages.length);
        }
    }

    /** Unknown ones are no longer queued: they were sent before. */
    private void remove(long sequence) {
        // The oldest leaves first, as a rule.
        boolean oldest = head < tail && sequences[head] == sequence;
        int at = oldest ? head : Arrays.binarySearch(sequences, head, tail, sequence);
        if (at < 0) {
            return;
        }
        messages[at] = null;
        while (head < tail && messages[head] == null) {
            head++;
        }
    }

    @Override
    public void readQueued(long afterSequence, int maximumMessages, long maximumBytes, Page page) {
        int found = Arrays.binarySearch(sequences, head, tail, afterSequence);
        List<OutgoingMessage> read = new ArrayList<>();
        long bytes = 0;
        for (int i = found < 0 ? -found - 1 : found + 1; i < tail; i++) {
            OutgoingMessage message = messages[i];
            if (message == null) {
                continue;
            }
            bytes += message.size();
            if (read.size() == maximumMessages || (!read.isEmpty() && bytes > maximumBytes)) {
                break;
            }
            read.add(message);
        }
        page.read(read);
    }

    @Override
    public void close() {}
}
