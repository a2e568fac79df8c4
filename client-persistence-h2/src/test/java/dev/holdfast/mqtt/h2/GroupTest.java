package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.store.Change;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How much is written in one go. */
class GroupTest {
    private static final byte[] PAYLOAD = new byte[256 << 10];

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

    private static Group groupOf(int messages, QoS qos) {
        Group group = new Group();
        SessionRow session = new SessionRow(1, "c");
        Message message = Message.to("t").qos(qos).payloadWithoutCopy(PAYLOAD).build();
        for (int i = 1; i <= messages; i++) {
            List<Change> accepted = List.of(Samples.accepted(i, message));
            group.add(session, accepted);
        }
        return group;
    }
}
