package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.again;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Failures in publishing that were really reported against other clients. Each comment says what
 * went wrong there.
 */
class PublishTrapsTest extends ScriptedTest {
    /** A Topic Alias was written into the stored packet, and meant nothing after the reconnect. */
    @Test
    void sendsTheFullTopicOnEachConnection() {
        MqttClient client = client();
        client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send("20 06 00 00 03 22 00 05"); // Topic Alias Maximum 5
        for (int i = 0; i < 3; i++) {
            publish(client, QoS.AT_LEAST_ONCE, "x");
            Publish sent = connection.expect(Publish.class);
            assertEquals("32 07 00 01 74 00 0" + (i + 1) + " 00 78", connection.lastBytes());
            assertEquals("t", sent.message().topic());
        }
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        for (int i = 0; i < 3; i++) {
            next.expectBytes("3A 07 00 01 74 00 0" + (i + 1) + " 00 78");
        }
    }

    /**
     * A refusal was counted as success; or the message failed, but its place in the window and its
     * record were never given back.
     */
    @Test
    void givesEverythingBackAfterARefusal() {
        TestStore store = new TestStore();
        MqttClient client = client(b -> b.store(store));
        ScriptedConnection connection = connect(client, connack().receiveMaximum(1));
        for (int i = 0; i < 4; i++) {
            boolean twice = i % 2 == 1;
            Publication publication =
                    publish(client, twice ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE, "x");
            int identifier = connection.expect(Publish.class).packetIdentifier();
            connection.send(
                    twice
                            ? new Pubrec(identifier, ReasonCode.QUOTA_EXCEEDED)
                            : new Puback(identifier, ReasonCode.QUOTA_EXCEEDED));
            assertEquals(
                    ReasonCode.QUOTA_EXCEEDED,
                    failure(MqttException.PublishRejected.class, publication.acknowledged())
                            .reason());
        }
        assertEquals(List.of(), store.content().inFlight());
        assertEquals(0, store.content().queuedMessages());
    }

    /**
     * After a restart new messages got identifiers that stored ones still used, and order was
     * guessed from identifiers.
     */
    @Statement({"4.3.2-1", "4.3.3-1", "4.6.0-1"})
    @Test
    void knowsIdentifiersAndOrderAfterARestart() {
        TestStore store = new TestStore();
        store.holdsSession();
        store.holdsInFlight(10, QoS.AT_LEAST_ONCE, 65_534);
        store.holdsInFlight(11, QoS.EXACTLY_ONCE, 3);
        store.holdsInFlight(12, QoS.AT_LEAST_ONCE, 65_535);
        store.holdsInFlight(13, QoS.EXACTLY_ONCE, 1);
        store.holdsQueued(14, QoS.AT_LEAST_ONCE);
        MqttClient client = client(b -> b.store(store));
        ScriptedConnection connection = connect(client, connack().sessionPresent());
        for (int identifier : List.of(65_534, 3, 65_535, 1)) {
            Publish resent = connection.expect(Publish.class);
            assertEquals(identifier, resent.packetIdentifier());
            assertTrue(resent.dup());
        }
        Publish queued = connection.expect(Publish.class);
        assertEquals("14", queued.message().payloadText());
        assertEquals(2, queued.packetIdentifier());
        assertFalse(queued.dup());
        publish(client, QoS.AT_LEAST_ONCE, "new");
        assertEquals(4, connection.expect(Publish.class).packetIdentifier());
    }

    /** No more than 65,535 messages could wait, because each took its identifier on arrival. */
    @Test
    void queuesMoreMessagesThanThereAreIdentifiers() {
        MqttClient client = client();
        Message message = Message.to("t").build();
        Publication last = client.publish(message);
        for (int i = 1; i < 70_000; i++) {
            last = client.publish(message);
        }
        get(last.stored());
        assertEquals(70_000, client.session().queuedMessages());
    }

