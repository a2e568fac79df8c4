package dev.holdfast.mqtt.impl.hostile;

import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.ScramSha256;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.Will;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.scripted.Packets;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedServer;
import dev.holdfast.mqtt.impl.scripted.TestStore;
import dev.holdfast.mqtt.impl.session.Answer;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.IncomingMessage;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A whole life of a client, with many a failure, that prints all that it can get hold of. The
 * program is one of its own, so that everything it says can be looked at, other libraries' logs
 * included.
 */
final class SecretLife {
    static final String USER_NAME = "uSeRnAmE17";
    static final String PASSWORD = "pAsSwOrD42";
    static final String DATA = "aUtHdAtA99";
    static final String PAYLOAD = "pAyLoAd23z";
    static final String SCRAM_NAME = "sCrAmNaMe5";
    static final String SCRAM_WORD = "sCrAmWoRd8";
    static final List<String> SECRETS =
            List.of(USER_NAME, PASSWORD, DATA, PAYLOAD, SCRAM_NAME, SCRAM_WORD);

    /** What must show, or the secrets might be absent for want of words. */
    static final List<String> SIGNS =
            List.of(
                    "Bad User Name or Password",
                    ", Session Present 0",
                    "PUBLISH at QoS 1 with Packet Identifier 7",
                    "A handler failed",
                    "No subscription has a handler",
                    "the disk of the test is full",
                    "an/open/topic",
                    "Credentials[",
                    "ScramSha256[",
                    "SCRAM: The server's nonce",
                    "SCRAM: The server's signature is wrong",
                    "asks for 7 iterations",
                    "AuthenticationAsked[",
                    "Answer[",
                    "Connect[");

    private final TestStore store = new TestStore();

    private SecretLife() {}

    public static void main(String[] args) throws Exception {
        try (ScriptedServer server = ScriptedServer.start()) {
            new SecretLife().live(server);
        }
        printAll();
        System.exit(0);
    }

    private void live(ScriptedServer server) throws Exception {
        MqttClientBuilder builder = builder(server.uri());
        print(builder);
        try (MqttClient client = builder.build()) {
            print(client);
            refused(client, server);
            ScriptedConnection connection = connected(client, server);
            received(client, connection, server);
            failed(client);
        }
        for (String serverFirst : List.of("r=no,s=AAAA,i=4096", "r=%sX,s=AAAA,i=7")) {
            authenticationFails(server, serverFirst, null);
        }
        authenticationFails(server, "r=%sX,s=AAAA,i=4096", "v=" + "A".repeat(43) + "=");
    }

    /** SCRAM with a server that says this, with the client's nonce in its place. */
    private static void authenticationFails(
            ScriptedServer server, String serverFirst, @Nullable String serverFinal)
            throws Exception {
        ScramSha256 scram = ScramSha256.of(SCRAM_NAME, SCRAM_WORD);
        print(scram);
        print(scram.begin());
        try (MqttClient client =
                MqttClient.newBuilder(server.uri())
                        .authentication(scram)
                        .credentials(
                                () ->
                                        CompletableFuture.completedFuture(
                                                Credentials.of(USER_NAME, PASSWORD)))
                        .reconnect(ReconnectPolicy.never())
                        .build()) {
            CompletableFuture<Connected> connected = client.connect();
            ScriptedConnection connection = server.accept();
            Connect connect = connection.expectConnect();
            print(connect);
            ByteBuffer data = connect.authenticationData();
            String first = StandardCharsets.US_ASCII.decode(data.duplicate()).toString();
            String nonce = first.substring(first.indexOf(",r=") + 3);
            String method = scram.method();
            connection.send(Packets.continues(method, serverFirst.formatted(nonce)));
            if (serverFinal != null) {
                print(connection.expect(Auth.class));
                connection.send(Packets.connack().authentication(method, serverFinal).build());
            }
            printFailure(connected);
        }
    }

    private MqttClientBuilder builder(URI uri) {
        return MqttClient.newBuilder(uri)
                .clientIdentifier("a-client")
                .credentials(Credentials.of(USER_NAME, PASSWORD))
                .will(secret(QoS.EXACTLY_ONCE), Duration.ofSeconds(3))
                .store(store)
                .subscription(Subscription.to("an/+/topic"), SecretLife::fail)
                .reconnect(ReconnectPolicy.exponential(Duration.ofMillis(5), Duration.ofMillis(5)));
    }

