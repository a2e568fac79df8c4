package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.auth;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.continues;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.refusal;
import static dev.holdfast.mqtt.impl.scripted.ScriptedServer.PATIENCE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Enhanced authentication when connecting (MQTT 5, section 4.12). */
class AuthenticationTest extends ScriptedTest {
    private static final Duration SHORT = Duration.ofMillis(400);
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Mechanism mechanism = new Mechanism();

    private MqttClient client(Mechanism mechanism) {
        return client(b -> b.authentication(mechanism).reconnect(ReconnectPolicy.never()));
    }

    @Test
    @Statement({"4.12.0-5", "P-34"})
    void namesMethodAndFirstDataInConnect() {
        client(mechanism).connect();
        Connect connect = server.accept().expectConnect();
        assertEquals("M", connect.authenticationMethod());
        assertEquals("first-1", text(connect.authenticationData()));
    }

    @Test
    @Statement({"3.15.1-1", "3.15.2-1", "4.12.0-3", "4.12.0-5", "P-34"})
    void answersEachStepOfTheServer() {
        MqttClient client = client(mechanism);
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send(continues("M", "c1"));
        connection.expectBytes("F0 0E 18 0C 15 00 01 4D 16 00 05 72 65 3A 63 31");
        connection.send(continues("M", "c2"));
        assertAuth(connection, ReasonCode.CONTINUE_AUTHENTICATION, "re:c2");
        connection.send(connack().authentication("M", "done").build());
        get(connected);
        assertEquals(
                List.of("1 first", "1 answer c1", "1 answer c2", "1 finish done"), mechanism.asked);
    }

    @Test
    void needsNoDataAtAll() {
        Mechanism silent =
                new Mechanism() {
                    @Override
                    protected CompletionStage<Optional<byte[]>> first(int number) {
                        return CompletableFuture.completedFuture(Optional.empty());
                    }

                    @Override
                    protected CompletionStage<Optional<byte[]>> answer(String challenge) {
                        return CompletableFuture.completedFuture(Optional.empty());
                    }
                };
        var connected = client(silent).connect();
        ScriptedConnection connection = server.accept();
        assertNull(connection.expectConnect().authenticationData());
        connection.send(auth(ReasonCode.CONTINUE_AUTHENTICATION, "M", null));
        assertNull(connection.expect(Auth.class).authenticationData());
        connection.send(connack().authentication("M", null).build());
        get(connected);
        assertEquals(List.of("1 first", "1 answer -", "1 finish -"), silent.asked);
    }

    @Test
    @Statement("3.1.2-30")
    void sendsNothingElseBeforeConnack() {
        MqttClient client =
                client(b -> b.authentication(mechanism).keepAlive(Duration.ofSeconds(1)));
        client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send(continues("M", "c1"));
        connection.expect(Auth.class);
        publish(client, QoS.AT_LEAST_ONCE, "later");
        client.subscribe(Subscription.to("s"), new Inbox());
        assertNull(connection.nextIfAny(Duration.ofMillis(1_500)), "PINGREQ is not sent either");
        client.disconnect();
        connection.expectClosed();
    }

    @Test
    void makesAnExchangeForEachConnection() {
        MqttClient client = client(b -> b.authentication(mechanism));
        connect(client, connack().authentication("M", "one")).cut();
        ScriptedConnection second = server.accept();
        assertEquals("first-2", text(second.expectConnect().authenticationData()));
        second.send(connack().authentication("M", "two").build());
        await("the second is verified", () -> mechanism.asked.contains("2 finish two"));
    }

    // ---- refused by the server

    @ParameterizedTest
    @EnumSource(names = {"NOT_AUTHORIZED", "BAD_AUTHENTICATION_METHOD", "SERVER_BUSY"})
    void reportsThatTheServerRefuses(ReasonCode reason) {
        var connected = client(mechanism).connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send(continues("M", "c1"));
        connection.expect(Auth.class);
        connection.send(refusal(reason).build());
        var refused = failure(MqttException.ConnectRefused.class, connected);
        assertEquals(reason, refused.reason());
        connection.expectClosed();
        assertEquals(List.of("1 first", "1 answer c1"), mechanism.asked);
    }

    @Test
    void saysWhatMendsARefusedMethod() {
        var connected = client(mechanism).connect();
        server.accept().accept(refusal(ReasonCode.BAD_AUTHENTICATION_METHOD));
        var refused = failure(MqttException.ConnectRefused.class, connected);
        assertTrue(refused.getMessage().contains("authentication(…)"), refused.getMessage());
    }

    @Test
    void mayBeRefusedWhileItsAnswerIsAwaited() {
        Mechanism slow =
                new Mechanism() {
                    @Override
                    protected CompletionStage<Optional<byte[]>> answer(String challenge) {
                        return new CompletableFuture<>();
                    }
                };
        var connected = client(slow).connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send(continues("M", "c1"));
        await("the client is asked", () -> slow.asked.contains("1 answer c1"));
        connection.send(refusal(ReasonCode.SERVER_BUSY).build());
        failure(MqttException.ConnectRefused.class, connected);
    }

