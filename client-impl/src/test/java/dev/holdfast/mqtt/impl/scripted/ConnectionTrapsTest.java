package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.atMostOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Failures of connections that were really reported against other clients. Each comment says what
 * went wrong there.
 */
class ConnectionTrapsTest extends ScriptedTest {
    private static final Duration FOR_LONG = Duration.ofMinutes(10);

    /** The server resumed a session of which the client had no state, and it stayed connected. */
    @Test
    void leavesASessionThatItDoesNotKnow() {
        var connected = client().connect();
        server.accept().resume().expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        failure(MqttException.SessionUnknown.class, connected);
    }

    /** Session Present was never read: remains of a lost session were sent into the new one. */
    @Test
    void sendsNothingOfALostSessionIntoTheNewOne() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var unfinished = publish(client, QoS.EXACTLY_ONCE, "x");
        connection.expect(Publish.class);
        connection.cut();
        server.accept().accept().fence();
        failure(MqttException.SessionLost.class, unfinished.acknowledged());
    }

    /** With automatic reconnect the first connect never failed, not even with a wrong password. */
    @Test
    void failsTheFirstConnectWhenThePasswordIsWrong() {
        var connected = client(b -> b.credentials(Credentials.of("ann", "wrong"))).connect();
        server.accept().accept(refusal(ReasonCode.BAD_USER_NAME_OR_PASSWORD)).expectClosed();
        MqttException cause = failure(MqttException.ConnectRefused.class, connected);
        assertTrue(cause.getMessage().contains("credentials"), cause.getMessage());
        assertFalse(cause.getMessage().contains("wrong"), "a secret in a message");
    }

    /** Credentials and will were there at the first connect, and missing at the second. */
    @Test
    void keepsCredentialsAndWillAtReconnect() {
        MqttClient client =
                client(
                        b ->
                                b.credentials(Credentials.of("ann", "secret"))
                                        .will(Message.to("gone").build(), Duration.ZERO));
        connect(client).cut();
        ScriptedConnection next = server.accept();
        Connect again = next.expectConnect();
        assertEquals("ann", again.credentials().userName().orElseThrow());
        assertEquals("secret", new String(again.credentials().password().orElseThrow()));
        assertEquals("gone", again.will().message().topic());
    }

    /** It was not possible to disconnect while the client was waiting to reconnect. */
    @Test
    void disconnectsWhileItWaitsToReconnect() {
        MqttClient client =
                client(b -> b.reconnect(ReconnectPolicy.exponential(FOR_LONG, FOR_LONG)));
        connect(client).cut();
        listener.await(Recorder.WillReconnect.class);
        get(client.disconnect());
        server.expectNoConnection(ScriptedConnection.QUIET);
    }

    /** A CONNACK reset the delays though a kick followed at once: storms of reconnects. */
    @Test
    void waitsLongerEachTimeTheServerThrowsItOut() {
        client(
                        b ->
                                b.reconnect(
                                        ReconnectPolicy.exponential(
                                                Duration.ofMillis(10), Duration.ofSeconds(10))))
                .connect();
        Duration delay = Duration.ZERO;
        for (int i = 0; i < 5; i++) {
            ScriptedConnection connection = server.accept().accept();
            connection.send(new Disconnect(ReasonCode.ADMINISTRATIVE_ACTION));
            delay = listener.await(Recorder.WillReconnect.class).next().orElseThrow();
        }
        assertTrue(delay.toMillis() >= 80, "after five kicks only " + delay);
    }

    /** All clients of a server came back at the same moment. */
    @Test
    void comesBackAfterADelayThatIsItsOwn() {
        Duration longest = Duration.ofSeconds(100);
        Duration[] delays = new Duration[2];
        for (int i = 0; i < delays.length; i++) {
            String name = "c" + i;
            MqttClient client =
                    client(
                            b ->
                                    b.clientIdentifier(name)
                                            .reconnect(
                                                    ReconnectPolicy.exponential(longest, longest)));
            connect(client).cut();
            delays[i] = listener.await(Recorder.WillReconnect.class).next().orElseThrow();
        }
        assertFalse(delays[0].equals(delays[1]), "twice " + delays[0]);
    }

    /** Two clients with one identifier threw each other out for ever. */
    @Test
    void doesNotFightAnotherClientForItsIdentifier() {
        connect(client()).send(new Disconnect(ReasonCode.SESSION_TAKEN_OVER));
        assertTrue(listener.await(Recorder.WillReconnect.class).next().isEmpty());
        server.expectNoConnection(ScriptedConnection.QUIET);
    }

    /** While the server was talking the client said nothing, and was thrown out as silent. */
    @Test
    void pingsThoughTheServerIsTalking() {
        ScriptedConnection connection = connect(client(b -> b.keepAlive(Duration.ofSeconds(1))));
        long begun = System.nanoTime();
        while (!(connection.nextIfAny(Duration.ofMillis(100)) instanceof Pingreq)) {
            connection.send(atMostOnce("a", "x"));
            assertTrue(System.nanoTime() - begun < 3_000_000_000L, "no PINGREQ in 3 s");
        }
    }

    /** A dead connection was noticed long after it had died, if at all. */
    @Test
    void noticesADeadConnection() {
        ScriptedConnection connection = connect(client(b -> b.keepAlive(Duration.ofSeconds(1))));
        connection.expect(Pingreq.class);
        long begun = System.nanoTime();
        MqttException cause = listener.await(Recorder.WasDisconnected.class).cause();
        assertTrue(cause instanceof MqttException.ConnectionLost, cause.toString());
        assertTrue(System.nanoTime() - begun < 8_000_000_000L, "noticed after 8 s");
    }

    /** An API method that was called in a callback waited for the thread it was called on. */
    @Test
    void publishesAndWaitsInAHandler() {
        AtomicReference<MqttClient> self = new AtomicReference<>();
        Consumer<Message> answering =
                m -> get(publish(self.get(), QoS.AT_LEAST_ONCE, "x").acknowledged());
        MqttClient client =
                client(
                        b ->
                                b.resubscribe(Resubscribe.NEVER)
                                        .subscription(
                                                Subscription.to("a"),
                                                MessageHandlers.forEach(answering)));
        self.set(client);
        ScriptedConnection connection = connect(client);
        connection.send(Packets.atLeastOnce(7, "a", "x"));
        connection.send(puback(connection.expect(Publish.class)));
        connection.expect(puback(7));
    }

    /** Threads stayed behind after close, and some of them kept the process alive. */
    @Test
    void takesItsThreadsWithIt() throws InterruptedException {
        MqttClient client = client();
        connect(client, connack()).fence();
        client.close();
        assertEquals(List.of(), ThreadsTest.leftBehind());
    }
}
