package dev.holdfast.mqtt.impl.conformance;

import static dev.holdfast.mqtt.impl.scripted.Packets.again;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.SessionLostPolicy.InFlight;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.impl.scripted.Inbox;
import dev.holdfast.mqtt.impl.scripted.Recorder;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a sender keeps, and sends again (sections 4.1, 4.3, 4.4 and 4.6). */
class RetransmissionStatementsTest extends ScriptedTest {
    private static final SessionLostPolicy FAIL =
            new SessionLostPolicy(InFlight.FAIL, InFlight.FAIL);

    // ---- the first time

    /** Also behind messages that are sent again, and when it waited for the connection. */
    @Test
    @Statement({"4.3.1-1", "4.3.2-2", "4.3.3-2"})
    void sendsWithoutDupWhatItSendsForTheFirstTime() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_MOST_ONCE, "x");
        connection.expectBytes("30 05 00 01 74 00 78");
        publish(client, QoS.AT_LEAST_ONCE, "x");
        connection.expectBytes("32 07 00 01 74 00 01 00 78");
        publish(client, QoS.EXACTLY_ONCE, "x");
        connection.expectBytes("34 07 00 01 74 00 02 00 78");
        connection.cut();
        listener.await(Recorder.WasDisconnected.class);
        publish(client, QoS.AT_LEAST_ONCE, "y");
        publish(client, QoS.EXACTLY_ONCE, "y");
        ScriptedConnection next = server.accept().resume();
        next.expectBytes("3A 07 00 01 74 00 01 00 78");
        next.expectBytes("3C 07 00 01 74 00 02 00 78");
        next.expectBytes("32 07 00 01 74 00 03 00 79");
        next.expectBytes("34 07 00 01 74 00 04 00 79");
        publish(client, QoS.AT_MOST_ONCE, "y");
        next.expectBytes("30 05 00 01 74 00 79");
    }

    @Test
    @Statement({"4.3.2-1", "4.3.3-1"})
    void givesEachOpenMessageAnIdentifierOfItsOwn() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        List<Integer> open = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            publish(client, i % 2 == 0 ? QoS.AT_LEAST_ONCE : QoS.EXACTLY_ONCE, "x");
            int identifier = connection.expect(Publish.class).packetIdentifier();
            assertFalse(open.contains(identifier), identifier + " is in use");
            open.add(identifier);
            if (i % 2 == 0 && i % 3 == 0) {
                connection.send(puback(identifier));
                open.remove(Integer.valueOf(identifier));
            }
        }
    }

    // ---- until when it is kept

    @Test
    @Statement("4.3.2-3")
    void keepsAQos1MessageUntilItsOwnPuback() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Publication first = publish(client, QoS.AT_LEAST_ONCE, "1");
        Publication second = publish(client, QoS.AT_LEAST_ONCE, "2");
        Publish kept = connection.expect(Publish.class);
        Publish acknowledged = connection.expect(Publish.class);
        connection.send(puback(acknowledged), puback(77));
        get(second.acknowledged());
        connection.fence();
        assertFalse(first.acknowledged().isDone());
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        next.expect(again(kept));
        next.fence();
        next.send(puback(kept));
        get(first.acknowledged());
    }

    @Test
    @Statement({"4.3.3-3", "4.3.3-5", "4.3.3-6"})
    void keepsAQos2MessageUntilPubrecAndItsPubrelUntilPubcomp() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Publication publication = publish(client, QoS.EXACTLY_ONCE, "x");
        Publish sent = connection.expect(Publish.class);
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        next.expectBytes("3C 07 00 01 74 00 01 00 78");
        next.send(pubrec(sent));
        for (int i = 0; i < 3; i++) {
            next.expectBytes("62 02 00 01");
            next.fence();
            assertFalse(publication.acknowledged().isDone());
            next.cut();
            next = server.accept().resume();
        }
        next.expectBytes("62 02 00 01");
        next.send(pubcomp(sent));
        get(publication.acknowledged());
        next.cut();
        server.accept().resume().fence();
    }

    @ParameterizedTest(name = "PUBREC {0} goes on: {1}")
    @CsvSource({"00, true", "10, true", "80, false", "83, false", "87, false", "97, false"})
    @Statement("4.3.3-4")
    void answersPubrecWithPubrelUnlessItIsAnError(String code, boolean goesOn) {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Publication publication = publish(client, QoS.EXACTLY_ONCE, "x");
        connection.expect(Publish.class);
        connection.send("50 03 00 01 " + code);
        if (goesOn) {
            connection.expectBytes("62 02 00 01");
            connection.send(pubcomp(1));
            get(publication.acknowledged());
        } else {
            connection.fence();
            ReasonCode reason =
                    failure(MqttException.PublishRejected.class, publication.acknowledged())
                            .reason();
            assertEquals(Integer.parseInt(code, 16), reason.value());
            assertEquals(0, client.session().queuedMessages());
        }
    }

    /** A PUBREC of failure ends an exchange, also one that the client has forgotten. */
    @Test
    @Statement("4.3.3-4")
    void sendsNoPubrelForAFailureOfAnUnknownIdentifier() {
        ScriptedConnection connection = connect(client());
        connection.send("50 03 00 4D 97");
        connection.fence();
    }

    // ---- when it is sent again

    /** SUBSCRIBE and UNSUBSCRIBE are asked anew, with identifiers that are free again. */
    @Test
    @Statement({"4.4.0-1", "4.6.0-1"})
    void sendsAgainEachOpenPacketOnceInItsOrder() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        for (int i = 1; i <= 6; i++) {
            publish(client, i % 2 == 0 ? QoS.AT_LEAST_ONCE : QoS.EXACTLY_ONCE, "" + i);
        }
        Publish[] sent = new Publish[7];
        for (int i = 1; i <= 6; i++) {
            sent[i] = connection.expect(Publish.class);
        }
        connection.send(pubrec(sent[5]), puback(sent[2]), pubrec(sent[1]));
        connection.expect(pubrel(5));
        connection.expect(pubrel(1));
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        List<Packet> publishes = new ArrayList<>();
        List<Packet> pubrels = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Packet packet = next.expect(Packet.class);
            (packet instanceof Publish ? publishes : pubrels).add(packet);
        }
        assertEquals(List.of(again(sent[3]), again(sent[4]), again(sent[6])), publishes);
        assertEquals(List.of(pubrel(5), pubrel(1)), pubrels);
        next.fence();
    }

    @Test
    @Statement("4.4.0-1")
    void repeatsNothingOnAnOpenConnection() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_LEAST_ONCE, "x");
        connection.expect(Publish.class);
        client.subscribe(Subscription.to("a"), new Inbox());
        connection.expect(Subscribe.class);
        client.unsubscribe("a");
        connection.expect(Unsubscribe.class);
        connection.expectQuiet(Duration.ofSeconds(1));
    }

    /** Neither where the server lost the session, nor where the client gave it up. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    @Statement("4.4.0-1")
    void sendsNothingAgainInASessionThatIsNew(boolean cleanStart) {
        MqttClient client = client(b -> b.cleanStart(cleanStart).onSessionLost(FAIL));
        ScriptedConnection connection = connect(client);
        List<Publication> open =
                List.of(
                        publish(client, QoS.AT_LEAST_ONCE, "1"),
                        publish(client, QoS.EXACTLY_ONCE, "2"),
                        publish(client, QoS.EXACTLY_ONCE, "3"));
        for (int i = 0; i < 3; i++) {
            connection.expect(Publish.class);
        }
        connection.send(pubrec(3));
        connection.expect(pubrel(3));
        if (cleanStart) {
            get(client.disconnect());
            connection.expectDisconnect(ReasonCode.SUCCESS);
            connect(client).fence();
        } else {
            connection.cut();
            server.accept().accept().fence();
        }
        open.forEach(p -> failure(MqttException.SessionLost.class, p.acknowledged()));
    }

    // ---- while the connection is open

    /** No time-out of the client ends an exchange; also a session without expiry is kept. */
    @Test
    @Statement("4.1.0-1")
    void keepsTheSessionAsLongAsTheConnectionLasts() {
        Inbox inbox = new Inbox();
        MqttClient client =
                client(
                        b ->
                                b.sessionExpiry(Duration.ZERO)
                                        .connectTimeout(Duration.ofMillis(500))
                                        .resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("a"), inbox));
        ScriptedConnection connection = connect(client);
        Publication once = publish(client, QoS.AT_LEAST_ONCE, "1");
        Publication twice = publish(client, QoS.EXACTLY_ONCE, "2");
        Publication released = publish(client, QoS.EXACTLY_ONCE, "3");
        for (int i = 0; i < 3; i++) {
            connection.expect(Publish.class);
        }
        connection.send(pubrec(3));
        connection.expect(pubrel(3));
        connection.send(exactlyOnce(8, "a", "x"));
        connection.expect(pubrec(8));

        connection.expectQuiet(Duration.ofMillis(1_200));

        connection.send(pubcomp(3), puback(1), pubrec(2));
        connection.expect(pubrel(2));
        connection.send(pubcomp(2), again(exactlyOnce(8, "a", "x")));
        connection.expect(pubrec(8));
        connection.send(pubrel(8));
        connection.expect(pubcomp(8));
        List.of(once, twice, released).forEach(p -> get(p.acknowledged()));
        assertEquals("x", inbox.nextText());
        inbox.expectEmpty();
    }

    /** Who no longer waits for the answer does not make the identifier free. */
    @Test
    @Statement("4.1.0-1")
    void keepsTheIdentifierOfAMessageThatNobodyWaitsFor() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Publication given = publish(client, QoS.AT_LEAST_ONCE, "given up");
        assertEquals(1, connection.expect(Publish.class).packetIdentifier());
        given.acknowledged().cancel(true);
        publish(client, QoS.AT_LEAST_ONCE, "next");
        assertEquals(2, connection.expect(Publish.class).packetIdentifier());
        assertEquals(2, client.session().queuedMessages());
        connection.send(puback(1), puback(2));
        await("both are done", () -> client.session().queuedMessages() == 0);
    }
}