    private static Message secret(QoS qos) {
        return Message.to("an/open/topic").payload(PAYLOAD).qos(qos).build();
    }

    private static CompletableFuture<Void> fail(Delivery delivery) {
        print(delivery);
        throw new IllegalStateException("the handler of the test fails");
    }

    private static void refused(MqttClient client, ScriptedServer server) throws Exception {
        CompletableFuture<Connected> refused = client.connect();
        server.accept().accept(Packets.refusal(ReasonCode.BAD_USER_NAME_OR_PASSWORD));
        printFailure(refused);
    }

    private static ScriptedConnection connected(MqttClient client, ScriptedServer server)
            throws Exception {
        CompletableFuture<Connected> connected = client.connect();
        ScriptedConnection connection = server.accept();
        print(connection.expectConnect());
        connection.send(Packets.connack().build());
        print(connected.get(15, TimeUnit.SECONDS));
        Publication publication = client.publish(secret(QoS.EXACTLY_ONCE));
        print(publication);
        print(publication.message());
        while (!(connection.expect(dev.holdfast.mqtt.impl.packet.Packet.class)
                instanceof Publish)) {
            // SUBSCRIBE comes in between.
        }
        return connection;
    }

    /** Messages with and without a handler; then one that breaks a rule. */
    private static void received(
            MqttClient client, ScriptedConnection connection, ScriptedServer server)
            throws Exception {
        connection.send(
                Packets.exactlyOnce(5, "an/open/topic", PAYLOAD),
                Packets.atLeastOnce(6, "nobody/wants/this", PAYLOAD),
                Packets.atLeastOnce(7, "nobody/wants/this", PAYLOAD),
                Packets.atLeastOnce(7, "an/open/topic", PAYLOAD));
        ScriptedConnection next = server.accept();
        next.expectConnect();
        next.send(Packets.connack().sessionPresent().build());
        // Not UTF-8, with the secret around it.
        next.sendBytes(malformed());
        server.accept().accept(Packets.connack().sessionPresent());
        print(client.session().pendingPublications());
    }

    private static byte[] malformed() {
        byte[] text = PAYLOAD.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer publish = ByteBuffer.allocate(2 + 2 + 2 * text.length + 1);
        publish.put((byte) 0x30).put((byte) (publish.capacity() - 2));
        publish.putShort((short) (2 * text.length + 1)).put(text).put((byte) 0xC0).put(text);
        return publish.array();
    }

    private void failed(MqttClient client) throws Exception {
        store.fail("the disk of the test is full");
        printFailure(client.publish(secret(QoS.AT_LEAST_ONCE)).stored());
        printFailure(client.connect());
    }

    /** What people print when they look for an error. */
    private static void printAll() {
        Credentials credentials = Credentials.of(USER_NAME, PASSWORD);
        ByteBuffer data = ByteBuffer.wrap(DATA.getBytes(StandardCharsets.US_ASCII));
        print(new Answer(credentials, data, null));
        print(
                new Event.AuthenticationAsked(
                        1, Event.AuthenticationAsked.Question.ANSWER, data, Remarks.none()));
        Message message = secret(QoS.EXACTLY_ONCE);
        print(credentials);
        print(new Will(message, Duration.ZERO));
        print(new Publish(message, 1, false));
        print(OutgoingMessage.queued(1, message, OutgoingMessage.NEVER));
        print(new Change.Received(1, new IncomingMessage(1, message)));
        print(
                new Auth(
                        ReasonCode.CONTINUE_AUTHENTICATION,
                        "SCRAM",
                        ByteBuffer.wrap(DATA.getBytes(StandardCharsets.US_ASCII)),
                        null,
                        List.of()));
        print(
                new Connect(
                        "a-client",
                        true,
                        0,
                        0,
                        1,
                        100,
                        0,
                        false,
                        true,
                        "SCRAM",
                        ByteBuffer.wrap(DATA.getBytes(StandardCharsets.US_ASCII)),
                        credentials,
                        new Will(message, Duration.ZERO),
                        List.of()));
    }

    private static void print(Object anything) {
        System.out.println(anything);
    }

    private static void printFailure(CompletableFuture<?> future) throws Exception {
        Throwable failure = future.handle((done, cause) -> cause).get(15, TimeUnit.SECONDS);
        if (failure == null) {
            throw new AssertionError("It should have failed");
        }
        failure.printStackTrace(System.out);
    }
}
