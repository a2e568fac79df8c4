package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is told of publications with numbers in a row is one event. */
class RunTest {
    private final TestCore core = new TestCore();

    private void publish(long sequence, QoS qos) {
        core.session.publish(sequence, Message.to("t").qos(qos).build(), OutgoingMessage.NEVER);
    }

    private void acknowledge(int packetIdentifier, ReasonCode reason) {
        core.session.received(new Puback(packetIdentifier, reason));
    }

    @Test
    void publicationsOfOneBatchAreStoredTogether() {
        for (int i = 1; i <= 3; i++) {
            publish(i, QoS.AT_LEAST_ONCE);
        }
        assertEquals(List.of(1L, 2L, 3L), core.stored());
        publish(4, QoS.AT_LEAST_ONCE);

        assertEquals(List.of(1L, 2L, 3L, 4L), core.stored());
        assertEquals(2, core.told(Event.Stored.class).size());
    }

    @Test
    void messageThatIsNotStoredIsNoPartOfARun() {
        publish(1, QoS.AT_LEAST_ONCE);
        publish(2, QoS.AT_MOST_ONCE);
        publish(3, QoS.AT_LEAST_ONCE);

        assertEquals(List.of(1L, 3L), core.stored());
    }

    @Test
    void acknowledgementsInAnyOrderAreToldInThatOrder() {
        core.connect(false);
        for (int i = 1; i <= 5; i++) {
            publish(i, QoS.AT_LEAST_ONCE);
            core.sent(Publish.class);
        }
        acknowledge(4, ReasonCode.SUCCESS);
        acknowledge(5, ReasonCode.SUCCESS);
        acknowledge(1, ReasonCode.SUCCESS);
        acknowledge(2, ReasonCode.NO_MATCHING_SUBSCRIBERS);
        acknowledge(3, ReasonCode.SUCCESS);

        assertEquals(List.of(4L, 5L, 1L, 2L, 3L), core.acknowledged());
        assertEquals(4, core.told(Event.Acknowledged.class).size());
        Event.Acknowledged second = core.told(Event.Acknowledged.class).get(2);
        assertEquals(ReasonCode.NO_MATCHING_SUBSCRIBERS, second.acknowledgement().reason());
    }
}
