package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static dev.holdfast.mqtt.impl.scripted.Packets.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Saying good-bye, whatever the client is doing. */
class DisconnectTest extends ScriptedTest {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Duration FOR_LONG = Duration.ofMinutes(10);

    // ---- in every state

    /** Both ways to end a client must work at once, wherever it stands. */
    private void endsBothWays(Consumer<MqttClient> bringThere) {
        MqttClient first = client();
        bringThere.accept(first);
        within(SOON, () -> get(first.disconnect()));
        within(SOON, first::close);
        MqttClient second = client();
        bringThere.accept(second);
        within(SOON, second::close);
    }

    private static void within(Duration time, Runnable action) {
        long begun = System.nanoTime();
        action.run();
        Duration taken = Duration.ofNanos(System.nanoTime() - begun);
        assertTrue(taken.compareTo(time) < 0, "it took " + taken);
    }

    @Test
    void endsBeforeConnecting() {
        endsBothWays(client -> {});
    }

    @Test
    void endsWhileNobodyAnswers() throws Exception {
        try (BlackHole hole = new BlackHole()) {
            MqttClient first = client(hole.uri(), b -> {});
            var connected = first.connect();
            within(SOON, () -> get(first.disconnect()));
            failure(MqttException.ClientClosed.class, connected);
            MqttClient second = client(hole.uri(), b -> {});
            var connectedToo = second.connect();
            within(SOON, second::close);
            failure(MqttException.ClientClosed.class, connectedToo);
        }
    }

    @Test
    void endsDuringTheHandshake() {
        endsBothWays(
                client -> {
                    client.connect();
                    server.accept().expectConnect();
                });
    }

    @Test
    void endsWhileConnected() {
        endsBothWays(client -> connect(client));
    }

    @Test
    void endsWhileWaitingToReconnect() {
        MqttClient client =
                client(b -> b.reconnect(ReconnectPolicy.exponential(FOR_LONG, FOR_LONG)));
        connect(client).cut();
        assertTrue(listener.await(Recorder.WillReconnect.class).next().isPresent());
        within(SOON, () -> get(client.disconnect()));
        within(SOON, client::close);
    }

    @Test
    void endsAfterARefusal() {
        endsBothWays(
                client -> {
                    var connected = client.connect();
                    server.accept().accept(refusal(ReasonCode.NOT_AUTHORIZED));
                    failure(MqttException.ConnectRefused.class, connected);
                });
    }

    @Test
    void endsWhileTheServerDoesNotRead() {
        MqttClient client = client();
        connect(client);
        for (int i = 0; i < 40; i++) {
            client.publish(
                    Message.to("t").payload(new byte[1 << 20]).qos(QoS.AT_MOST_ONCE).build());
        }
        within(SOON, client::close);
    }

