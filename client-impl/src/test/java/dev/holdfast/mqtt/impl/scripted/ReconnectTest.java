package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When a client comes back by itself. */
class ReconnectTest extends ScriptedTest {
    private static final Duration FIRST = Duration.ofMillis(16);
    private static final Duration LONGEST = Duration.ofMillis(128);

    private MqttClient backingOff() {
        return client(b -> b.reconnect(ReconnectPolicy.exponential(FIRST, LONGEST)));
    }

    @Test
    void doublesTheDelayUpToItsMaximumWithJitter() {
        server.stopListening();
        backingOff().connect();
        expectGrowingDelays(() -> {});
    }

    /** A connection that is up for a moment is no reason to come back quickly. */
    @Test
    void doesNotStartTheDelaysAnewAfterAConnectionThatDidNotLast() {
        backingOff().connect();
        expectGrowingDelays(() -> server.accept().accept().cut());
    }

    private void expectGrowingDelays(Runnable attempt) {
        boolean jitter = false;
        Duration longest = FIRST;
        for (int i = 0; i < 8; i++) {
            attempt.run();
            Duration delay = listener.await(Recorder.WillReconnect.class).next().orElseThrow();
            assertTrue(delay.compareTo(longest) <= 0, delay + " is more than " + longest);
            assertTrue(
                    delay.multipliedBy(2).compareTo(longest) >= 0,
                    delay + " is less than half of " + longest);
            jitter |= !delay.equals(longest);
            longest = longest.compareTo(LONGEST) < 0 ? longest.multipliedBy(2) : LONGEST;
        }
        assertTrue(jitter, "all delays were as long as possible");
    }

    @Test
    void asksThePolicyWithWhatIsKnown() {
        List<ReconnectPolicy.Attempt> attempts = new ArrayList<>();
        MqttClient client =
                client(
                        b ->
                                b.reconnect(
                                        attempt -> {
                                            attempts.add(attempt);
                                            return attempt.number() < 3
                                                    ? Optional.of(Duration.ofMillis(1))
                                                    : Optional.empty();
                                        }));
        server.stopListening();
        failure(MqttException.ConnectionLost.class, client.connect());
        assertEquals(List.of(1, 2, 3), attempts.stream().map(a -> a.number()).toList());
        attempts.clear();
        failure(MqttException.ConnectionLost.class, client.connect());
        assertEquals(3, attempts.size(), "connect() starts anew");
    }

    @Test
    void comesBackAfterTheServerRestarts() {
        ScriptedConnection connection = connect(client());
        connection.send(new Disconnect(ReasonCode.SERVER_SHUTTING_DOWN));
        connection.expectClosed();
        MqttException.ConnectionLost cause =
                (MqttException.ConnectionLost)
                        listener.await(Recorder.WasDisconnected.class).cause();
        assertEquals(ReasonCode.SERVER_SHUTTING_DOWN, cause.reason().orElseThrow());
        server.accept().resume().fence();
    }

    @Statement("P-33")
    @ParameterizedTest
    @EnumSource(
            value = ReasonCode.class,
            names = {"SESSION_TAKEN_OVER", "NOT_AUTHORIZED", "SERVER_MOVED"})
    void staysAwayWhenTheServerDoesNotWantIt(ReasonCode reason) {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        connection.send(new Disconnect(reason));
        connection.expectClosed();
        assertTrue(listener.await(Recorder.WillReconnect.class).next().isEmpty());
        server.expectNoConnection(ScriptedConnection.QUIET);
        connect(client, connack().sessionPresent()).fence();
    }

    /** One of two clients with the same name must give in. */
    @Test
    void saysWhyItDoesNotFightForItsSession() {
        ScriptedConnection connection = connect(client());
        connection.send(new Disconnect(ReasonCode.SESSION_TAKEN_OVER));
        String why = listener.await(Recorder.WasDisconnected.class).cause().getMessage();
        assertTrue(why.contains("same Client Identifier"), why);
    }

    @Statement({"P-20", "P-33"})
    @Test
    void passesOnTheWordsOfTheServersDisconnect() {
        ScriptedConnection connection = connect(client());
        connection.send("E0 14 9D 12 1F 00 05 63 6C 6F 73 64 1C 00 07 68 32 3A 31 38 38 34");
        connection.expectClosed();
        MqttException.ConnectionLost cause =
                (MqttException.ConnectionLost)
                        listener.await(Recorder.WasDisconnected.class).cause();
        assertTrue(cause.getMessage().contains("closd"), cause.getMessage());
        assertEquals("h2:1884", cause.serverReference().orElseThrow());
    }

    /** Listeners are told of each connection's beginning and its end, in pairs. */
    @Test
    void tellsTheListenerOfConnectionsInPairs() {
        MqttClient client = client();
        var connected = client.connect();
        server.accept().cut(); // no CONNACK: no connection, and no loss of one
        server.accept().accept().cut();
        get(connected);
        ScriptedConnection last = server.accept().resume();
        last.fence();
        get(client.disconnect());
        get(client.disconnect());
        boolean up = false;
        for (Recorder.Call call : listener.takeAll()) {
            if (call instanceof Recorder.WasConnected) {
                assertFalse(up);
                up = true;
            } else if (call instanceof Recorder.WasDisconnected) {
                assertTrue(up);
                up = false;
            }
        }
        assertFalse(up);
    }

    /** A policy is the application's code: its mistake must not stop the client dead. */
    @Test
    void takesAPolicyThatThrowsForOneThatGivesUp() {
        server.stopListening();
        MqttClient client =
                client(
                        b ->
                                b.reconnect(
                                        attempt -> {
                                            throw new IllegalStateException("no idea");
                                        }));
        failure(MqttException.ConnectionLost.class, client.connect());
        server.listenAgain();
        connect(client).fence();
    }
}
