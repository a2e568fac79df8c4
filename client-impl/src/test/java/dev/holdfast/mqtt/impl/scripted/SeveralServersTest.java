package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.ConnectAttempt;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.ServerOrder;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client that knows several servers, and what it tells of its attempts to connect. */
class SeveralServersTest extends ScriptedTest {
    private static final ReconnectPolicy AT_ONCE = attempt -> Optional.of(Duration.ofMillis(1));

    private final ScriptedServer second = ScriptedServer.start();
    private final List<MqttClient> built = new ArrayList<>();

    @AfterEach
    void closeSecond() {
        built.forEach(MqttClient::close);
        second.close();
    }

    private MqttClient ofBoth(Consumer<MqttClientBuilder> changes) {
        MqttClientBuilder builder =
                MqttClient.newBuilder(server.uri(), second.uri())
                        .clientIdentifier("c1")
                        .sessionExpiry(Duration.ofSeconds(300))
                        .keepAlive(Duration.ZERO)
                        .connectTimeout(ScriptedServer.PATIENCE)
                        .reconnect(AT_ONCE)
                        .listener(listener);
        changes.accept(builder);
        MqttClient client = builder.build();
        built.add(client);
        return client;
    }

    @Test
    void triesTheNextAtOnceWhenOneCannotBeReached() {
        server.stopListening();
        MqttClient client = ofBoth(b -> b.reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        second.accept().accept();
        assertEquals(second.uri(), get(connected).server());
        Recorder.FailedToConnect failed = listener.await(Recorder.FailedToConnect.class);
        assertEquals(new ConnectAttempt(server.uri(), 1, false), failed.attempt());
        assertTrue(failed.cause().getMessage().contains("127.0.0.1:" + server.port()));
        assertEquals(
                Optional.of(Duration.ZERO), listener.await(Recorder.WillReconnect.class).next());
        assertEquals(
                new ConnectAttempt(second.uri(), 2, false),
                listener.await(Recorder.IsConnecting.class).attempt());
    }

    @Test
    void triesTheNextWhenOneRefusesOrDoesNotAnswer() {
        MqttClient client = ofBoth(b -> b.connectTimeout(Duration.ofMillis(500)));
        var connected = client.connect();
        server.accept().accept(refusal(ReasonCode.SERVER_BUSY));
        second.accept().expectConnect(); // and says nothing
        server.accept().accept();
        get(connected);
    }

    @Test
    void asksThePolicyOncePerRound() {
        List<Integer> numbers = new ArrayList<>();
        server.stopListening();
        second.stopListening();
        MqttClient client =
                ofBoth(
                        b ->
                                b.reconnect(
                                        attempt -> {
                                            numbers.add(attempt.number());
                                            return attempt.number() < 3
                                                    ? Optional.of(Duration.ofMillis(1))
                                                    : Optional.empty();
                                        }));
        failure(MqttException.ConnectionLost.class, client.connect());
        assertEquals(List.of(1, 2, 3), numbers);
        List<URI> tried =
                listener.takeAll().stream()
                        .filter(Recorder.IsConnecting.class::isInstance)
                        .map(call -> ((Recorder.IsConnecting) call).attempt().server())
                        .toList();
        URI first = server.uri();
        URI other = second.uri();
        assertEquals(List.of(first, other, first, other, first, other), tried);
    }

    @Test
    void comesBackToTheFirstWhenInOrder() {
        server.stopListening();
        MqttClient client = ofBoth(b -> {});
        var connected = client.connect();
        ScriptedConnection there = second.accept().accept();
        get(connected);
        server.listenAgain();
        there.cut();
        server.accept().resume().fence();
    }

    @Test
    void goesRoundWhenRoundRobin() {
        MqttClient client = ofBoth(b -> b.serverOrder(ServerOrder.ROUND_ROBIN));
        client.connect();
        server.accept().accept().cut();
        second.accept().accept().cut();
        server.accept().accept().cut();
        second.accept().accept().fence();
    }

    /** The other server need not have the subscriptions of this one. */
    @Test
    void doubtsASessionThatAnotherServerResumes() {
        MqttClient client = ofBoth(b -> b.serverOrder(ServerOrder.ROUND_ROBIN));
        var connected = client.connect();
        ScriptedConnection here = server.accept().accept();
        get(connected);
        var subscribed =
                client.subscribe(
                        dev.holdfast.mqtt.Subscription.to("a"), delivery -> delivery.handled());
        here.send(
                Packets.suback(
                        here.expect(dev.holdfast.mqtt.impl.packet.Subscribe.class),
                        ReasonCode.GRANTED_QOS_2));
        get(subscribed);
        here.cut();
        ScriptedConnection there = second.accept().resume();
        there.expect(dev.holdfast.mqtt.impl.packet.Subscribe.class);
    }

    @Test
    void refusesAForeignSessionAtAnotherServerThoughItHadOneOfItsOwnHere() {
        MqttClient client =
                ofBoth(
                        b ->
                                b.serverOrder(ServerOrder.ROUND_ROBIN)
                                        .sessionExpiry(Duration.ZERO)
                                        .reconnect(
                                                ReconnectPolicy.exponential(
                                                        Duration.ofMillis(1),
                                                        Duration.ofMillis(1))));
        client.connect();
        server.accept().accept().cut();

        second.accept().resume();

        MqttException cause = listener.await(Recorder.FailedToConnect.class).cause();
        assertInstanceOf(MqttException.SessionUnknown.class, cause);
    }

    /** Two clients with one name would take it from each other at server after server. */
    @Test
    void doesNotCarryAFightForItsSessionToTheNextServer() {
        MqttClient client =
                ofBoth(
                        b ->
                                b.reconnect(
                                        ReconnectPolicy.exponential(
                                                Duration.ofMillis(1), Duration.ofMillis(1))));
        var connected = client.connect();
        ScriptedConnection here = server.accept().accept();
        get(connected);
        here.send(new Disconnect(ReasonCode.SESSION_TAKEN_OVER));
        assertTrue(listener.await(Recorder.WillReconnect.class).next().isEmpty());
        second.expectNoConnection(ScriptedConnection.QUIET);
    }

    @Test
    void resendsAtTheServerThatTookOver() {
        MqttClient client = ofBoth(b -> {});
        var connected = client.connect();
        ScriptedConnection here = server.accept().accept();
        get(connected);
        var publication = publish(client, QoS.AT_LEAST_ONCE, "x");
        here.expect(Publish.class);
        server.stopListening();
        here.cut();
        ScriptedConnection there = second.accept().resume();
        there.send(Packets.puback(there.expect(Publish.class)));
        get(publication.acknowledged());
    }

    @Test
    void refusesAListWithAnAddressOfAnotherForm() {
        IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> MqttClient.newBuilder(server.uri(), URI.create("http://b")));
        assertTrue(e.getMessage().contains("http://b"), e.getMessage());
        URI[] many = new URI[100];
        assertThrows(
                IllegalArgumentException.class, () -> MqttClient.newBuilder(server.uri(), many));
    }

