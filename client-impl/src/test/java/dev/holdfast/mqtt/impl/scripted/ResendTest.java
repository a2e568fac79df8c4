package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.again;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is sent again, when, and how (section 4.4). */
class ResendTest extends ScriptedTest {
    private final MqttClient client = client();

    @Statement({"3.3.1-1", "4.3.3-3", "4.4.0-1", "4.6.0-1"})
    @Test
    void resendsUnacknowledgedPublishesInTheirOrderWithDupAndTheirIdentifiers() {
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_LEAST_ONCE, "1");
        publish(client, QoS.EXACTLY_ONCE, "2");
        publish(client, QoS.AT_LEAST_ONCE, "3");
        publish(client, QoS.EXACTLY_ONCE, "4");
        Publish first = connection.expect(Publish.class);
        Publish second = connection.expect(Publish.class);
        Publish third = connection.expect(Publish.class);
        Publish fourth = connection.expect(Publish.class);
        connection.send(puback(third));
        connection.fence();
        connection.cut();

        for (int connectionNumber = 2; connectionNumber <= 3; connectionNumber++) {
            ScriptedConnection next = server.accept().resume();
            next.expect(again(first));
            next.expect(again(second));
            next.expect(again(fourth));
            next.fence();
            next.cut();
        }
    }

    @Statement("4.6.0-1")
    @Test
    void sendsNewMessagesBehindTheRepeatedOnes() {
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_LEAST_ONCE, "old");
        Publish old = connection.expect(Publish.class);
        connection.cut();
        listener.await(Recorder.WasDisconnected.class);
        publish(client, QoS.AT_LEAST_ONCE, "new");
        ScriptedConnection next = server.accept().resume();
        next.expect(again(old));
        Publish recent = next.expect(Publish.class);
        assertEquals("new", recent.message().payloadText());
        assertFalse(recent.dup());
    }

    @Statement("4.6.0-4")
    @Test
    void resendsPubrelsInTheOrderOfThePubrecs() {
        ScriptedConnection connection = connect(client);
        for (String payload : List.of("a", "b", "c")) {
            publish(client, QoS.EXACTLY_ONCE, payload);
        }
        int a = connection.expect(Publish.class).packetIdentifier();
        int b = connection.expect(Publish.class).packetIdentifier();
        int c = connection.expect(Publish.class).packetIdentifier();
        for (int identifier : List.of(c, a, b)) {
            connection.send(pubrec(identifier));
            connection.expect(pubrel(identifier));
        }
        connection.cut();

        ScriptedConnection next = server.accept().resume();
        next.expect(pubrel(c));
        next.expect(pubrel(a));
        next.expect(pubrel(b));
        next.fence();
    }

    /** The first byte of a repeated PUBREL is 62: no DUP flag there. */
    @Statement({"2.1.3-1", "3.6.1-1", "4.3.3-5", "4.3.3-6"})
    @Test
    void resendsPubrelAndNotThePublishOnceItWasReleased() {
        ScriptedConnection connection = connect(client);
        Publication publication = publish(client, QoS.EXACTLY_ONCE, "x");
        Publish sent = connection.expect(Publish.class);
        assertEquals(1, sent.packetIdentifier());
        connection.send(pubrec(sent));
        connection.expectBytes("62 02 00 01");
        connection.cut();

        ScriptedConnection next = server.accept().resume();
        next.expectBytes("62 02 00 01");
        next.fence();
        next.send(pubcomp(sent));
        get(publication.acknowledged());
    }

    @Statement({"4.9.0-2", "P-26"})
    @Test
    void resendsWithinTheReceiveMaximumOfTheNewConnection() {
        ScriptedConnection connection = connect(client);
        publish(client, QoS.EXACTLY_ONCE, "released");
        publish(client, QoS.AT_LEAST_ONCE, "1");
        publish(client, QoS.AT_LEAST_ONCE, "2");
        Publish released = connection.expect(Publish.class);
        Publish first = connection.expect(Publish.class);
        Publish second = connection.expect(Publish.class);
        connection.send(pubrec(released));
        connection.expect(pubrel(released.packetIdentifier()));
        connection.cut();
        listener.await(Recorder.WasDisconnected.class);
        publish(client, QoS.AT_LEAST_ONCE, "3");

        ScriptedConnection next =
                server.accept().accept(connack().sessionPresent().receiveMaximum(1));
        next.expectInAnyOrder(pubrel(released.packetIdentifier()), again(first));
        next.fence();
        // A PUBREL of an earlier connection took no quota here, so its PUBCOMP gives none back.
        next.send(pubcomp(released));
        next.fence();
        next.send(puback(first));
        next.expect(again(second));
        next.fence();
        next.send(puback(second));
        Publish third = next.expect(Publish.class);
        assertFalse(third.dup());
        next.fence();
    }

    /** It waited for quota when the connection ended, so nobody has seen it. */
    @Statement("3.3.1-3")
    @Test
    void sendsWithoutDupWhatWasNeverSent() {
        ScriptedConnection connection = connect(client, connack().receiveMaximum(1));
        publish(client, QoS.AT_LEAST_ONCE, "sent");
        publish(client, QoS.EXACTLY_ONCE, "waiting");
        Publish sent = connection.expect(Publish.class);
        connection.fence();
        connection.cut();

        ScriptedConnection next = server.accept().resume();
        next.expect(again(sent));
        Publish waiting = next.expect(Publish.class);
        assertEquals("waiting", waiting.message().payloadText());
        assertFalse(waiting.dup());
    }

    @Statement("4.4.0-1")
    @Test
    void resendsNothingWhileConnected() {
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_LEAST_ONCE, "1");
        publish(client, QoS.EXACTLY_ONCE, "2");
        publish(client, QoS.EXACTLY_ONCE, "3");
        connection.expect(Publish.class);
        connection.expect(Publish.class);
        Publish released = connection.expect(Publish.class);
        connection.send(pubrec(released));
        connection.expect(Pubrel.class);
        connection.expectQuiet(Duration.ofMillis(1_500));
    }

    @Test
    void answersARepeatedPubrecWithPubrel() {
        ScriptedConnection connection = connect(client);
        publish(client, QoS.EXACTLY_ONCE, "x");
        Publish sent = connection.expect(Publish.class);
        for (int i = 0; i < 2; i++) {
            connection.send(pubrec(sent));
            connection.expect(pubrel(sent.packetIdentifier()));
        }
    }

    @Statement({"3.6.2-1", "P-32"})
    @Test
    void answersAPubrecOfAnUnknownIdentifierAndStaysConnected() {
        ScriptedConnection connection = connect(client);
        connection.send(pubrec(77));
        connection.expect(new Pubrel(77, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
        connection.fence();
    }

    /** A server may repeat its last answer after resuming. */
    @Test
    void ignoresALateAcknowledgement() {
        ScriptedConnection connection = connect(client);
        connection.send(puback(77), pubcomp(78));
        connection.fence();
    }

    /** Whoever began an exchange ends it, however long it takes (section 4.3.3). */
    @Statement("4.3.3-7")
    @Test
    void resendsAMessageThatExpiredAfterItWasSent() {
        ScriptedConnection connection = connect(client);
        Publication publication =
                client.publish(
                        Message.to("t")
                                .qos(QoS.EXACTLY_ONCE)
                                .expiry(Duration.ofSeconds(2))
                                .build());
        Publish sent = connection.expect(Publish.class);
        connection.expectQuiet(Duration.ofMillis(2_200));
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        Publish resent = next.expect(Publish.class);
        assertEquals(sent.packetIdentifier(), resent.packetIdentifier());
        assertEquals(Duration.ofSeconds(1), resent.message().expiry().orElseThrow());
        next.send(pubrec(sent));
        next.expect(pubrel(sent.packetIdentifier()));
        next.send(pubcomp(sent));
        get(publication.acknowledged());
    }

    // ---- limits that became narrower

    @Test
    void failsRatherThanResendsWhatTheServerNoLongerTakes() {
        ScriptedConnection connection = connect(client);
        Publication retained = client.publish(Message.to("t").payload("r").retain(true).build());
        Publication large = client.publish(Message.to("t").payload(new byte[100]).build());
        Publication small = publish(client, QoS.AT_LEAST_ONCE, "s");
        connection.expect(Publish.class);
        connection.expect(Publish.class);
        Publish smallSent = connection.expect(Publish.class);
        connection.cut();

        ScriptedConnection next =
                server.accept()
                        .accept(connack().sessionPresent().withoutRetain().maximumPacketSize(64));
        next.expect(again(smallSent));
        next.fence();
        assertEquals(ReasonCode.RETAIN_NOT_SUPPORTED, rejection(retained));
        assertEquals(ReasonCode.PACKET_TOO_LARGE, rejection(large));
        next.send(puback(smallSent));
        get(small.acknowledged());
        assertEquals(0, client.session().queuedMessages());
    }

    /** The server may hold the identifier of a QoS 2 message, so its exchange cannot be ended. */
    @Statement("3.2.2-11")
    @Test
    void failsAMessageAboveTheNewMaximumQosAndKeepsItsExchangeOpen() {
        ScriptedConnection connection = connect(client);
        Publication twice = publish(client, QoS.EXACTLY_ONCE, "2");
        Publication once = publish(client, QoS.AT_LEAST_ONCE, "1");
        Publish second = connection.expect(Publish.class);
        Publish first = connection.expect(Publish.class);
        connection.cut();

        ScriptedConnection next =
                server.accept().accept(connack().sessionPresent().maximumQos(QoS.AT_LEAST_ONCE));
        next.expect(again(first));
        next.send(puback(first));
        assertEquals(ReasonCode.QOS_NOT_SUPPORTED, rejection(twice));
        get(once.acknowledged());
        next.fence();
        assertEquals(1, client.session().queuedMessages());
        next.cut();

        ScriptedConnection last = server.accept().accept(connack().sessionPresent());
        last.expect(again(second));
        last.send(pubrec(second));
        last.expect(pubrel(second.packetIdentifier()));
        last.send(pubcomp(second));
        last.fence();
        assertEquals(0, client.session().queuedMessages());
    }

    private static ReasonCode rejection(Publication publication) {
        return failure(MqttException.PublishRejected.class, publication.acknowledged()).reason();
    }

    @Test
    @Statement({"3.3.2-7", "3.2.2-18"})
    void topicAliasOfOneConnectionIsVoidOnTheNext() {
        MqttClient client = client();
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send("20 06 00 00 03 22 00 01");
        get(connected);
        Message message = Message.to("long/topic").payload("x").build();
        client.publish(message);
        client.publish(message);
        connection.expectBytes("32 13 00 0A 6C 6F 6E 67 2F 74 6F 70 69 63 00 01 03 23 00 01 78");
        connection.expectBytes("32 09 00 00 00 02 03 23 00 01 78");

        connection.cut();
        ScriptedConnection next = server.accept().accept(connack().sessionPresent());

        next.expectBytes("3A 10 00 0A 6C 6F 6E 67 2F 74 6F 70 69 63 00 01 00 78");
        next.expectBytes("3A 10 00 0A 6C 6F 6E 67 2F 74 6F 70 69 63 00 02 00 78");
    }
}
