package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A session without a store keeps all of it, and gives nothing to a store. */
class InMemoryTest {
    private static final long FAR_MORE_THAN_A_WINDOW = 3L * Backlog.WINDOW_MESSAGES;

    private final Session session =
            Session.inMemory(TestCore.settings(), new SplittableRandom(1), Encoder::encodedSize);

    private final List<Packet> sent = new ArrayList<>();
    private final List<Event> events = new ArrayList<>();
    private long now = 1_000;
    private long wakeAt;

    /** Does what the core asks for, the network apart. */
    private void turn() {
        boolean more = true;
        while (more) {
            session.advance(now, now);
            Ready ready = session.poll();
            assertNull(ready.batch(), "nothing is stored");
            assertEquals(Ready.NO_READ, ready.readQueuedAfter(), "nothing is read");
            sent.addAll(ready.packets());
            events.addAll(ready.events());
            more = ready.more();
            wakeAt = ready.deadline();
        }
    }

    private void connect(boolean sessionPresent) {
        turn();
        now += 2_000;
        turn();
        session.opened();
        turn();
        sent.clear();
        session.received(TestCore.connack(sessionPresent));
        turn();
    }

    private void publish(long sequence, QoS qos) {
        Message message = Message.to("t").qos(qos).payload(Long.toString(sequence)).build();
        session.publish(sequence, message, OutgoingMessage.NEVER);
        turn();
    }

    private <E extends Event> List<E> told(Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    private List<Publish> published() {
        return sent.stream().filter(Publish.class::isInstance).map(Publish.class::cast).toList();
    }

    @Test
    void sendsALongQueueInOrder() {
        for (long i = 1; i <= FAR_MORE_THAN_A_WINDOW; i++) {
            publish(i, QoS.AT_LEAST_ONCE);
        }
        assertEquals(FAR_MORE_THAN_A_WINDOW, session.queuedMessages());
        session.connect(1);
        connect(false);

        List<String> payloads = new ArrayList<>();
        for (List<Publish> some = published(); !some.isEmpty(); some = published()) {
            sent.clear();
            for (Publish p : some) {
                payloads.add(p.message().payloadText());
                session.received(new Puback(p.packetIdentifier(), ReasonCode.SUCCESS));
            }
            turn();
        }

        assertEquals(
                LongStream.rangeClosed(1, FAR_MORE_THAN_A_WINDOW).mapToObj(Long::toString).toList(),
                payloads);
        assertEquals(0, session.queuedMessages());
    }

    @Test
    void tellsAtOnceThatAMessageIsStored() {
        publish(1, QoS.EXACTLY_ONCE);

        assertEquals(1, told(Event.Stored.class).size());
    }

    @Test
    void completesAnExchangeAtQos2OverTwoConnections() {
        session.connect(1);
        connect(false);
        publish(1, QoS.EXACTLY_ONCE);
        int identifier = published().get(0).packetIdentifier();
        session.received(new Pubrec(identifier, ReasonCode.SUCCESS));
        turn();

        session.closed(new MqttException.ConnectionLost("cut", null, false));
        connect(true);

        assertEquals(
                List.of(identifier),
                sent.stream().map(p -> ((Pubrel) p).packetIdentifier()).toList());
        session.received(new Pubcomp(identifier, ReasonCode.SUCCESS));
        turn();
        assertEquals(1, told(Event.Acknowledged.class).size());
    }

    /** Turns until nothing is to be done now. */
    private void allTurns() {
        turn();
        while (wakeAt <= now) {
            turn();
        }
    }

    @Test
    void failsAllThatHaveExpiredWithinASecondHoweverManyTheyAre() {
        Message message = Message.to("t").qos(QoS.AT_LEAST_ONCE).build();
        for (long i = 1; i <= FAR_MORE_THAN_A_WINDOW; i++) {
            session.publish(i, message, now + 5_000);
        }
        turn();
        now += 6_000;
        allTurns();
        now += 1_000; // those that had not expired when looking at them began
        allTurns();

        assertEquals(0, session.queuedMessages());
        assertEquals(FAR_MORE_THAN_A_WINDOW, told(Event.PublishFailed.class).size());
    }

    @Test
    void failsWhatHasExpiredBehindManyThatDoNotExpire() {
        for (QoS qos : List.of(QoS.AT_MOST_ONCE, QoS.AT_LEAST_ONCE)) {
            events.clear();
            long first = qos == QoS.AT_MOST_ONCE ? 1 : FAR_MORE_THAN_A_WINDOW + 2;
            Message message = Message.to("t").qos(qos).build();
            for (long i = 0; i < FAR_MORE_THAN_A_WINDOW; i++) {
                session.publish(first + i, message, OutgoingMessage.NEVER);
            }
            session.publish(first + FAR_MORE_THAN_A_WINDOW, message, now + 5_000);
            turn();
            for (int second = 0; second < 7; second++) {
                now += 1_000;
                allTurns();
            }
            assertEquals(1, told(Event.PublishFailed.class).size(), qos.toString());
        }
    }

    @Test
    void sendsNoMoreInATurnHoweverManySubscriptionsAreMadeInIt() {
        session.connect(1);
        connect(false);
        Message message = Message.to("t").qos(QoS.AT_MOST_ONCE).build();
        for (long i = 1; i <= 5_000; i++) {
            session.publish(i, message, OutgoingMessage.NEVER);
        }
        for (int i = 0; i < 20; i++) {
            session.subscribe(i, Subscription.to("filter/" + i));
        }
        long published =
                session.poll().packets().stream().filter(Publish.class::isInstance).count();
        assertEquals(512, published);
        turn();
        assertEquals(5_000 - 512, published().size());
    }

    @Test
    void findsAPublicationFarBehindInTheQueue() {
        for (long i = 1; i <= FAR_MORE_THAN_A_WINDOW; i++) {
            publish(i, QoS.AT_LEAST_ONCE);
        }
        assertEquals(Backlog.WINDOW_MESSAGES, session.pending().size());
        assertEquals(FAR_MORE_THAN_A_WINDOW, session.pending(FAR_MORE_THAN_A_WINDOW).sequence());
        assertNull(session.pending(FAR_MORE_THAN_A_WINDOW + 1));
    }

    @Test
    void takesBackAMessageFarBehindInTheQueue() {
        for (long i = 1; i <= FAR_MORE_THAN_A_WINDOW; i++) {
            publish(i, QoS.AT_LEAST_ONCE);
        }
        MqttException cause = new MqttException.Cancelled("not wanted");
        for (long i : new long[] {1, 2 * Backlog.WINDOW_MESSAGES, FAR_MORE_THAN_A_WINDOW}) {
            assertEquals(Session.Withdrawn.YES, session.withdraw(i, cause));
            assertEquals(Session.Withdrawn.NOT_PENDING, session.withdraw(i, cause));
        }
        turn();

        assertEquals(FAR_MORE_THAN_A_WINDOW - 3, session.queuedMessages());
        assertEquals(3, told(Event.PublishFailed.class).size());
    }
}
