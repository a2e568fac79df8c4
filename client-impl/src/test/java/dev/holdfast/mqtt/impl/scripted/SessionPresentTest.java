package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.again;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static dev.holdfast.mqtt.impl.scripted.Packets.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UnknownSession;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Publish;
import org.junit.jupiter.api.Test;

/**
 * The table of section 3.2.2.1.1: what this client has × the Clean Start it sends × the Session
 * Present it gets. The clients here connect only when told to.
 */
class SessionPresentTest extends ScriptedTest {
    private final Inbox inbox = new Inbox();

    private MqttClient client(boolean cleanStart, UnknownSession unknownSession) {
        return client(
                b ->
                        b.cleanStart(cleanStart)
                                .onUnknownSession(unknownSession)
                                .reconnect(ReconnectPolicy.never())
                                .subscription(Subscription.to("a"), inbox)
                                .resubscribe(Resubscribe.NEVER));
    }

    // ---- without a session of its own

    @Test
    void startsEmptyWhereNeitherSideHasASession() {
        startsEmpty(false);
    }

    @Test
    void startsEmptyAfterCleanStart() {
        startsEmpty(true);
    }

    private void startsEmpty(boolean cleanStart) {
        var connected = client(cleanStart, UnknownSession.FAIL).connect();
        ScriptedConnection connection = server.accept();
        assertEquals(cleanStart, connection.expectConnect().cleanStart());
        connection.send(connack().build());
        assertFalse(get(connected).sessionPresent());
        connection.fence();
    }

    @Statement("3.2.2-4")
    @Test
    void closesWhenTheServerResumesASessionThatTheClientDoesNotHave() {
        MqttClient client = client(false, UnknownSession.FAIL);
        for (int attempt = 1; attempt <= 2; attempt++) {
            var connected = client.connect();
            server.accept().resume().expectDisconnect(ReasonCode.PROTOCOL_ERROR);
            assertTrue(failure(MqttException.SessionUnknown.class, connected).permanent());
        }
    }

    @Test
    void takesOverAnUnknownSessionWhereAllowed() {
        var connected = client(false, UnknownSession.ACCEPT).connect();
        ScriptedConnection connection = server.accept().resume();
        assertTrue(get(connected).sessionPresent());
        connection.send(exactlyOnce(8, "a", "kept by the server"));
        connection.expect(pubrec(8));
        assertEquals("kept by the server", inbox.nextText());
    }

    @Test
    void startsCleanAfterAnUnknownSessionWhereAllowed() {
        var connected = client(false, UnknownSession.START_CLEAN).connect();
        server.accept().resume().expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        ScriptedConnection connection = server.accept();
        assertTrue(connection.expectConnect().cleanStart());
        connection.send(connack().build());
        assertFalse(get(connected).sessionPresent());
        connection.fence();
    }

    @Statement({"3.2.2-2", "3.2.2-4"})
    @Test
    void closesWhenTheServerResumesInSpiteOfCleanStart() {
        var connected = client(true, UnknownSession.ACCEPT).connect();
        server.accept().resume().expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        failure(MqttException.ServerMisbehaved.class, connected);
    }

    // ---- with a session

    /** A client that lost its connection with a message in each state, and what it had sent. */
    private final class Held {
        final MqttClient client;
        final Publication atLeastOnce;
        final Publication exactlyOnce;
        final Publish sent;
        final Publish released;

        Held(boolean cleanStart) {
            client = client(cleanStart, UnknownSession.FAIL);
            ScriptedConnection connection = connect(client);
            atLeastOnce = publish(client, QoS.AT_LEAST_ONCE, "one");
            exactlyOnce = publish(client, QoS.EXACTLY_ONCE, "two");
            sent = connection.expect(Publish.class);
            released = connection.expect(Publish.class);
            connection.send(pubrec(released));
            connection.expect(pubrel(released.packetIdentifier()));
            connection.send(exactlyOnce(8, "a", "in"));
            connection.expect(pubrec(8));
            get(inbox.next().acknowledge());
            connection.cut();
            listener.await(Recorder.WillReconnect.class);
        }

        /** All of the session is still there, and the server has it too. */
        void expectResumed() {
            var connected = client.connect();
            ScriptedConnection connection = server.accept();
            assertFalse(connection.expectConnect().cleanStart());
            connection.send(connack().sessionPresent().build());
            assertTrue(get(connected).sessionPresent());
            connection.expectInAnyOrder(pubrel(released.packetIdentifier()), again(sent));
            connection.send(puback(sent), pubcomp(released));
            connection.send(again(exactlyOnce(8, "a", "in")));
            connection.expect(pubrec(8));
            connection.send(pubrel(8));
            connection.expect(pubcomp(8));
            get(atLeastOnce.acknowledged());
            get(exactlyOnce.acknowledged());
            inbox.expectEmpty();
        }

        /** Nothing of the session is used on this connection, which began without one. */
        void expectDropped(ScriptedConnection connection) {
            Publish republished = connection.expect(Publish.class);
            assertEquals("one", republished.message().payloadText());
            assertFalse(republished.dup(), "in the new session the message is new");
            connection.fence();
            connection.send(puback(republished));
            get(atLeastOnce.acknowledged());
            failure(MqttException.SessionLost.class, exactlyOnce.acknowledged());
            connection.send(again(exactlyOnce(8, "a", "new")));
            connection.expect(pubrec(8));
            assertEquals("new", inbox.nextText());
        }
    }

    @Statement("3.1.2-23")
    @Test
    void resumesASessionThatBothSidesHave() {
        new Held(false).expectResumed();
    }

    @Statement({"3.2.2-5", "4.4.0-1"})
    @Test
    void dropsASessionThatTheServerHasLost() {
        Held held = new Held(false);
        ScriptedConnection connection = connect(held.client);
        listener.await(Recorder.LostSession.class);
        held.expectDropped(connection);
    }

    @Statement("3.1.2-4")
    @Test
    void dropsASessionAtCleanStart() {
        Held held = new Held(true);
        var connected = held.client.connect();
        ScriptedConnection connection = server.accept();
        assertTrue(connection.expectConnect().cleanStart());
        connection.send(connack().build());
        get(connected);
        held.expectDropped(connection);
    }

    @Statement({"3.2.2-2", "3.2.2-4"})
    @Test
    void closesWhenTheServerKeepsASessionThatCleanStartDropped() {
        Held held = new Held(true);
        var connected = held.client.connect();
        server.accept().resume().expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        failure(MqttException.ServerMisbehaved.class, connected);
    }

    @Test
    void keepsTheSessionWhenTheServerRefusesTheConnection() {
        Held held = new Held(false);
        var refused = held.client.connect();
        server.accept().accept(refusal(ReasonCode.SERVER_BUSY)).expectClosed();
        failure(MqttException.ConnectRefused.class, refused);
        held.expectResumed();
    }

    @Statement("3.2.2-6")
    @Test
    void keepsTheSessionAtARefusalThatClaimsToHaveIt() {
        Held held = new Held(false);
        var refused = held.client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send("20 03 01 87 00");
        connection.expectClosed();
        failure(MqttException.ConnectRefused.class, refused);
        held.expectResumed();
    }

    /** A session that is idle on the client is a session all the same. */
    @Test
    void resumesAnIdleSession() {
        MqttClient client = client(false, UnknownSession.FAIL);
        connect(client).cut();
        listener.await(Recorder.WillReconnect.class);
        connect(client, connack().sessionPresent()).fence();
    }
}