    // ---- what the listener is told

    /** Every attempt has one end, every connection too, and they do not overlap. */
    @Test
    void tellsOfEachAttemptAndItsEndInPairs() {
        MqttClient client = ofBoth(b -> {});
        var connected = client.connect();
        server.accept().cut();
        second.accept().accept(refusal(ReasonCode.SERVER_BUSY));
        server.accept().accept().cut();
        get(connected);
        server.accept().resume().fence();
        server.stopListening();
        get(client.disconnect());
        var again = client.connect();
        second.accept().expectConnect();
        client.close();
        failure(MqttException.ClientClosed.class, again);
        expectPairs(listener.takeAll());
    }

    private static void expectPairs(List<Recorder.Call> calls) {
        ConnectAttempt attempt = null;
        boolean up = false;
        for (Recorder.Call call : calls) {
            if (call instanceof Recorder.IsConnecting c) {
                assertEquals(null, attempt, "an attempt begins during another: " + calls);
                assertFalse(up, "an attempt begins while connected: " + calls);
                attempt = c.attempt();
            } else if (call instanceof Recorder.FailedToConnect c) {
                assertEquals(attempt, c.attempt(), () -> "another attempt failed: " + calls);
                attempt = null;
            } else if (call instanceof Recorder.WasConnected c) {
                assertEquals(attempt == null ? null : attempt.server(), c.connected().server());
                attempt = null;
                up = true;
            } else if (call instanceof Recorder.WasDisconnected) {
                assertTrue(up, () -> "a connection ends that was none: " + calls);
                up = false;
            }
        }
        assertEquals(null, attempt, () -> "an attempt has no end: " + calls);
        assertFalse(up, () -> "a connection has no end: " + calls);
        assertTrue(calls.stream().anyMatch(Recorder.FailedToConnect.class::isInstance));
    }

