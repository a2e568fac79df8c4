package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.store.OutgoingMessage;
import org.junit.jupiter.api.Test;

/** A server cannot acknowledge what has not been sent: its answer is to something else. */
class EarlyAnswersTest {
    private final TestCore core = new TestCore();

    private void publish(long sequence, QoS qos) {
        Message message = Message.to("t").qos(qos).build();
        core.session.publish(sequence, message, OutgoingMessage.NEVER);
    }

    @Test
    void pubackForAMessageThatWaitsForItsTurnIsNotBelieved() {
        core.connect(false);
        core.diskHangs = true;
        publish(1, QoS.EXACTLY_ONCE);
        publish(2, QoS.AT_LEAST_ONCE);
        core.assertNothingSent();

        core.session.received(new Puback(2, ReasonCode.SUCCESS));

        assertTrue(core.acknowledged().isEmpty());
    }

    /** PUBREL leaves first: what the server holds is not taken for the message that follows. */
    @Test
    void pubrecForAMessageThatWaitsForTheDiskIsNotBelieved() {
        core.connect(false);
        core.diskHangs = true;
        publish(1, QoS.EXACTLY_ONCE);
        core.assertNothingSent();

        core.session.received(new Pubrec(1, ReasonCode.SUCCESS));
        core.diskHangs = false;

        assertEquals(ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, core.sent(Pubrel.class).reason());
        assertEquals(1, core.sent(Publish.class).packetIdentifier());
    }

    /**
     * What was sent before, the server may mean, though it is to be sent again. A server that says
     * so twice would take the repeat for a new message, if the first were not believed.
     */
    @Test
    void pubrecForAMessageWhoseRepeatWaitsForTheDiskIsBelieved() {
        core.connect(false);
        publish(1, QoS.EXACTLY_ONCE);
        core.sent(Publish.class);
        core.cut();
        core.open();
        core.sent(Connect.class);
        core.diskHangs = true;
        core.session.received(TestCore.connack(true));
        core.assertNothingSent();

        core.session.received(new Pubrec(1, ReasonCode.SUCCESS));
        core.diskHangs = false;

        assertTrue(core.sent(Publish.class).dup());
        assertEquals(ReasonCode.SUCCESS, core.sent(Pubrel.class).reason());
    }
}
