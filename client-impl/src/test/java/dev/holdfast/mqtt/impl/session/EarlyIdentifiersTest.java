package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.SessionState;
import dev.holdfast.mqtt.store.SessionState.Presence;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What leaves while it is being stored, and what a later run makes of it. */
class EarlyIdentifiersTest {
    private TestCore core = new TestCore();

    private void publish(long sequence) {
        Message message = Message.to("t").qos(QoS.EXACTLY_ONCE).build();
        core.session.publish(sequence, message, OutgoingMessage.NEVER);
    }

    private void complete(int packetIdentifier) {
        core.session.received(new Pubrec(packetIdentifier, ReasonCode.SUCCESS));
        core.sent(Pubrel.class);
        core.session.received(new Pubcomp(packetIdentifier, ReasonCode.SUCCESS));
        core.assertNothingSent();
    }

    /** A run behind one that had reserved some, and was killed. */
    private static TestCore afterACrash(int reserved) {
        SessionState disk = new SessionState();
        disk.apply(new Change.Presence(Presence.HELD));
        disk.apply(new Change.IdentifiersReserved(reserved));
        return new TestCore(TestCore.settings(), disk);
    }

    private int reserved() {
        return core.disk.recovered().identifiersReserved();
    }

    @Test
    void reservationGrowsWithWhatIsInFlightAndNotAbove8192() {
        core.connect(false);
        assertEquals(0, reserved());
        publish(1);
        complete(core.sent(Publish.class).packetIdentifier());
        publish(2);
        core.sent(Publish.class);
        assertEquals(1, reserved(), "one at a time takes one");
        for (int i = 3; i <= 100; i++) {
            publish(i);
            core.sent(Publish.class);
        }
        assertTrue(reserved() >= 64 && reserved() <= 256, "reserved " + reserved());
        for (int i = 101; i <= 20_000; i++) {
            publish(i);
            core.sent(Publish.class);
        }
        assertEquals(8_192, reserved());
    }

    @Test
    void nothingIsReservedForQos1() {
        core.connect(false);
        Message message = Message.to("t").qos(QoS.AT_LEAST_ONCE).build();
        core.session.publish(1, message, OutgoingMessage.NEVER);
        core.sent(Publish.class);

        assertEquals(0, reserved());
    }

    @Test
    void theServerIsToldToLetGoOfWhatTheDiskDoesNotKnowBeforeItIsUsedAgain() {
        core = afterACrash(2);
        core.connect(true);
        assertEquals(1, core.sent(Pubrel.class).packetIdentifier());
        assertEquals(2, core.sent(Pubrel.class).packetIdentifier());
        publish(1);
        assertEquals(3, core.sent(Publish.class).packetIdentifier());

        core.session.received(new Pubcomp(2, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));

        core.diskHangs = true;
        publish(2);
        assertEquals(2, core.sent(Publish.class).packetIdentifier());
        assertEquals(List.of(1L), core.stored());
    }

    @Test
    void noMoreAreReservedWhileTheServerMayStillLetGoOfSome() {
        core = afterACrash(1);
        core.connect(true);
        core.sent(Pubrel.class);
        publish(1);
        core.sent(Publish.class);
        assertEquals(1, reserved());

        core.session.received(new Pubcomp(1, ReasonCode.SUCCESS));

        publish(2);
        assertEquals(1, core.sent(Publish.class).packetIdentifier());
        publish(3);
        core.sent(Publish.class);
        assertEquals(2, reserved());
    }

