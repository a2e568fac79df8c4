package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.StoredSession.Awaited;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How much is written in one go. */
class GroupTest {
    private static final byte[] PAYLOAD = new byte[256 << 10];

    private final SessionRow session = new SessionRow(1, "c");
    private final Group group = new Group(0);

    /** H2 makes a buffer anew for what does not fit into the one it keeps. */
    @Test
    void takesOnlyWhatFitsIntoOneBufferWhereSomethingWaitsForIt() {
        assertFalse(groupOf(7, Awaited.STORED).isFull());
        assertTrue(groupOf(8, Awaited.STORED).isFull());
    }

    /** Their acknowledgements may be near, and spare the file the messages. */
    @Test
    void takesMoreWhereNothingWaits() {
        assertFalse(groupOf(8, Awaited.NOTHING).isFull());
    }

    @Test
    void leavesMessagesThatWereJustAcceptedForLater() {
        group.add(session, List.of(Samples.accepted(1, 10)), Awaited.NOTHING, 100);
        group.add(session, List.of(Samples.accepted(2, 10), Samples.sent(1)), Awaited.NOTHING, 101);
        group.add(session, List.of(Samples.sent(2)), Awaited.NOTHING, 102);
        Group young = leaveYoung(group, 100);
        assertEquals(Set.of(1L), outgoing(group).keySet());
        assertFalse(outgoing(group).get(1L).isQueued());
        assertEquals(Set.of(2L), outgoing(young).keySet());
        assertFalse(outgoing(young).get(2L).isQueued());
        assertEquals(101, young.oldest(1_000));
    }

    /** An identifier is free again, and messages that use it next must not meet it in the file. */
    @Test
    void leavesNothingElseForLater() {
        session.keep(1, new Flight(Keys.sent(1, 1), 7, 0, false));
        List<Change> others =
                List.of(
                        Samples.completed(1),
                        Samples.accepted(2, 10),
                        new Change.Sent(2, 7),
                        new Change.NumbersReserved(1_000));
        group.add(session, others, Awaited.NOTHING, 100);
        Group young = leaveYoung(group, 0);
        assertEquals(Set.of(1L), outgoing(group).keySet());
        assertTrue(group.sessions().iterator().next().sessionChanged);
        assertEquals(Set.of(2L), outgoing(young).keySet());
        assertFalse(young.sessions().iterator().next().sessionChanged);
    }

    @Test
    void holdsNothingOnceAllItsMessagesAreAcknowledged() {
        group.add(session, List.of(Samples.accepted(1, 10), Samples.sent(1)), Awaited.NOTHING, 100);
        Group young = leaveYoung(group, 0);
        assertTrue(group.isEmpty());
        young.add(session, List.of(Samples.completed(1)), Awaited.NOTHING, 200);
        leaveYoung(young, 150);
        assertTrue(young.isEmpty());
        assertEquals(1_000, young.oldest(1_000));
    }

    @Test
    void countsWhatItKeeps() {
        Group full = groupOf(200, Awaited.NOTHING);
        assertTrue(full.isFull());
        Group young = leaveYoung(full, -1);
        assertFalse(full.isFull());
        assertTrue(young.isFull());
    }

    /** Those who merge put their batches into the queue before they look at the claim. */
    @Test
    void claimsWhatItWritesAndLeavesWhatCameLater() {
        group.add(session, List.of(Samples.accepted(1, 10)), Awaited.NOTHING, 100);
        long then = group.claim(100, 100);
        assertEquals(1, session.claimed);
        group.add(session, List.of(Samples.sent(1), Samples.accepted(2, 10)), Awaited.NOTHING, 101);
        Group left = group.takeUnclaimed(then, 101);
        assertFalse(outgoing(group).get(1L).isQueued());
        assertEquals(Set.of(2L), outgoing(left).keySet());
        assertEquals(1, session.claimed);
    }

    /** Otherwise a chunk might be larger than the memory for it. */
    @Test
    void claimsNoMoreThanFitsIntoAChunk() {
        Message message = Message.to("t").payloadWithoutCopy(PAYLOAD).build();
        for (int i = 1; i <= 1_000; i++) {
            group.add(session, List.of(Samples.accepted(i, message)), Awaited.NOTHING, i);
        }
        long last = 0;
        Group rest = group;
        for (int groups = 0; !rest.isEmpty(); groups++) {
            Group left = rest.takeUnclaimed(rest.claim(1_000, 1_000), 1_000);
            assertTrue(session.claimed > last, "nothing is claimed");
            assertTrue(session.claimed - last <= 130, session.claimed + " after " + last);
            last = session.claimed;
            rest = left;
            assertTrue(groups < 1_000, "no end");
        }
        assertEquals(1_000, last);
    }

    /** Outcomes are told in the order of the batches. */
    @Test
    void leavesNothingThatCameBeforeABatchThatIsAwaited() {
        group.add(session, List.of(Samples.accepted(1, 10)), Awaited.NOTHING, 100);
        group.add(session, List.of(Samples.received(7, 1, "p")), Awaited.STORED, 101);
        group.add(session, List.of(Samples.accepted(2, 10)), Awaited.NOTHING, 102);
        assertTrue(group.isAwaited());
        Group left = leaveYoung(group, group.awaited(50));
        assertEquals(Set.of(2L), outgoing(left).keySet());
        assertFalse(left.isAwaited());
    }

    @Test
    void isStillAwaitedWhereThatCameAfterTheClaim() {
        group.add(session, List.of(Samples.accepted(1, 10)), Awaited.NOTHING, 100);
        long then = group.claim(100, 100);
        group.add(session, List.of(Samples.accepted(2, 10)), Awaited.STORED, 101);
        Group left = group.takeUnclaimed(then, 101);
        assertTrue(left.isAwaited());
        assertEquals(101, left.awaited(100));
    }

    /** PUBREL waits for no more than that; its batch may be told of as merged. */
    @Test
    void leavesYoungMessagesThoughOneInTheFileIsReleased() {
        session.keep(1, new Flight(Keys.sent(1, 1), 7, 0, false));
        group.add(session, List.of(Samples.accepted(2, 10)), Awaited.NOTHING, 100);
        group.add(session, List.of(new Change.Released(1, 1)), Awaited.MERGED, 101);
        assertTrue(group.isAwaited());
        assertEquals(50, group.awaited(50));
    }

    private static Group leaveYoung(Group group, long then) {
        return group.takeUnclaimed(group.claim(then, then), then);
    }

    private Map<Long, OutgoingChange> outgoing(Group of) {
        return of.sessions().iterator().next().outgoing;
    }

    private static Group groupOf(int messages, Awaited awaited) {
        Group group = new Group(0);
        SessionRow session = new SessionRow(1, "c");
        Message message = Message.to("t").payloadWithoutCopy(PAYLOAD).build();
        for (int i = 1; i <= messages; i++) {
            List<Change> accepted = List.of(Samples.accepted(i, message));
            group.add(session, accepted, awaited, 0);
        }
        return group;
    }
}
