package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.refusal;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** User Name and Password that are asked for before each attempt to connect. */
class CredentialsSupplierTest extends ScriptedTest {
    private static final Duration SHORT = Duration.ofMillis(400);

    private final AtomicInteger asked = new AtomicInteger();

    /** Gives another token each time. */
    private CompletionStage<Credentials> token() {
        return CompletableFuture.supplyAsync(
                () -> Credentials.of("u", "token-" + asked.incrementAndGet()));
    }

    private static void assertToken(int number, Connect connect) {
        Credentials credentials = connect.credentials();
        assertEquals("u", credentials.userName().orElseThrow());
        byte[] expected = ("token-" + number).getBytes(UTF_8);
        assertArrayEquals(expected, credentials.password().orElseThrow());
    }

    @Test
    void asksBeforeEachAttempt() {
        MqttClient client = client(b -> b.credentials(this::token));
        assertEquals(0, asked.get());
        var connected = client.connect();
        ScriptedConnection busy = server.accept();
        assertToken(1, busy.expectConnect());
        busy.send(refusal(ReasonCode.SERVER_BUSY).build());
        ScriptedConnection lost = server.accept();
        assertToken(2, lost.expectConnect());
        lost.send(connack().build());
        get(connected);
        lost.cut();
        assertToken(3, server.accept().expectConnect());
    }

    @Test
    void asksTogetherWithAnAuthentication() {
        client(b -> b.credentials(this::token).authentication(new Mechanism())).connect();
        Connect connect = server.accept().expectConnect();
        assertToken(1, connect);
        assertEquals("first-1", AuthenticationTest.text(connect.authenticationData()));
    }

    @Test
    void lastCallOfTheBuilderCounts() {
        client(b -> b.credentials(this::token).credentials(Credentials.userName("fixed")))
                .connect();
        Connect connect = server.accept().expectConnect();
        assertEquals("fixed", connect.credentials().userName().orElseThrow());
        client(
                        b ->
                                b.clientIdentifier("c2")
                                        .credentials(Credentials.userName("fixed"))
                                        .credentials(this::token))
                .connect();
        assertToken(1, server.accept().expectConnect());
    }

    /** The server says so when a token has expired. */
    @Test
    void comesBackWithAnotherTokenAfterNotAuthorized() {
        MqttClient client = client(b -> b.credentials(this::token));
        ScriptedConnection connection = connect(client);
        connection.send(new Disconnect(ReasonCode.NOT_AUTHORIZED));
        ScriptedConnection next = server.accept();
        assertToken(2, next.expectConnect());
        next.send(refusal(ReasonCode.NOT_AUTHORIZED).build());
        await(
                "a refused token ends the attempts",
                () -> listener.await(Recorder.WillReconnect.class).next().isEmpty());
    }

    @Test
    void staysAwayAfterNotAuthorizedWithFixedCredentials() {
        MqttClient client = client(b -> b.credentials(Credentials.userName("fixed")));
        connect(client).send(new Disconnect(ReasonCode.NOT_AUTHORIZED));
        assertTrue(listener.await(Recorder.WillReconnect.class).next().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"throws", "fails", "null", "null inside", "hangs", "blocks"})
    void failsTheAttemptAndNotTheClient(String fault) {
        CountDownLatch end = new CountDownLatch(1);
        Supplier<CompletionStage<Credentials>> faulty =
                () -> asked.get() == 0 ? faulty(fault, end) : token();
        MqttClient client = client(b -> b.credentials(faulty).connectTimeout(SHORT));
        var connected = client.connect();
        MqttException cause = listener.await(Recorder.WillReconnect.class).cause();
        var failure = assertInstanceOf(MqttException.AuthenticationFailed.class, cause);
        assertFalse(failure.permanent());
        assertTrue(failure.getMessage().contains("credentials(…)"), failure.getMessage());
        asked.incrementAndGet();
        end.countDown();
        acceptInTime(connected, connack());
        assertTrue(asked.get() > 1, "the supplier was asked again");
    }

    private static CompletionStage<Credentials> faulty(String fault, CountDownLatch end) {
        return switch (fault) {
            case "throws" -> throw new AssertionError("thrown on purpose");
            case "fails" -> CompletableFuture.failedFuture(new IllegalStateException("on purpose"));
            case "null" -> null;
            case "null inside" -> CompletableFuture.completedFuture(null);
            case "hangs" -> new CompletableFuture<>();
            case "blocks" -> {
                try {
                    end.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                yield CompletableFuture.completedFuture(Credentials.userName("too late"));
            }
            default -> throw new AssertionError(fault);
        };
    }

    @Test
    void giveUpWhenThePolicySaysSo() {
        MqttClient client =
                client(
                        b ->
                                b.credentials(() -> CompletableFuture.failedFuture(new Error("x")))
                                        .reconnect(ReconnectPolicy.never()));
        var failure = failure(MqttException.AuthenticationFailed.class, client.connect());
        assertEquals("x", failure.getCause().getMessage());
        server.expectNoConnection(ScriptedConnection.QUIET);
    }

    @Test
    void mayBeLeftWhileItIsAsked() {
        CompletableFuture<Credentials> never = new CompletableFuture<>();
        MqttClient client = client(b -> b.credentials(() -> never));
        var connected = client.connect();
        get(client.disconnect());
        failure(MqttException.ClientClosed.class, connected);
        never.complete(Credentials.userName("late"));
        server.expectNoConnection(ScriptedConnection.QUIET);
        client.connect();
        assertEquals(
                "late", server.accept().expectConnect().credentials().userName().orElseThrow());
    }

    @Test
    void mayBeClosedWhileItIsAsked() {
        MqttClient client = client(b -> b.credentials(() -> new CompletableFuture<>()));
        var connected = client.connect();
        client.close();
        failure(MqttException.ClientClosed.class, connected);
    }
}