    /** An answer to it would meet a message that knows no such answer. */
    @Test
    void anIdentifierThatWasAnsweredTwiceIsNotTakenByAMessageAtQos1Either() {
        core.connect(false);
        for (int i = 1; i <= 4; i++) {
            publish(i);
            assertEquals(i, core.sent(Publish.class).packetIdentifier());
        }
        core.session.received(new Pubrec(4, ReasonCode.SUCCESS));
        core.session.received(new Pubrec(4, ReasonCode.SUCCESS));
        core.sent(Pubrel.class);
        core.sent(Pubrel.class);
        core.session.received(new Pubcomp(4, ReasonCode.SUCCESS));

        Message message = Message.to("t").qos(QoS.AT_LEAST_ONCE).build();
        core.session.publish(5, message, OutgoingMessage.NEVER);

        assertNot(4, core.sent(Publish.class).packetIdentifier());
        core.session.received(new Pubcomp(4, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
        core.assertNothingSent();
    }

    @Test
    void whatHasNoAnswerIsReleasedAgainOnTheNextConnection() {
        core = afterACrash(2);
        core.connect(true);
        core.session.received(new Pubcomp(1, ReasonCode.SUCCESS));
        core.cut();

        core.connect(true);

        assertEquals(2, core.sent(Pubrel.class).packetIdentifier());
        core.assertNothingSent();
    }

    @Test
    void aNewSessionHoldsNothing() {
        core = afterACrash(2);
        core.connect(false);
        core.assertNothingSent();
        core.diskHangs = true;

        publish(1);

        assertEquals(1, core.sent(Publish.class).packetIdentifier());
    }

    @Test
    void pubrecForWhatWasForgottenIsAnsweredAndItsIdentifierRestsUntilTheConnectionEnds() {
        core = afterACrash(1);
        core.connect(true);
        core.sent(Pubrel.class);
        core.session.received(new Pubrec(1, ReasonCode.SUCCESS));
        assertEquals(ReasonCode.SUCCESS, core.sent(Pubrel.class).reason());
        core.session.received(new Pubcomp(1, ReasonCode.SUCCESS));
        publish(1);
        complete(assertNot(1, core.sent(Publish.class).packetIdentifier()));
        core.session.received(new Pubcomp(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
        core.cut();
        core.connect(true);
        core.diskHangs = true;

        publish(2);
        publish(3);

        assertEquals(2, core.sent(Publish.class).packetIdentifier());
        assertEquals(1, core.sent(Publish.class).packetIdentifier());
    }

    @Test
    void anIdentifierThatIsReservedLaterRestsToo() {
        publish(1);
        core.connect(false);
        assertEquals(1, core.sent(Publish.class).packetIdentifier());
        assertEquals(0, reserved());
        core.session.received(new Pubrec(1, ReasonCode.SUCCESS));
        core.session.received(new Pubrec(1, ReasonCode.SUCCESS));
        core.sent(Pubrel.class);
        core.sent(Pubrel.class);
        core.session.received(new Pubcomp(1, ReasonCode.SUCCESS));
        publish(2);
        complete(assertNot(1, core.sent(Publish.class).packetIdentifier()));

        publish(3);

        assertNot(1, core.sent(Publish.class).packetIdentifier());
    }

    private static int assertNot(int resting, int packetIdentifier) {
        assertNotEquals(resting, packetIdentifier, "is used again though an answer may come");
        return packetIdentifier;
    }

    @Test
    void anIdentifierIsNotUsedEarlyWhileTheDiskKnowsItsLastUser() {
        core.connect(false);
        publish(1);
        complete(core.sent(Publish.class).packetIdentifier());
        core.diskHangs = true;
        publish(2);
        assertEquals(1, core.sent(Publish.class).packetIdentifier());
        core.diskHangs = false;
        core.session.received(new Pubrec(1, ReasonCode.SUCCESS));
        core.sent(Pubrel.class);
        core.diskHangs = true;
        core.session.received(new Pubcomp(1, ReasonCode.SUCCESS));

        publish(3);

        core.assertNothingSent();
        core.diskHangs = false;
        assertEquals(2, core.sent(Publish.class).packetIdentifier());
    }

    @Test
    void aMessageThatWasAcceptedOfflineWaitsForTheDisk() {
        core.connect(false);
        publish(1);
        complete(core.sent(Publish.class).packetIdentifier());
        core.cut();
        publish(2);
        core.open();
        core.sent(Connect.class);
        core.diskHangs = true;

        core.session.received(TestCore.connack(true));

        core.assertNothingSent();
        core.diskHangs = false;
        core.sent(Publish.class);
    }

    /** Its exchange goes on, and the disk never hears of it. */
    @Test
    void pubrelNeedNotWaitForTheDiskThatHasNothingOfTheMessage() {
        core.connect(false);
        publish(1);
        complete(core.sent(Publish.class).packetIdentifier());
        core.diskHangs = true;
        core.diskMerges = true;
        publish(2);
        int identifier = core.sent(Publish.class).packetIdentifier();

        complete(identifier);

        assertEquals(List.of(1L, 2L), core.acknowledged());
        publish(3);
        assertEquals(identifier, core.sent(Publish.class).packetIdentifier(), "free at once");
        core.diskHangs = false;
        core.assertNothingSent();
        assertEquals(1, core.disk.recovered().inFlight().size());
    }

    @Test
    void pubrelsKeepTheirOrderThoughTheDiskHasTheFirstMessage() {
        core = afterACrash(4);
        core.connect(false);
        publish(2);
        int first = core.sent(Publish.class).packetIdentifier();
        core.assertNothingSent();
        core.diskHangs = true;
        core.diskMerges = true;
        publish(3);
        int second = core.sent(Publish.class).packetIdentifier();
        core.session.received(new Pubrec(first, ReasonCode.SUCCESS));
        core.assertNothingSent();

        core.session.received(new Pubrec(second, ReasonCode.SUCCESS));

        core.assertNothingSent();
        core.diskHangs = false;
        assertEquals(first, core.sent(Pubrel.class).packetIdentifier());
        assertEquals(second, core.sent(Pubrel.class).packetIdentifier());
    }

    /** The network took no more in the turn that accepted it. */
    private void publishAndSendLater(long sequence) {
        core.session.writable(false);
        publish(sequence);
        core.assertNothingSent();
        core.session.writable(true);
    }

    @Test
    void aMessageOfAnEarlierBatchLeavesWhereTheDiskMergesThatWithItsIdentifier() {
        core.connect(false);
        publish(1);
        complete(core.sent(Publish.class).packetIdentifier());
        core.diskHangs = true;
        core.diskMerges = true;

        publishAndSendLater(2);

        complete(core.sent(Publish.class).packetIdentifier());
        assertEquals(List.of(1L, 2L), core.acknowledged());
    }

    @Test
    void aMessageOfAnEarlierBatchAndThoseBehindItWaitUntilItIsMerged() {
        core = afterACrash(4);
        core.connect(false);
        core.diskHangs = true;
        publishAndSendLater(1);
        core.assertNothingSent();
        long batch = core.lastBatch();
        publish(2);
        core.assertNothingSent();

        core.session.mergedUpTo(batch);

        assertEquals(1, core.sent(Publish.class).packetIdentifier());
        assertEquals(2, core.sent(Publish.class).packetIdentifier());
    }

    /** Sent behind it, the PUBLISH would be taken for a new message. */
    @Test
    void pubrelDoesNotOvertakeTheRepeatOfItsPublish() {
        core.connect(false);
        publish(1);
        complete(core.sent(Publish.class).packetIdentifier());
        core.diskHangs = true;
        core.diskMerges = true;
        publish(2);
        int identifier = core.sent(Publish.class).packetIdentifier();
        core.diskHangs = false;
        core.cut();
        core.open();
        core.sent(Connect.class);
        core.diskHangs = true;
        core.session.received(TestCore.connack(true));
        core.assertNothingSent();
        core.session.received(new Pubrec(identifier, ReasonCode.SUCCESS));

        core.session.mergedUpTo(core.lastBatch());

        core.assertNothingSent();
        core.diskHangs = false;
        assertEquals(identifier, core.sent(Publish.class).packetIdentifier());
        assertEquals(identifier, core.sent(Pubrel.class).packetIdentifier());
    }
}