    /**
     * A message that was never sent went out with DUP, as if it had been; or it was thrown away
     * together with the session that it was no part of.
     */
    @Statement("3.3.1-3")
    @Test
    void treatsWhatWasNeverSentAsNew() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client, connack().receiveMaximum(1));
        publish(client, QoS.AT_LEAST_ONCE, "sent");
        Publication waiting = publish(client, QoS.EXACTLY_ONCE, "waiting");
        Publish sent = connection.expect(Publish.class);
        connection.cut();
        ScriptedConnection next =
                server.accept().accept(connack().sessionPresent().receiveMaximum(1));
        next.expect(again(sent));
        next.fence();
        next.cut();
        ScriptedConnection last = server.accept().accept();
        Publish republished = last.expect(Publish.class);
        Publish first = last.expect(Publish.class);
        assertEquals("sent", republished.message().payloadText());
        assertEquals("waiting", first.message().payloadText());
        assertFalse(first.dup());
        last.send(pubrec(first));
        last.expect(pubrel(first.packetIdentifier()));
        last.send(pubcomp(first));
        get(waiting.acknowledged());
    }

    /** A released message was sent again as a PUBLISH, and arrived twice. */
    @Statement("4.3.3-6")
    @Test
    void neverPublishesAgainWhatWasReleased() {
        TestStore store = new TestStore();
        MqttClient first = client(b -> b.store(store));
        ScriptedConnection connection = connect(first);
        publish(first, QoS.EXACTLY_ONCE, "x");
        Publish sent = connection.expect(Publish.class);
        connection.send(pubrec(sent));
        connection.expect(pubrel(sent.packetIdentifier()));
        first.close();
        MqttClient second = client(b -> b.store(store));
        ScriptedConnection next = connect(second, connack().sessionPresent());
        next.expect(pubrel(sent.packetIdentifier()));
        next.fence();
    }

    /**
     * The record in the queue was deleted before the one in flight was written, or the other way
     * round: a crash in between lost or doubled the message.
     */
    @Test
    void hasEachMessageInTheStoreExactlyOnceAtEachStep() {
        TestStore store = new TestStore();
        MqttClient client = client(b -> b.store(store));
        Publication publication = publish(client, QoS.EXACTLY_ONCE, "x");
        get(publication.stored());
        assertEquals(1, store.content().queuedMessages());
        ScriptedConnection connection = connect(client);
        Publish sent = connection.expect(Publish.class);
        assertEquals(0, store.content().queuedMessages());
        assertEquals(1, store.content().inFlight().size());
        connection.send(pubrec(sent));
        connection.expect(pubrel(sent.packetIdentifier()));
        assertEquals(1, store.content().inFlight().size());
        connection.send(pubcomp(sent));
        get(publication.acknowledged());
        connection.fence();
        assertEquals(List.of(), store.content().inFlight());
    }

    /** It took many minutes to start with 30,000 stored messages. */
    @Test
    void startsQuicklyWithManyStoredMessages() {
        TestStore store = new TestStore();
        store.holdsSession();
        for (int i = 1; i <= 30_000; i++) {
            store.holdsQueued(1_000 + i, QoS.AT_LEAST_ONCE);
        }
        MqttClient client = client(b -> b.store(store));
        ScriptedConnection connection =
                connect(client, connack().sessionPresent().receiveMaximum(10));
        for (int i = 1; i <= 20; i++) {
            Publish sent = connection.expect(Publish.class);
            assertEquals("" + (1_000 + i), sent.message().payloadText());
            connection.send(puback(sent));
        }
        assertTrue(store.mostRead() < 30_000, "all was read into memory at once");
    }

    /** 65,535 was read into a signed short: too many publishes in progress, for ever. */
    @Test
    void understandsTheLargestReceiveMaximum() {
        MqttClient client = client();
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send("20 06 00 00 03 21 FF FF");
        assertEquals(65_535, get(connected).limits().receiveMaximum());
        publish(client, QoS.AT_LEAST_ONCE, "x");
        connection.expect(Publish.class);
    }

    /**
     * An asynchronous publish blocked as soon as the server did not keep up; or it did not, and the
     * queue had no bound at all.
     */
    @Test
    void neitherBlocksNorGrowsWhenTheServerDoesNotRead() {
        MqttClient client =
                client(
                        b ->
                                b.storeLimits(
                                        new StoreLimits(
                                                100, 8 << 20, 1, StoreLimits.WhenFull.FAIL)));
        ScriptedConnection connection = connect(client);
        Message message = Message.to("t").payload(new byte[256 << 10]).build();
        long begun = System.nanoTime();
        List<Publication> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            all.add(client.publish(message));
        }
        assertTrue(System.nanoTime() - begun < 5_000_000_000L, "publish() blocked");
        failure(MqttException.StoreFull.class, all.get(199).acknowledged());
        assertTrue(client.session().queuedBytes() <= 8 << 20);
        connection.dawdle(Duration.ofMillis(100));
        connection.send(puback(connection.expect(Publish.class)));
        get(all.get(0).acknowledged());
    }

    /** Futures completed in another order than the server's answers. */
    @Test
    void completesFuturesInTheOrderOfTheAnswers() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        List<Integer> completed = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 200; i++) {
            int number = i;
            publish(client, QoS.AT_LEAST_ONCE, "x")
                    .acknowledged()
                    .thenRun(() -> completed.add(number));
        }
        for (int i = 0; i < 200; i++) {
            connection.send(puback(connection.expect(Publish.class)));
        }
        // Not those before: whoever waits for a future runs what hangs on it, perhaps too late.
        var last = publish(client, QoS.AT_LEAST_ONCE, "x").acknowledged();
        connection.send(puback(connection.expect(Publish.class)));
        get(last);
        assertEquals(IntStream.range(0, 200).boxed().toList(), completed);
    }

    /**
     * A retained QoS 2 message went to a server that has neither retain nor QoS 2. It closed, and
     * got the same message at each reconnect.
     */
    @Statement({"3.2.2-11", "3.2.2-14"})
    @Test
    void sendsNothingThatTheServerHasRuledOut() {
        MqttClient client = client();
        Message message = Message.to("t").qos(QoS.EXACTLY_ONCE).retain(true).build();
        Publication early = client.publish(message);
        ScriptedConnection connection =
                connect(client, connack().maximumQos(QoS.AT_LEAST_ONCE).withoutRetain());
        Publication late = client.publish(message);
        failure(MqttException.PublishRejected.class, early.acknowledged());
        failure(MqttException.PublishRejected.class, late.acknowledged());
        connection.fence();
        connection.cut();
        server.accept().resume().fence();
    }

    /** Messages whose time had passed were sent all the same. */
    @Test
    void sendsNothingThatHasExpired() {
        TestStore store = new TestStore();
        store.holdsSession();
        store.holdsQueuedUntil(1_001, System.currentTimeMillis() - 1);
        store.holdsQueued(1_002, QoS.AT_LEAST_ONCE);
        MqttClient client = client(b -> b.store(store));
        ScriptedConnection connection = connect(client, connack().sessionPresent());
        assertEquals("1002", connection.expect(Publish.class).message().payloadText());
        connection.fence();
        assertEquals(1, client.session().queuedMessages());
    }
}
