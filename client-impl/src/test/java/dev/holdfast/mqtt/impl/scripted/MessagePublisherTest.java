package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessagePublisher;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.io.IOException;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A stream of messages, published no faster than they are acknowledged or stored. */
class MessagePublisherTest extends ScriptedTest {
    /** A stream whose messages a test sends one by one. */
    private static final class Source implements Flow.Subscription {
        final AtomicLong requested = new AtomicLong();
        final AtomicBoolean cancelled = new AtomicBoolean();
        private final Flow.Subscriber<? super Message> to;
        private long sent;

        Source(Flow.Subscriber<? super Message> to) {
            this.to = to;
            to.onSubscribe(this);
        }

        /** Sends all that is asked for; tells how many. */
        long sendWhatIsAskedFor(QoS qos) {
            long count = 0;
            for (; sent < requested.get(); count++) {
                to.onNext(message(qos, "" + ++sent));
            }
            return count;
        }

        @Override
        public void request(long n) {
            requested.addAndGet(n);
        }

        @Override
        public void cancel() {
            cancelled.set(true);
        }
    }

    private static Message message(QoS qos, String text) {
        return Message.to("t").payload(text).qos(qos).build();
    }

    @Test
    void asksForNoMoreThanItsWindow() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        MessagePublisher publisher = MessagePublisher.untilAcknowledged(client, 3);
        Source source = new Source(publisher);
        assertEquals(3, source.sendWhatIsAskedFor(QoS.AT_LEAST_ONCE));
        for (int i = 1; i <= 3; i++) {
            assertEquals("" + i, connection.expect(Publish.class).message().payloadText());
        }
        connection.fence();
        assertEquals(3, source.requested.get());
        connection.send(puback(1), puback(2));
        await("two more", () -> source.requested.get() == 5);
        assertEquals(2, source.sendWhatIsAskedFor(QoS.AT_LEAST_ONCE));
        publisher.onComplete();
        assertFalse(publisher.done().isDone());
        for (int i = 3; i <= 5; i++) {
            connection.send(puback(i));
        }
        assertEquals(5, get(publisher.done()));
        assertEquals(5, source.requested.get(), "Nothing is asked for after the end");
    }

    @Test
    void publishesAWholeStreamInOrder() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        MessagePublisher publisher = MessagePublisher.untilAcknowledged(client, 8);
        Thread feeder =
                new Thread(
                        () -> {
                            try (SubmissionPublisher<Message> stream =
                                    new SubmissionPublisher<>()) {
                                stream.subscribe(publisher);
                                for (int i = 1; i <= 200; i++) {
                                    stream.submit(message(QoS.AT_LEAST_ONCE, "" + i));
                                }
                            }
                        });
        feeder.start();
        for (int i = 1; i <= 200; i++) {
            Publish publish = connection.expect(Publish.class);
            assertEquals("" + i, publish.message().payloadText());
            connection.send(puback(publish));
        }
        assertEquals(200, get(publisher.done()));
    }

    /** The store is the one that sets the pace, so the server need not be there. */
    @Test
    void goesOnWithoutAConnectionUntilStored() {
        MqttClient client = client();
        MessagePublisher publisher = MessagePublisher.untilStored(client, 2);
        Source source = new Source(publisher);
        for (long sent = 0; sent < 100; ) {
            sent += source.sendWhatIsAskedFor(QoS.AT_LEAST_ONCE);
        }
        publisher.onComplete();
        assertTrue(get(publisher.done()) >= 100);
        assertEquals(get(publisher.done()), client.session().queuedMessages());
    }

    @Test
    void waitsWithoutAConnectionUntilAcknowledged() {
        Source source = new Source(MessagePublisher.untilAcknowledged(client(), 2));
        assertEquals(2, source.sendWhatIsAskedFor(QoS.AT_LEAST_ONCE));
        assertEquals(2, source.requested.get());
    }

    @Test
    void failsAndCancelsAtTheFirstRefusal() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        MessagePublisher publisher = MessagePublisher.untilAcknowledged(client, 2);
        Source source = new Source(publisher);
        source.sendWhatIsAskedFor(QoS.AT_LEAST_ONCE);
        connection.expect(Publish.class);
        connection.expect(Publish.class);
        connection.send(new Puback(1, ReasonCode.QUOTA_EXCEEDED));
        failure(MqttException.PublishRejected.class, publisher.done());
        await("the cancelling", source.cancelled::get);
        connection.send(puback(2));
        connection.fence();
        assertEquals(2, source.requested.get());
    }

    @Test
    void failsWithTheStream() {
        MessagePublisher publisher = MessagePublisher.untilStored(client(), 2);
        new Source(publisher);
        publisher.onError(new IOException("the file is gone"));
        assertEquals("the file is gone", failure(IOException.class, publisher.done()).getMessage());
    }

    @Test
    void failsAndCancelsWhenTheClientIsClosed() {
        MqttClient client = client();
        MessagePublisher publisher = MessagePublisher.untilStored(client, 2);
        Source source = new Source(publisher);
        client.close();
        source.sendWhatIsAskedFor(QoS.AT_LEAST_ONCE);
        failure(IllegalStateException.class, publisher.done());
        assertTrue(source.cancelled.get());
    }

    @Test
    void takesOneStreamOnly() {
        MessagePublisher publisher = MessagePublisher.untilStored(client(), 2);
        Source first = new Source(publisher);
        Source second = new Source(publisher);
        assertTrue(second.cancelled.get());
        assertEquals(0, second.requested.get());
        assertFalse(first.cancelled.get());
        assertThrows(NullPointerException.class, () -> publisher.onSubscribe(null));
        assertThrows(NullPointerException.class, () -> publisher.onNext(null));
        assertThrows(NullPointerException.class, () -> publisher.onError(null));
        assertThrows(
                IllegalArgumentException.class, () -> MessagePublisher.untilStored(client(), 0));
    }
}
