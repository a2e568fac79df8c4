package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.AuthenticationTest.assertAuth;
import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.auth;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.continues;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Authentication anew on a connection that is up (MQTT 5, section 4.12.1). */
class ReauthenticationTest extends ScriptedTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Mechanism mechanism = new Mechanism();
    private final MqttClient client = client(b -> b.authentication(mechanism));

    private ScriptedConnection connect() {
        return connect(client, connack().authentication("M", "in"));
    }

    private static Auth success(String data) {
        return auth(ReasonCode.SUCCESS, "M", data);
    }

    @Test
    @Statement({"3.15.1-1", "3.15.2-1", "4.12.0-3", "4.12.0-5", "4.12.1-1", "P-34"})
    void authenticatesAnewInSteps() {
        ScriptedConnection connection = connect();
        var done = client.reauthenticate();
        connection.expectBytes("F0 10 19 0E 15 00 01 4D 16 00 07 66 69 72 73 74 2D 32");
        connection.send(continues("M", "c1"));
        assertAuth(connection, ReasonCode.CONTINUE_AUTHENTICATION, "re:c1");
        assertFalse(done.isDone());
        connection.send(success("over"));
        get(done);
        assertEquals(
                List.of("1 first", "1 finish in", "2 first", "2 answer c1", "2 finish over"),
                mechanism.asked);
        connection.fence();
    }

    @Test
    @Statement({"3.15.2-2", "3.15.2-3"})
    void sendsNeitherReasonStringNorUserProperties() {
        ScriptedConnection connection = connect();
        client.reauthenticate();
        Auth auth = connection.expect(Auth.class);
        assertNull(auth.reasonString());
        assertEquals(List.of(), auth.userProperties());
    }

    @Test
    @Statement("4.12.1-1")
    void mayDoSoAgainAndAgain() {
        ScriptedConnection connection = connect();
        for (int number = 2; number < 5; number++) {
            var done = client.reauthenticate();
            assertAuth(connection, ReasonCode.RE_AUTHENTICATE, "first-" + number);
            connection.send(success("over"));
            get(done);
        }
    }

    @Test
    @Statement("P-34")
    void goesOnWithAllElseMeanwhile() {
        Inbox inbox = new Inbox();
        ScriptedConnection connection = connect();
        var done = client.reauthenticate();
        connection.expect(Auth.class);
        var publication = publish(client, QoS.AT_LEAST_ONCE, "x");
        connection.send(puback(connection.expect(Publish.class)));
        get(publication.acknowledged());
        var subscribed = client.subscribe(Subscription.to("t"), inbox);
        Subscribe subscribe = connection.expect(Subscribe.class);
        connection.send(Packets.suback(subscribe, ReasonCode.GRANTED_QOS_2));
        get(subscribed);
        connection.send(continues("M", "c1"), atLeastOnce(7, "t", "y"));
        connection.expect(Auth.class);
        inbox.next().acknowledge();
        assertEquals(7, connection.expect(Puback.class).packetIdentifier());
        assertFalse(done.isDone());
        connection.send(success("over"));
        get(done);
    }

    // ---- refused at once

    @Test
    @Statement("4.12.0-7")
    void needsAMethod() {
        MqttClient without = client(b -> b.clientIdentifier("c2"));
        ScriptedConnection connection = connect(without);
        var failure = assertThrows(IllegalStateException.class, without::reauthenticate);
        assertTrue(failure.getMessage().contains("authentication(…)"), failure.getMessage());
        connection.fence();
    }

    @Test
    @Statement("4.12.1-1")
    void needsAConnection() {
        failure(MqttException.ConnectionLost.class, client.reauthenticate());
        client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        failure(MqttException.ConnectionLost.class, client.reauthenticate());
        connection.expectQuiet();
    }

    @Test
    void doesOneAtATime() {
        ScriptedConnection connection = connect();
        var one = client.reauthenticate();
        connection.expect(Auth.class);
        var another = client.reauthenticate();
        var failure = failure(MqttException.AuthenticationFailed.class, another);
        assertTrue(failure.getMessage().contains("under way"), failure.getMessage());
        connection.send(success("over"));
        get(one);
        connection.fence();
    }

    /** Nothing was sent: the server knows of nothing that has failed. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void staysConnectedWhenItNeverBegan(boolean hangs) {
        AtomicBoolean works = new AtomicBoolean(true);
        Mechanism faulty =
                new Mechanism() {
                    @Override
                    protected CompletionStage<Optional<byte[]>> first(int number) {
                        return works.get()
                                ? super.first(number)
                                : hangs
                                        ? new CompletableFuture<>()
                                        : CompletableFuture.failedFuture(new Error("no token"));
                    }
                };
        MqttClient client = client(b -> b.authentication(faulty).connectTimeout(SECOND));
        ScriptedConnection connection =
                acceptInTime(client.connect(), connack().authentication("M", "in"));
        works.set(false);
        var failure = failure(MqttException.AuthenticationFailed.class, client.reauthenticate());
        String cause = hangs ? "gave no answer" : "no token";
        assertTrue(failure.getMessage().contains(cause), failure.getMessage());
        connection.fence();
        works.set(true);
        var done = client.reauthenticate();
        assertEquals(ReasonCode.RE_AUTHENTICATE, connection.expect(Auth.class).reason());
        connection.send(success("over"));
        get(done);
    }

    @Test
    @Statement("3.2.2-15")
    void staysWithinMaximumPacketSize() {
        // F0, Remaining Length, 19, Property Length, 15 00 01 4D, 16 00 07 first-2
        Packets.ConnackBuilder connack = connack().authentication("M", "in").maximumPacketSize(17);
        ScriptedConnection connection = connect(client, connack);
        var failure = failure(MqttException.AuthenticationFailed.class, client.reauthenticate());
        assertTrue(failure.getMessage().contains("Maximum Packet Size"), failure.getMessage());
        connection.fence();
    }

    @Test
    @Statement("3.2.2-15")
    void failsWhenAnAnswerExceedsMaximumPacketSize() {
        Packets.ConnackBuilder connack = connack().authentication("M", "in").maximumPacketSize(18);
        ScriptedConnection connection = connect(client, connack);
        var done = client.reauthenticate();
        connection.expect(Auth.class);
        connection.send(continues("M", "12345"));
        connection.expectDisconnect(ReasonCode.UNSPECIFIED_ERROR);
        failure(MqttException.AuthenticationFailed.class, done);
    }

    // ---- failed

    @Test
    @Statement("4.12.1-2")
    void endsTheConnectionWhenTheServerIsNotAccepted() {
        Mechanism distrustful =
                new Mechanism() {
                    @Override
                    protected CompletionStage<?> finish(String data) {
                        return data.equals("fake")
                                ? CompletableFuture.failedFuture(new Error("Not mine"))
                                : super.finish(data);
                    }
                };
        MqttClient client = client(b -> b.authentication(distrustful));
        ScriptedConnection connection = connect(client, connack().authentication("M", "in"));
        var done = client.reauthenticate();
        connection.expect(Auth.class);
        connection.send(success("fake"));
        connection.expectDisconnect(ReasonCode.UNSPECIFIED_ERROR);
        var failure = failure(MqttException.AuthenticationFailed.class, done);
        assertTrue(failure.getMessage().contains("Not mine"), failure.getMessage());
        assertSame(failure, listener.await(Recorder.WasDisconnected.class).cause());
        server.accept().accept(connack().authentication("M", "in"));
        listener.await(Recorder.WasConnected.class);
    }

    @Test
    @Statement("4.12.1-2")
    void endsTheConnectionWhenTheMechanismHasNoAnswer() {
        Mechanism mute =
                new Mechanism() {
                    @Override
                    protected CompletionStage<Optional<byte[]>> answer(String challenge) {
                        throw new IllegalStateException("mute");
                    }
                };
        MqttClient client = client(b -> b.authentication(mute));
        ScriptedConnection connection = connect(client, connack().authentication("M", "in"));
        var done = client.reauthenticate();
        connection.expect(Auth.class);
        connection.send(continues("M", "c1"));
        connection.expectDisconnect(ReasonCode.UNSPECIFIED_ERROR);
        failure(MqttException.AuthenticationFailed.class, done);
    }

    /** The next CONNECT authenticates with another exchange, so it is worth trying. */
    @Test
    @Statement("4.12.1-2")
    void connectsAgainWhenTheServerRefuses() {
        ScriptedConnection connection = connect();
        var done = client.reauthenticate();
        connection.expect(Auth.class);
        connection.send(new Disconnect(ReasonCode.NOT_AUTHORIZED));
        connection.expectClosed();
        var failure = failure(MqttException.ConnectionLost.class, done);
        assertEquals(ReasonCode.NOT_AUTHORIZED, failure.reason().orElseThrow());
        assertFalse(failure.permanent());
        server.accept().accept(connack().authentication("M", "in"));
    }

    @Test
    void limitsItsTime() {
        MqttClient client = client(b -> b.authentication(mechanism).connectTimeout(SECOND));
        ScriptedConnection connection =
                acceptInTime(client.connect(), connack().authentication("M", "in"));
        var done = client.reauthenticate();
        connection.expect(Auth.class);
        connection.expectDisconnect(ReasonCode.UNSPECIFIED_ERROR);
        var failure = failure(MqttException.AuthenticationFailed.class, done);
        assertTrue(failure.getMessage().contains("the server gave no answer"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "another method, F0 06 00 04 15 00 01 4E, PROTOCOL_ERROR",
        "no method, F0 02 18 00, PROTOCOL_ERROR",
        "the shortest form, F0 00, PROTOCOL_ERROR",
        "a reason of clients, F0 06 19 04 15 00 01 4D, PROTOCOL_ERROR",
        "a flag, F1 06 00 04 15 00 01 4D, MALFORMED_PACKET"
    })
    @Statement({"3.15.1-1", "3.15.2-1", "4.12.0-5", "P-15"})
    void closesAfterAuthWith(String what, String hex, ReasonCode reason) {
        ScriptedConnection connection = connect();
        var done = client.reauthenticate();
        connection.expect(Auth.class);
        connection.send(hex);
        connection.expectDisconnect(reason);
        failure(MqttException.ServerMisbehaved.class, done);
        assertFalse(mechanism.asked.contains("2 finish -"), what);
    }

    /** Only the client may begin. */
    @ParameterizedTest
    @ValueSource(strings = {"F0 06 18 04 15 00 01 4D", "F0 06 00 04 15 00 01 4D"})
    @Statement("4.12.1-1")
    void closesAfterAuthThatAnswersNothing(String hex) {
        ScriptedConnection connection = connect();
        connection.send(hex);
        connection.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        assertEquals(List.of("1 first", "1 finish in"), mechanism.asked);
    }

    @Test
    void endsRoundsWithoutEnd() {
        ScriptedConnection connection = connect();
        var done = client.reauthenticate();
        connection.expect(Auth.class);
        for (int round = 1; round <= 32; round++) {
            connection.send(continues("M", "c" + round));
            connection.expect(Auth.class);
        }
        connection.send(continues("M", "once more"));
        connection.expectDisconnect(ReasonCode.QUOTA_EXCEEDED);
        failure(MqttException.ServerMisbehaved.class, done);
    }

    @Test
    void failsWithTheConnection() {
        ScriptedConnection connection = connect();
        var done = client.reauthenticate();
        connection.expect(Auth.class);
        connection.cut();
        failure(MqttException.ConnectionLost.class, done);
        ScriptedConnection second =
                server.accept().accept(connack().authentication("M", "in").sessionPresent());
        second.fence();
        var again = client.reauthenticate();
        assertAuth(second, ReasonCode.RE_AUTHENTICATE, "first-4");
        second.send(success("over"));
        get(again);
    }

    @Test
    void failsWhenTheClientLeaves() {
        ScriptedConnection connection = connect();
        var done = client.reauthenticate();
        connection.expect(Auth.class);
        get(client.disconnect());
        connection.expectDisconnect(ReasonCode.SUCCESS);
        failure(MqttException.ClientClosed.class, done);
        var closing = client.connect();
        server.accept().accept(connack().authentication("M", "in").sessionPresent());
        get(closing);
        var atClose = client.reauthenticate();
        client.close();
        failure(MqttException.ClientClosed.class, atClose);
    }
}
