package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Redirects;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Servers that send the client elsewhere (MQTT 5, section 4.11). */
class RedirectTest extends ScriptedTest {
    private static final Certificates AUTHORITY = new Certificates("an authority");
    private static final SSLContext KEY = AUTHORITY.server("localhost");

    private ScriptedServer other = ScriptedServer.start();

    @AfterEach
    void closeOther() {
        other.close();
    }

    private static String name(ScriptedServer server) {
        return "127.0.0.1:" + server.port();
    }

    /** A client that may go to either server, and gives up where it would have to wait. */
    private MqttClient following() {
        return client(
                b ->
                        b.redirects(Redirects.to("127.0.0.1").atMost(3))
                                .reconnect(ReconnectPolicy.never()));
    }

    private static void refuse(ScriptedConnection connection, ReasonCode reason, String reference) {
        connection.accept(refusal(reason).serverReference(reference));
    }

    private static Disconnect away(ReasonCode reason, String reference) {
        return new Disconnect(reason, Disconnect.ABSENT, "be off", List.of(), reference);
    }

    @Statement("P-33")
    @Test
    void followsConnackToAnotherServerForOneConnection() {
        MqttClient client =
                client(
                        b ->
                                b.redirects(Redirects.to(name(other)))
                                        .reconnect(a -> Optional.of(Duration.ofMillis(1))));
        var connected = client.connect();
        refuse(server.accept(), ReasonCode.USE_ANOTHER_SERVER, name(other));
        ScriptedConnection there = other.accept().accept();
        assertEquals(other.uri(), get(connected).server());
        there.fence();
        there.cut();
        server.accept().accept().fence();
    }

    @Statement("P-33")
    @Test
    void followsDisconnectAtOnceAndJudgesTheSessionThere() {
        MqttClient client = following();
        ScriptedConnection here = connect(client);
        var publication = publish(client, QoS.EXACTLY_ONCE, "x");
        Publish sent = here.expect(Publish.class);
        here.send(away(ReasonCode.USE_ANOTHER_SERVER, name(other)));
        here.expectClosed();
        ScriptedConnection there = other.accept().resume();
        Publish again = there.expect(Publish.class);
        assertTrue(again.dup());
        assertEquals(sent.packetIdentifier(), again.packetIdentifier());
        there.send(pubrec(again));
        there.expect(dev.holdfast.mqtt.impl.packet.Pubrel.class);
        assertFalse(publication.acknowledged().isDone());
    }

    @Test
    void tellsOfASessionThatTheOtherServerDoesNotHave() {
        ScriptedConnection here = connect(following());
        here.send(away(ReasonCode.USE_ANOTHER_SERVER, name(other)));
        other.accept().accept().fence();
        listener.await(Recorder.LostSession.class);
    }

    @Statement("P-33")
    @Test
    void keepsToWhereAServerHasMoved() {
        MqttClient client =
                client(
                        b ->
                                b.redirects(Redirects.to("127.0.0.1"))
                                        .reconnect(a -> Optional.of(Duration.ofMillis(1))));
        ScriptedConnection here = connect(client);
        here.send(away(ReasonCode.SERVER_MOVED, name(other)));
        other.accept().resume().cut();
        other.accept().resume().fence();
        get(client.disconnect());
        var connected = client.connect();
        other.accept().resume();
        get(connected);
        server.expectNoConnection(ScriptedConnection.QUIET);
    }

