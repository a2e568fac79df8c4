package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.auth;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.continues;
import static dev.holdfast.mqtt.impl.scripted.Packets.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ScramSha256;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connect;
import org.junit.jupiter.api.Test;

/** SCRAM-SHA-256 from end to end, against another hand's server side of it. */
class ScramTest extends ScriptedTest {
    private static final String METHOD = "SCRAM-SHA-256";

    private final MqttClient client =
            client(b -> b.authentication(ScramSha256.of("alice", "open, sesame")));

    /** The conversation up to the client's proof, and what the server thinks of it. */
    private static String prove(ScriptedConnection connection, ScramServer server) {
        Connect connect = connection.expectConnect();
        assertEquals(METHOD, connect.authenticationMethod());
        connection.send(continues(METHOD, server.first(connect.authenticationData())));
        return server.last(connection.expect(Auth.class).authenticationData());
    }

    @Test
    void connectsAndAuthenticatesAnew() {
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        String signature = prove(connection, new ScramServer("open, sesame", 4_096));
        connection.send(connack().authentication(METHOD, signature).build());
        get(connected);

        var done = client.reauthenticate();
        ScramServer again = new ScramServer("open, sesame", 10_000);
        Auth first = connection.expect(Auth.class);
        connection.send(continues(METHOD, again.first(first.authenticationData())));
        Auth proof = connection.expect(Auth.class);
        String last = again.last(proof.authenticationData());
        connection.send(auth(ReasonCode.SUCCESS, METHOD, last));
        get(done);
    }

    @Test
    void isRefusedWithAnotherPassword() {
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        assertNull(prove(connection, new ScramServer("another", 4_096)));
        connection.send(refusal(ReasonCode.NOT_AUTHORIZED).build());
        var failure = failure(MqttException.ConnectRefused.class, connected);
        assertEquals(ReasonCode.NOT_AUTHORIZED, failure.reason());
    }

    @Test
    void leavesAServerThatDoesNotKnowThePassword() {
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        prove(connection, new ScramServer("another", 4_096));
        connection.send(connack().authentication(METHOD, "v=" + "A".repeat(43) + "=").build());
        connection.expectDisconnect(ReasonCode.UNSPECIFIED_ERROR);
        var failure = failure(MqttException.AuthenticationFailed.class, connected);
        assertTrue(failure.getMessage().contains("signature is wrong"), failure.getMessage());
    }

    @Test
    void leavesAServerThatAsksForNoProof() {
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send(connack().authentication(METHOD, null).build());
        connection.expectDisconnect(ReasonCode.UNSPECIFIED_ERROR);
        failure(MqttException.AuthenticationFailed.class, connected);
    }

    @Test
    void leavesAServerThatAsksForTooMuchWork() {
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        Connect connect = connection.expectConnect();
        String first = new ScramServer("x", 2_000_000_000).first(connect.authenticationData());
        connection.send(continues(METHOD, first));
        connection.expectDisconnect(ReasonCode.UNSPECIFIED_ERROR);
        var failure = failure(MqttException.AuthenticationFailed.class, connected);
        assertTrue(failure.getMessage().contains("2000000000 iterations"), failure.getMessage());
    }
}
