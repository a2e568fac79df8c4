package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.store.OutgoingMessage;
import org.junit.jupiter.api.Test;

/** A server that is faster than the disk has to wait, and is not taken for silent meanwhile. */
class SlowDiskTest {
    private static final int FLOOD = 100_000;

    private static final Message MESSAGE =
            Message.to("t").qos(QoS.EXACTLY_ONCE).payload(new byte[1]).build();

    private final TestCore core = new TestCore();

    /** Sends for as long as the core reads; tells how often. */
    private int flood(Packet packet) {
        for (int i = 0; i < FLOOD; i++) {
            if (!core.reads()) {
                return i;
            }
            core.session.received(packet);
        }
        return FLOOD;
    }

    @Test
    void repeatedMessagesAreNotReadOnWhileTheirAnswersWaitForTheDisk() {
        core.connect(false);
        core.diskHangs = true;

        int sent = flood(new Publish(MESSAGE, 1, true));

        assertTrue(sent < FLOOD, "the core reads on without end");
        core.assertNothingSent();
        core.diskHangs = false;
        for (int i = 0; i < sent; i++) {
            assertEquals(1, core.sent(Pubrec.class).packetIdentifier());
        }
        assertTrue(core.reads());
    }

    @Test
    void unknownPubrelsAreNotReadOnWhileTheirAnswersWaitForTheDisk() {
        core.connect(false);
        core.diskHangs = true;
        core.session.received(new Publish(MESSAGE, 1, false));

        int sent = flood(new Pubrel(2, ReasonCode.SUCCESS));

        assertTrue(sent < FLOOD, "the core reads on without end");
        core.diskHangs = false;
        core.sent(Pubrec.class);
        for (int i = 0; i < sent; i++) {
            assertEquals(ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, core.sent(Pubcomp.class).reason());
        }
        assertTrue(core.reads());
    }

    /**
     * Acknowledgements spare the disk the messages, so they are read for long, but not for ever.
     */
    @Test
    void acknowledgementsAreReadOnWhileMessagesWaitForTheDisk() {
        core.connect(false);
        core.diskHangs = true;
        Message message = Message.to("t").qos(QoS.AT_LEAST_ONCE).payload(new byte[1]).build();

        int acknowledged = 0;
        while (core.reads() && acknowledged < FLOOD) {
            core.session.publish(acknowledged + 1, message, OutgoingMessage.NEVER);
            int packetIdentifier = core.sent(Publish.class).packetIdentifier();
            core.session.received(new Puback(packetIdentifier, ReasonCode.SUCCESS));
            acknowledged++;
        }

        assertTrue(acknowledged > 10_000, "the core stops reading after " + acknowledged);
        assertTrue(acknowledged < FLOOD, "the core reads on without end");
        assertEquals(acknowledged, core.acknowledged().size());
        core.diskHangs = false;
        core.advance(0);
        assertTrue(core.reads());
    }

    /** What is dropped leaves the queue at once, but its way to the disk only when that goes on. */
    @Test
    void publishingFailsWhenDroppedMessagesPileUpOnTheirWayToTheDisk() {
        TestCore bounded =
                new TestCore(
                        TestCore.settings(
                                false,
                                new StoreLimits(
                                        10, 32L << 20, 10, StoreLimits.WhenFull.DROP_OLDEST),
                                SessionLostPolicy.defaults(),
                                ReconnectPolicy.never()));
        bounded.diskHangs = true;
        Message mebibyte = Message.to("t").payload(new byte[1 << 20]).build();
        for (int i = 1; i <= 100; i++) {
            bounded.session.publish(i, mebibyte, OutgoingMessage.NEVER);
        }
        bounded.diskHangs = false;
        bounded.advance(0);

        assertEquals(64, bounded.stored().size());
        assertEquals(90, bounded.told(Event.PublishFailed.class).size());
        bounded.session.publish(101, mebibyte, OutgoingMessage.NEVER);
        assertEquals(65, bounded.stored().size());
    }

    @Test
    void serverThatIsNotReadIsNotTakenForSilent() {
        core.connect(TestCore.connackWithKeepAlive(10));
        core.diskHangs = true;
        flood(new Publish(MESSAGE, 1, true));
        assertFalse(core.reads());

        for (int i = 0; i < 10; i++) {
            core.advance(10_000);
        }
        core.diskHangs = false;
        core.advance(0);

        assertTrue(core.told(Event.Disconnected.class).isEmpty());
    }
}
