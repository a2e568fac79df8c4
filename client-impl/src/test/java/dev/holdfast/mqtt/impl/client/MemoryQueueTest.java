package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.SessionState;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Reads what {@link SessionState}, the definition of what is stored, has queued. */
class MemoryQueueTest {
    private final MemoryQueue queue = new MemoryQueue();
    private final SessionState state = new SessionState();
    private long sequence;

    /** Sent and not completed, by Packet Identifier. */
    private final List<Long> inFlight = new ArrayList<>();

    private List<Long> queued() {
        return read(0, Integer.MAX_VALUE, Long.MAX_VALUE).stream()
                .map(OutgoingMessage::sequence)
                .toList();
    }

    private List<OutgoingMessage> read(long after, int most, long mostBytes) {
        List<OutgoingMessage> read = new ArrayList<>();
        queue.readQueued(
                after,
                most,
                mostBytes,
                new StoredSession.Page() {
                    @Override
                    public void read(List<OutgoingMessage> messages) {
                        read.addAll(messages);
                    }

                    @Override
                    public void failed(StoreException cause) {
                        throw cause;
                    }
                });
        return read;
    }

    private void write(Change change) {
        state.apply(change);
        boolean[] stored = new boolean[1];
        queue.write(
                List.of(change),
                new StoredSession.Outcome() {
                    @Override
                    public void stored() {
                        stored[0] = true;
                    }

                    @Override
                    public void failed(StoreException cause) {
                        throw cause;
                    }
                });
        assertTrue(stored[0]);
    }

    private void change(SplittableRandom random) {
        List<Long> queued = queued();
        int kind = random.nextInt(10);
        if (kind < 5 || (queued.isEmpty() && inFlight.isEmpty())) {
            sequence += random.nextInt(1, 3);
            Message message =
                    Message.to("t")
                            .payload("x".repeat(random.nextInt(20)))
                            .qos(QoS.AT_LEAST_ONCE)
                            .build();
            write(
                    new Change.Accepted(
                            OutgoingMessage.queued(sequence, message, OutgoingMessage.NEVER)));
        } else if (kind < 8 && !queued.isEmpty()) {
            write(new Change.Sent(queued.get(0), (int) (queued.get(0) & 0x7fff) + 1));
            inFlight.add(queued.get(0));
        } else if (kind == 8 && !queued.isEmpty()) {
            write(new Change.Completed(queued.get(random.nextInt(queued.size()))));
        } else if (!inFlight.isEmpty()) {
            write(new Change.Completed(inFlight.remove(random.nextInt(inFlight.size()))));
        }
    }

    @RepeatedTest(20)
    void readsAsTheDefinitionOfTheStoreDoes(RepetitionInfo repetition) {
        SplittableRandom random = new SplittableRandom(repetition.getCurrentRepetition());
        for (int i = 0; i < 1_000; i++) {
            change(random);
            long after = random.nextLong(0, sequence + 2);
            int most = random.nextInt(1, 10);
            long mostBytes = random.nextLong(1, 200);
            assertEquals(state.queued(after, most, mostBytes), read(after, most, mostBytes));
        }
        assertEquals(
                state.queued(0, Integer.MAX_VALUE, Long.MAX_VALUE),
                read(0, Integer.MAX_VALUE, Long.MAX_VALUE));
    }
}