    @Test
    void saysWhetherThereWasAConnectionBefore() {
        List<ReconnectPolicy.Attempt> asked = new ArrayList<>();
        MqttClient client =
                ofBoth(
                        b ->
                                b.reconnect(
                                        attempt -> {
                                            asked.add(attempt);
                                            return AT_ONCE.delay(attempt);
                                        }));
        var connected = client.connect();
        server.accept().cut();
        second.accept().cut();
        server.accept().accept().cut();
        get(connected);
        server.accept().resume().fence();
        assertEquals(List.of(false, true), asked.stream().map(a -> a.connectedBefore()).toList());
    }

    @Test
    void failsFastAtTheStartAndKeepsAConnectionThatWasMade() {
        MqttClient client = ofBoth(b -> b.reconnect(AT_ONCE.failFast()));
        server.stopListening();
        var failed = client.connect();
        second.accept().cut();
        failure(MqttException.ConnectionLost.class, failed);
        server.listenAgain();
        var connected = client.connect();
        server.accept().accept().cut();
        get(connected);
        server.accept().resume().fence();
    }

    @Test
    void startsTheDelaysAnewAfterTheTimeThatIsSet() {
        List<Integer> numbers = new ArrayList<>();
        MqttClient client =
                ofBoth(
                        b ->
                                b.lastingAfter(Duration.ZERO)
                                        .reconnect(
                                                attempt -> {
                                                    numbers.add(attempt.number());
                                                    return AT_ONCE.delay(attempt);
                                                }));
        client.connect();
        for (int i = 0; i < 3; i++) {
            server.accept().accept().cut();
        }
        server.accept().accept().fence();
        assertEquals(List.of(1, 1, 1), numbers);
    }

    @Test
    void passesOnAllThatTheServerSaysAtTheEnd() {
        MqttClient client = ofBoth(b -> b.reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        ScriptedConnection here = server.accept().accept();
        get(connected);
        var property = new dev.holdfast.mqtt.UserProperty("ask", "again");
        here.send(
                new Disconnect(
                        ReasonCode.SERVER_SHUTTING_DOWN,
                        Disconnect.ABSENT,
                        "back at noon",
                        List.of(property),
                        null));
        MqttException.ConnectionLost cause =
                assertInstanceOf(
                        MqttException.ConnectionLost.class,
                        listener.await(Recorder.WasDisconnected.class).cause());
        assertEquals(Optional.of("back at noon"), cause.reasonString());
        assertEquals(List.of(property), cause.userProperties());
        assertEquals(Optional.of(ReasonCode.SERVER_SHUTTING_DOWN), cause.reason());
        assertTrue(cause.getMessage().contains("127.0.0.1:" + server.port()));
    }
}