    @Statement("P-33")
    @Test
    void refusesAServerThatIsNotAllowedAndSaysWhatWouldAllowIt() {
        MqttClient client =
                client(
                        b ->
                                b.redirects(Redirects.to("127.0.0.1:" + server.port()))
                                        .reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        refuse(server.accept(), ReasonCode.USE_ANOTHER_SERVER, name(other));
        String why = failure(MqttException.ConnectRefused.class, connected).getMessage();
        assertTrue(why.contains("Redirects.to(\"" + name(other) + "\""), why);
        assertTrue(why.contains(name(server)), why);
        other.expectNoConnection(ScriptedConnection.QUIET);
    }

    @Test
    void triesTheNextReferenceWhenOneDoesNotAnswer() {
        MqttClient client = following();
        other.stopListening();
        var connected = client.connect();
        refuse(
                server.accept(),
                ReasonCode.USE_ANOTHER_SERVER,
                name(other) + " nonsense: " + name(server));
        server.accept().accept();
        get(connected);
    }

    @Statement("P-33")
    @Test
    void endsTheLoopOfServersThatSendItToEachOther() {
        MqttClient client = following();
        var connected = client.connect();
        for (int hop = 0; hop < 2; hop++) {
            refuse(server.accept(), ReasonCode.USE_ANOTHER_SERVER, name(other));
            refuse(other.accept(), ReasonCode.USE_ANOTHER_SERVER, name(server));
        }
        String why = failure(MqttException.ConnectRefused.class, connected).getMessage();
        assertTrue(why.contains("3 redirections in a row"), why);
        server.expectNoConnection(ScriptedConnection.QUIET);
    }

    /** Each accepts it, and sends it on at once. */
    @Test
    void endsTheLoopOfServersThatAcceptItFirst() {
        MqttClient client = following();
        ScriptedConnection connection = connect(client);
        for (int hop = 0; hop < 3; hop++) {
            ScriptedServer next = hop % 2 == 0 ? other : server;
            connection.send(away(ReasonCode.USE_ANOTHER_SERVER, name(next)));
            connection = next.accept().resume();
            listener.await(Recorder.WillReconnect.class); // of this hop, on its way there
        }
        connection.send(away(ReasonCode.USE_ANOTHER_SERVER, name(server)));
        Recorder.WillReconnect end = listener.await(Recorder.WillReconnect.class);
        assertTrue(end.next().isEmpty());
        String why = end.cause().getMessage();
        assertTrue(why.contains("3 redirections in a row"), why);
    }

    @Test
    void goesFromTlsToTlsAndChecksTheNameOfTheOtherServer() {
        try (ScriptedServer first = ScriptedServer.startTls(KEY);
                ScriptedServer second = ScriptedServer.startTls(KEY)) {
            MqttClient client =
                    client(
                            URI.create("mqtts://localhost:" + first.port()),
                            b ->
                                    b.sslContext(AUTHORITY.trusting())
                                            .reconnect(ReconnectPolicy.never())
                                            .redirects(Redirects.to("localhost", "127.0.0.1")));
            var connected = client.connect();
            refuse(
                    first.accept(),
                    ReasonCode.USE_ANOTHER_SERVER,
                    name(second) + " localhost:" + second.port());
            second.accept().expectDistrust(); // its key is not for 127.0.0.1
            ScriptedConnection there = second.accept().accept();
            get(connected);
            assertEquals(
                    List.of(new SNIHostName("localhost")),
                    there.tlsSession().getRequestedServerNames());
        }
    }

    @Test
    void neverGoesFromTlsToAConnectionWithout() {
        try (ScriptedServer secure = ScriptedServer.startTls(KEY)) {
            MqttClient client =
                    client(
                            URI.create("mqtts://localhost:" + secure.port()),
                            b ->
                                    b.sslContext(AUTHORITY.trusting())
                                            .reconnect(ReconnectPolicy.never())
                                            .redirects(Redirects.to("127.0.0.1")));
            var connected = client.connect();
            refuse(secure.accept(), ReasonCode.USE_ANOTHER_SERVER, "mqtt://" + name(other));
            String why = failure(MqttException.ConnectRefused.class, connected).getMessage();
            assertTrue(why.contains("no TLS"), why);
            other.expectNoConnection(ScriptedConnection.QUIET);
        }
    }

    @Test
    void stopsFollowingWhenDisconnectIsCalled() {
        MqttClient client = following();
        var connected = client.connect();
        refuse(server.accept(), ReasonCode.USE_ANOTHER_SERVER, name(other));
        other.accept().expectConnect();
        get(client.disconnect());
        failure(MqttException.ClientClosed.class, connected);
        server.expectNoConnection(ScriptedConnection.QUIET);
    }
}