    // ---- a server that breaks the rules

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "AUTH with another method, F0 06 18 04 15 00 01 4E, PROTOCOL_ERROR",
        "AUTH without a method, F0 02 18 00, PROTOCOL_ERROR",
        "AUTH of success, F0 06 00 04 15 00 01 4D, PROTOCOL_ERROR",
        "AUTH to re-authenticate, F0 06 19 04 15 00 01 4D, PROTOCOL_ERROR",
        "AUTH with a flag, F1 06 18 04 15 00 01 4D, MALFORMED_PACKET",
        "CONNACK with another method, 20 07 00 00 04 15 00 01 4E, PROTOCOL_ERROR",
        "CONNACK without a method, 20 03 00 00 00, PROTOCOL_ERROR",
        "PINGRESP before CONNACK, D0 00, PROTOCOL_ERROR"
    })
    @Statement({"3.15.1-1", "3.15.2-1", "3.2.0-1", "4.12.0-2", "4.12.0-5"})
    void closesWhenTheServerBreaksTheRules(String what, String hex, ReasonCode reason) {
        var connected = client(mechanism).connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send(hex);
        connection.expectDisconnect(reason);
        var misbehaved = failure(MqttException.ServerMisbehaved.class, connected);
        assertEquals(reason, misbehaved.reason());
        assertFalse(mechanism.asked.contains("1 finish -"), what);
    }

    @Test
    void takesNothingFromTheServerOutOfTurn() {
        Mechanism slow =
                new Mechanism() {
                    @Override
                    protected CompletionStage<Optional<byte[]>> answer(String challenge) {
                        return new CompletableFuture<>();
                    }
                };
        for (var outOfTurn :
                List.of(continues("M", "c2"), connack().authentication("M", "done").build())) {
            var connected = client(slow).connect();
            ScriptedConnection connection = server.accept();
            connection.expectConnect();
            connection.send(continues("M", "c1"), outOfTurn);
            connection.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
            failure(MqttException.ServerMisbehaved.class, connected);
        }
    }

    @Test
    @Statement("P-17")
    void endsRoundsWithoutEnd() {
        var connected = client(mechanism).connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        for (int round = 1; round <= 32; round++) {
            connection.send(continues("M", "c" + round));
            connection.expect(Auth.class);
        }
        connection.send(continues("M", "once more"));
        connection.expectDisconnect(ReasonCode.QUOTA_EXCEEDED);
        var failure = failure(MqttException.ServerMisbehaved.class, connected);
        assertTrue(failure.getMessage().contains("more than 32 times"), failure.getMessage());
    }

    @Test
    @Statement("P-17")
    void limitsTheTimeOfAllSteps() {
        MqttClient client =
                client(
                        b ->
                                b.authentication(mechanism)
                                        .connectTimeout(SHORT)
                                        .reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        for (int round = 0; !connected.isDone() && round < 32; round++) {
            connection.sendIfOpen(continues("M", "c"));
            connection.nextIfAny(Duration.ofSeconds(10)); // or AUTH would be out of turn
        }
        failure(MqttException.ConnectionLost.class, connected);
    }

    // ---- a mechanism that does not do its part

    @ParameterizedTest
    @ValueSource(strings = {"throws", "fails", "null", "null data", "hangs", "blocks", "long"})
    void failsTheAttemptWhenThereIsNoFirstData(String fault) {
        CountDownLatch end = new CountDownLatch(1);
        Mechanism faulty =
                new Mechanism() {
                    @Override
                    protected CompletionStage<Optional<byte[]>> first(int number) {
                        return number == 1 ? faulty(fault, end) : super.first(number);
                    }
                };
        MqttClient client = client(b -> b.authentication(faulty).connectTimeout(SHORT));
        var connected = client.connect();
        var cause = listener.await(Recorder.WillReconnect.class).cause();
        assertInstanceOf(MqttException.AuthenticationFailed.class, cause);
        end.countDown();
        acceptInTime(connected, connack().authentication("M", null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"throws", "fails", "null", "null data", "hangs", "long"})
    void failsTheAttemptWhenThereIsNoAnswer(String fault) {
        Mechanism faulty =
                new Mechanism() {
                    @Override
                    protected CompletionStage<Optional<byte[]>> answer(String challenge) {
                        return faulty(fault, new CountDownLatch(0));
                    }
                };
        MqttClient client =
                client(
                        b ->
                                b.authentication(faulty)
                                        .connectTimeout(fault.equals("hangs") ? SECOND : PATIENCE)
                                        .reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send(continues("M", "c1"));
        var failure = failure(MqttException.AuthenticationFailed.class, connected);
        assertFalse(failure.permanent());
        if (fault.equals("hangs")) {
            connection.expectClosed();
        } else {
            connection.expectDisconnect(ReasonCode.UNSPECIFIED_ERROR);
        }
    }

    private static CompletionStage<Optional<byte[]>> faulty(String fault, CountDownLatch end) {
        return switch (fault) {
            case "throws" -> throw new AssertionError("thrown on purpose");
            case "fails" -> CompletableFuture.failedFuture(new IllegalStateException("on purpose"));
            case "null" -> null;
            case "null data" -> CompletableFuture.completedFuture(null);
            case "hangs" -> new CompletableFuture<>();
            case "long" -> CompletableFuture.completedFuture(Optional.of(new byte[65_536]));
            case "blocks" -> {
                try {
                    end.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                yield Mechanism.data("too late");
            }
            default -> throw new AssertionError(fault);
        };
    }

    @Test
    void leavesAServerThatTheMechanismDoesNotAccept() {
        Mechanism distrustful =
                new Mechanism() {
                    @Override
                    protected CompletionStage<?> finish(String data) {
                        return CompletableFuture.failedFuture(
                                new MqttException.AuthenticationFailed("Not mine", null, true));
                    }
                };
        MqttClient client = client(b -> b.authentication(distrustful));
        publish(client, QoS.AT_LEAST_ONCE, "secret");
        var connected = client.connect();
        ScriptedConnection connection =
                server.accept().accept(connack().authentication("M", "fake"));
        connection.expectDisconnect(ReasonCode.UNSPECIFIED_ERROR);
        var failure = failure(MqttException.AuthenticationFailed.class, connected);
        assertEquals("Not mine", failure.getMessage());
        assertTrue(listener.takeAll().stream().noneMatch(c -> c instanceof Recorder.WasConnected));
    }

    @Test
    void believesAndSendsNothingBeforeTheServerIsVerified() {
        CompletableFuture<Void> verified = new CompletableFuture<>();
        Mechanism slow =
                new Mechanism() {
                    @Override
                    protected CompletionStage<?> finish(String data) {
                        return verified;
                    }
                };
        Inbox inbox = new Inbox();
        MqttClient client =
                client(b -> b.authentication(slow).subscription(Subscription.to("#"), inbox));
        publish(client, QoS.AT_LEAST_ONCE, "p");
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send(
                connack().authentication("M", "done").build(),
                Packets.atLeastOnce(7, "t", "early"));
        await("the client verifies", () -> slow.asked.contains("1 finish done"));
        connection.expectQuiet();
        assertFalse(connected.isDone());
        verified.complete(null);
        get(connected);
        assertEquals("early", inbox.nextText());
        connection.expect(Subscribe.class);
        connection.expect(Publish.class);
    }

    @Test
    void connectsAgainWhenTheConnectionIsLostInTheMiddle() {
        CompletableFuture<Optional<byte[]>> late = new CompletableFuture<>();
        Mechanism slow =
                new Mechanism() {
                    @Override
                    protected CompletionStage<Optional<byte[]>> answer(String challenge) {
                        return challenge.equals("old") ? late : super.answer(challenge);
                    }
                };
        MqttClient client = client(b -> b.authentication(slow));
        var connected = client.connect();
        ScriptedConnection first = server.accept();
        first.expectConnect();
        first.send(continues("M", "old"));
        await("the client is asked", () -> slow.asked.contains("1 answer old"));
        first.cut();
        ScriptedConnection second = server.accept();
        assertEquals("first-2", text(second.expectConnect().authenticationData()));
        late.complete(Optional.of("of the old exchange".getBytes(UTF_8)));
        second.expectQuiet();
        second.send(continues("M", "new"));
        assertAuth(second, ReasonCode.CONTINUE_AUTHENTICATION, "re:new");
        second.send(connack().authentication("M", "done").build());
        get(connected);
        assertNotNull(publishReaches(client, second));
    }

    private static Publish publishReaches(MqttClient client, ScriptedConnection connection) {
        var publication = publish(client, QoS.AT_LEAST_ONCE, "x");
        Publish publish = connection.expect(Publish.class);
        connection.send(puback(publish));
        get(publication.acknowledged());
        return publish;
    }

    @Test
    void refusesAMethodThatCannotBeSent() {
        for (String method : List.of("", "a\0b", "\uD800")) {
            Mechanism bad =
                    new Mechanism() {
                        @Override
                        public String method() {
                            return method;
                        }
                    };
            assertThrows(
                    IllegalArgumentException.class,
                    () -> MqttClient.newBuilder(server.uri()).authentication(bad));
        }
    }

    static void assertAuth(ScriptedConnection connection, ReasonCode reason, String data) {
        Auth auth = connection.expect(Auth.class);
        assertEquals(reason, auth.reason());
        assertEquals("M", auth.authenticationMethod());
        assertEquals(data, text(auth.authenticationData()));
    }

    static String text(ByteBuffer data) {
        return UTF_8.decode(data.duplicate()).toString();
    }
}
