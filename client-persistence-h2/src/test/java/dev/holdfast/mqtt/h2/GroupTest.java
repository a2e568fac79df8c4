package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.store.Change;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How much is written in one go. */
class GroupTest {
    private static final byte[] PAYLOAD = new byte[256 << 10];

    private final SessionRow session = new SessionRow(1, "c");
    private final Group group = new Group();

    /** H2 makes a buffer anew for what does not fit into the one it keeps. */
    @Test
    void takesOnlyWhatFitsIntoOneBufferAtQos2() {
        assertFalse(groupOf(7, QoS.EXACTLY_ONCE).isFull());
        assertTrue(groupOf(8, QoS.EXACTLY_ONCE).isFull());
    }

    /** Their acknowledgements may be near, and spare the file the messages. */
    @Test
    void takesMoreAtQos1() {
        assertFalse(groupOf(8, QoS.AT_LEAST_ONCE).isFull());
    }

    @Test
    void leavesMessagesThatWereJustAcceptedForLater() {
        group.add(session, List.of(Samples.accepted(1, 10)), 100);
        group.add(session, List.of(Samples.accepted(2, 10), Samples.sent(1)), 101);
        group.add(session, List.of(Samples.sent(2)), 102);
        Group young = group.takeYoung(100);
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
        group.add(session, others, 100);
        Group young = group.takeYoung(0);
        assertEquals(Set.of(1L), outgoing(group).keySet());
        assertTrue(group.sessions().iterator().next().sessionChanged);
        assertEquals(Set.of(2L), outgoing(young).keySet());
        assertFalse(young.sessions().iterator().next().sessionChanged);
    }

    @Test
    void holdsNothingOnceAllItsMessagesAreAcknowledged() {
        group.add(session, List.of(Samples.accepted(1, 10), Samples.sent(1)), 100);
        Group young = group.takeYoung(0);
        assertTrue(group.isEmpty());
        young.add(session, List.of(Samples.completed(1)), 200);
        young.takeYoung(150);
        assertTrue(young.isEmpty());
        assertEquals(1_000, young.oldest(1_000));
    }

    @Test
    void countsWhatItKeeps() {
        Group full = groupOf(200, QoS.AT_LEAST_ONCE);
        assertTrue(full.isFull());
        Group young = full.takeYoung(-1);
        assertFalse(full.isFull());
        assertTrue(young.isFull());
    }

    private Map<Long, OutgoingChange> outgoing(Group of) {
        return of.sessions().iterator().next().outgoing;
    }

    private static Group groupOf(int messages, QoS qos) {
        Group group = new Group();
        SessionRow session = new SessionRow(1, "c");
        Message message = Message.to("t").qos(qos).payloadWithoutCopy(PAYLOAD).build();
        for (int i = 1; i <= messages; i++) {
            List<Change> accepted = List.of(Samples.accepted(i, message));
            group.add(session, accepted, 0);
        }
        return group;
    }
}
