package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@code mqtts://}: whom the client trusts, and what it says when it does not. */
class TlsTest extends ScriptedTest {
    private static final Certificates AUTHORITY = new Certificates("an authority");
    private static final Certificates ANOTHER = new Certificates("another authority");
    private static final SSLContext TRUST = AUTHORITY.trusting();
    private static final SSLContext GOOD = AUTHORITY.server("localhost");
    private static final SSLContext OTHER_HOST = AUTHORITY.server("example.org");

    private ScriptedServer secure;

    @AfterEach
    void closeSecureServer() {
        secure.close();
    }

    /** A client that trusts the authority, and a server with this key. */
    private MqttClient clientOf(SSLContext serverKey) {
        return clientOf(serverKey, b -> {});
    }

    private MqttClient clientOf(SSLContext serverKey, Consumer<MqttClientBuilder> changes) {
        secure = ScriptedServer.startTls(serverKey);
        return client(
                URI.create("mqtts://localhost:" + secure.port()),
                b -> changes.accept(b.sslContext(TRUST)));
    }

    @Test
    void talksToAServerThatItTrusts() {
        MqttClient client = clientOf(GOOD);
        var connected = client.connect();
        ScriptedConnection connection = secure.accept().accept();
        get(connected);
        byte[] large = new byte[100_000];
        Publication publication = client.publish(Message.to("t").payload(large).build());
        Publish sent = connection.expect(Publish.class);
        assertEquals(large.length, sent.message().payloadSize());
        connection.send(puback(sent));
        get(publication.acknowledged());
        get(client.disconnect());
        connection.expectDisconnect(ReasonCode.SUCCESS);
    }

    @Test
    void comesBackToAServerThatItTrusts() {
        MqttClient client = clientOf(GOOD);
        var connected = client.connect();
        secure.accept().accept().cut();
        get(connected);
        secure.accept().resume().fence();
    }

    @Test
    void saysWhichHostItWants() {
        MqttClient client = clientOf(GOOD);
        client.connect();
        ScriptedConnection connection = secure.accept().accept();
        assertEquals(
                List.of(new SNIHostName("localhost")),
                connection.tlsSession().getRequestedServerNames());
    }

    @Test
    void refusesAServerThatNobodyVouchesFor() {
        expectDistrust(ANOTHER.server("localhost"), "certification path");
    }

    @Test
    void refusesAServerThatVouchesForItself() {
        expectDistrust(Certificates.selfSigned("localhost"), "certification path");
    }

    @Test
    void refusesAServerThatAnswersForAnotherHost() {
        expectDistrust(OTHER_HOST, "localhost");
    }

    @Test
    void refusesAnExpiredCertificate() {
        Instant longAgo = Instant.now().minus(Duration.ofDays(60));
        expectDistrust(AUTHORITY.server("localhost", longAgo), "NotAfter");
    }

    /** Nothing of a record can be read before all of it is there. */
    @Test
    void staysWhileALargeRecordArrives() throws IOException {
        Inbox inbox = new Inbox();
        secure = ScriptedServer.startTls(GOOD);
        try (SlowLine line = new SlowLine(secure.port())) {
            MqttClient client =
                    client(
                            URI.create("mqtts://localhost:" + line.port()),
                            b ->
                                    b.sslContext(TRUST)
                                            .keepAlive(Duration.ofSeconds(1))
                                            .subscription(Subscription.to("a"), inbox)
                                            .resubscribe(Resubscribe.NEVER));
            var connected = client.connect();
            ScriptedConnection connection = secure.accept().accept();
            get(connected);
            line.slowDown();
            connection.send(Packets.atMostOnce("a", "x".repeat(4_000)));
            assertEquals(4_000, inbox.nextText().length());
        }
    }

    /** A reference to a server without TLS, or with it, leads nowhere. */
    @Test
    void doesNotLeaveTlsForAServerReference() {
        try (ScriptedServer plain = ScriptedServer.start()) {
            MqttClient client = clientOf(GOOD);
            var connected = client.connect();
            secure.accept()
                    .accept(
                            Packets.refusal(ReasonCode.USE_ANOTHER_SERVER)
                                    .serverReference("mqtt://127.0.0.1:" + plain.port()));
            ScriptedConnection again = secure.accept().accept();
            get(connected);
            assertEquals("TLSv1.3", again.tlsSession().getProtocol());
            plain.expectNoConnection(ScriptedConnection.QUIET);
        }
    }

    /** Trying again would not help, so the first attempt is the last. */
    private void expectDistrust(SSLContext serverKey, String why) {
        CompletableFuture<?> connected = clientOf(serverKey).connect();
        secure.accept().expectDistrust();
        MqttException cause = failure(MqttException.ConnectionLost.class, connected);
        assertTrue(cause.getMessage().contains(why), cause.getMessage());
        assertTrue(cause.getMessage().contains("localhost:" + secure.port()));
        assertTrue(cause.permanent());
        assertTrue(listener.await(Recorder.WillReconnect.class).next().isEmpty());
    }

    @Test
    void trustsAnyHostWhereToldTo() {
        SSLParameters anyHost = new SSLParameters();
        anyHost.setEndpointIdentificationAlgorithm("");
        var connected = clientOf(OTHER_HOST, b -> b.sslParameters(anyHost)).connect();
        secure.accept().accept();
        get(connected);
    }

    /** Parameters for something else leave the check of the host on. */
    @Test
    void checksTheHostAlsoWithParametersOfTheApplication() {
        SSLParameters newestOnly = new SSLParameters(null, new String[] {"TLSv1.3"});
        var connected = clientOf(OTHER_HOST, b -> b.sslParameters(newestOnly)).connect();
        secure.accept().expectDistrust();
        assertTrue(failure(MqttException.ConnectionLost.class, connected).permanent());
    }

    @Test
    void saysThatAServerDoesNotSpeakTls() {
        secure = ScriptedServer.start();
        MqttClient client =
                client(
                        URI.create("mqtts://localhost:" + secure.port()),
                        b -> b.reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        secure.accept().send("20 03 00 00 00");
        MqttException cause = failure(MqttException.ConnectionLost.class, connected);
        assertTrue(cause.getMessage().contains("TLS"), cause.getMessage());
    }

    @Test
    void givesUpOnAServerThatIsSilentDuringTheHandshakeOfTls() {
        secure = ScriptedServer.start();
        MqttClient client =
                client(
                        URI.create("mqtts://localhost:" + secure.port()),
                        b ->
                                b.reconnect(ReconnectPolicy.never())
                                        .connectTimeout(Duration.ofMillis(300)));
        var connected = client.connect();
        secure.accept();
        MqttException cause = failure(MqttException.ConnectionLost.class, connected);
        assertTrue(cause.getMessage().contains("300 ms"), cause.getMessage());
        assertFalse(cause.permanent());
    }
}