    @Statement("P-19")
    @Test
    void saysDisconnectWhenClosed() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        client.close();
        connection.expectDisconnect(ReasonCode.SUCCESS);
    }

    @Test
    void refusesToWorkOnceClosed() {
        MqttClient client = client();
        client.close();
        client.close();
        assertThrows(IllegalStateException.class, client::connect);
        assertThrows(IllegalStateException.class, client::session);
        assertThrows(IllegalStateException.class, client::disconnect);
        assertThrows(IllegalStateException.class, () -> client.publish("t", m -> {}));
        assertThrows(IllegalStateException.class, () -> client.unsubscribe("t"));
        assertThrows(
                IllegalStateException.class,
                () -> client.subscribe(Subscription.to("t"), new Inbox()));
    }

    @Test
    void failsWhatWaitsWhenClosed() {
        MqttClient client = client();
        Publication publication = publish(client, QoS.AT_LEAST_ONCE, "x");
        var subscribed = client.subscribe(Subscription.to("a"), new Inbox());
        get(publication.stored());
        client.close();
        failure(MqttException.ClientClosed.class, publication.acknowledged());
        failure(MqttException.ClientClosed.class, subscribed);
    }

    @Test
    void failsAnAcknowledgementThatComesAfterTheEnd() {
        Inbox inbox = new Inbox();
        MqttClient client = client(b -> b.subscription(Subscription.to("a"), inbox));
        connect(client).send(atLeastOnce(7, "a", "x"));
        var delivery = inbox.next();
        client.close();
        failure(MqttException.class, delivery.acknowledge());
    }

    // ---- and coming back

    @Test
    void connectsAgainAfterDisconnect() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        get(client.disconnect());
        connection.expectDisconnect(ReasonCode.SUCCESS);
        server.expectNoConnection(ScriptedConnection.QUIET);
        connect(client, connack().sessionPresent()).fence();
    }

    @Test
    void connectsAgainWithoutWaitingForDisconnect() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var disconnected = client.disconnect();
        var connected = client.connect();
        connection.expectDisconnect(ReasonCode.SUCCESS);
        ScriptedConnection next = server.accept().resume();
        get(disconnected);
        assertTrue(get(connected).sessionPresent());
        next.fence();
    }

    @Test
    void failsTheConnectThatDisconnectCutsShortAndNotTheNextOne() {
        MqttClient client = client();
        var first = client.connect();
        server.accept().expectConnect();
        var disconnected = client.disconnect();
        var second = client.connect();
        failure(MqttException.ClientClosed.class, first);
        get(disconnected);
        server.accept().accept().fence();
        get(second);
    }

    // ---- what it says

    @Statement("3.14.4-1")
    @Test
    void sendsNothingAfterDisconnect() {
        Inbox inbox = new Inbox();
        MqttClient client =
                client(
                        b ->
                                b.keepAlive(Duration.ofSeconds(1))
                                        .subscription(Subscription.to("a"), inbox));
        ScriptedConnection connection = connect(client);
        connection.expect(Subscribe.class);
        connection.send(atLeastOnce(7, "a", "x"));
        var delivery = inbox.next();
        client.disconnect();
        for (int i = 0; i < 1_000; i++) {
            publish(client, QoS.AT_MOST_ONCE, "late");
        }
        delivery.acknowledge();
        Packet packet = connection.expect(Packet.class);
        while (!(packet instanceof Disconnect)) {
            packet = connection.expect(Packet.class); // what was quick enough
        }
        connection.expectClosed();
    }

    @Test
    void sendsEverythingBeforeDisconnect() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        int count = 40;
        for (int i = 0; i < count; i++) {
            client.publish(
                    Message.to("t").payload(new byte[256 << 10]).qos(QoS.AT_MOST_ONCE).build());
        }
        var disconnected = client.disconnect(d -> d.afterPending(ScriptedServer.PATIENCE));
        connection.dawdle(Duration.ofMillis(300));
        for (int i = 0; i < count; i++) {
            connection.expect(Publish.class);
        }
        connection.expectDisconnect(ReasonCode.SUCCESS);
        get(disconnected);
    }

    @Statement("P-19")
    @Test
    void asksForTheWillAndSaysWhy() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        get(
                client.disconnect(
                        d -> d.withWill().reasonString("shift ends").userProperty("by", "ann")));
        Disconnect disconnect =
                connection.expectDisconnect(ReasonCode.DISCONNECT_WITH_WILL_MESSAGE);
        assertEquals("shift ends", disconnect.reasonString());
        assertEquals(List.of(new UserProperty("by", "ann")), disconnect.userProperties());
        assertEquals(Disconnect.ABSENT, disconnect.sessionExpiryInterval());
    }

    @Statement("P-18")
    @Test
    void overridesTheSessionExpiry() {
        for (int seconds : List.of(0, 1, 86_400)) {
            MqttClient client = client();
            ScriptedConnection connection = connect(client);
            get(client.disconnect(d -> d.sessionExpiry(Duration.ofSeconds(seconds))));
            Disconnect disconnect = connection.expectDisconnect(ReasonCode.SUCCESS);
            assertEquals(seconds, disconnect.sessionExpiryInterval());
            client.close();
        }
    }

    @Statement("P-18")
    @Test
    void refusesToRaiseASessionExpiryOfZero() {
        MqttClient client = client(b -> b.sessionExpiry(Duration.ZERO));
        ScriptedConnection connection = connect(client);
        assertThrows(
                IllegalArgumentException.class,
                () -> client.disconnect(d -> d.sessionExpiry(Duration.ofSeconds(1))));
        connection.fence();
        get(client.disconnect(d -> d.sessionExpiry(Duration.ZERO)));
        connection.expectDisconnect(ReasonCode.SUCCESS);
    }

    @Test
    void saysWhenNobodyWasThereToHearOfTheExpiry() {
        MqttClient client = client();
        Consumer<DisconnectOptions> endSession = d -> d.sessionExpiry(Duration.ZERO);
        failure(MqttException.ConnectionLost.class, client.disconnect(endSession));
        client.connect();
        server.accept().expectConnect();
        failure(MqttException.ConnectionLost.class, client.disconnect(endSession));
    }

    /** The server ended the session as it was asked to; its absence is no loss to report. */
    @Test
    void startsEmptyAfterEndingTheSession() {
        MqttClient client = client();
        connect(client);
        get(client.disconnect(d -> d.sessionExpiry(Duration.ZERO)));
        connect(client).fence();
        for (Recorder.Call call : listener.takeAll()) {
            assertFalse(call instanceof Recorder.LostSession);
        }
    }

    // ---- after what is pending

    @Test
    void waitsForWhatIsPending() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client, connack().receiveMaximum(1));
        publish(client, QoS.AT_LEAST_ONCE, "1");
        publish(client, QoS.EXACTLY_ONCE, "2");
        var disconnected = client.disconnect(d -> d.afterPending(FOR_LONG));
        connection.send(puback(connection.expect(Publish.class)));
        Publish second = connection.expect(Publish.class);
        connection.send(pubrec(second));
        connection.expect(pubrel(second.packetIdentifier()));
        connection.fence();
        assertFalse(disconnected.isDone());
        connection.send(pubcomp(second));
        connection.expectDisconnect(ReasonCode.SUCCESS);
        get(disconnected);
        assertEquals(0, client.session().queuedMessages());
    }

    @Test
    void waitsForWhatIsPendingAcrossAReconnect() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_LEAST_ONCE, "1");
        Publish sent = connection.expect(Publish.class);
        var disconnected = client.disconnect(d -> d.afterPending(FOR_LONG));
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        next.expect(Packets.again(sent));
        next.send(puback(sent));
        next.expectDisconnect(ReasonCode.SUCCESS);
        get(disconnected);
    }

    @Test
    void waitsForWhatIsPendingNoLongerThanTold() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Publication publication = publish(client, QoS.AT_LEAST_ONCE, "1");
        connection.expect(Publish.class);
        get(client.disconnect(d -> d.afterPending(Duration.ofMillis(200))));
        connection.expectDisconnect(ReasonCode.SUCCESS);
        assertFalse(publication.acknowledged().isDone());
        assertEquals(1, client.session().queuedMessages());
    }

    /** Who is in a hurry later need not wait for who was not. */
    @Test
    void endsAtOnceThoughAnEarlierDisconnectWaits() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_LEAST_ONCE, "1");
        connection.expect(Publish.class);
        var patient = client.disconnect(d -> d.afterPending(FOR_LONG));
        connection.fence();
        get(client.disconnect());
        get(patient);
        connection.expectDisconnect(ReasonCode.SUCCESS);
    }

    @Test
    void saysDisconnectWhenClosedThoughAnEarlierDisconnectWaits() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_LEAST_ONCE, "1");
        connection.expect(Publish.class);
        var patient = client.disconnect(d -> d.afterPending(FOR_LONG));
        connection.fence();
        within(SOON, client::close);
        connection.expectDisconnect(ReasonCode.SUCCESS);
        get(patient);
    }
}
