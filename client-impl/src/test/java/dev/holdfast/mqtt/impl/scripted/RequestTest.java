package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.suback;
import static dev.holdfast.mqtt.impl.scripted.Packets.unsuback;
import static dev.holdfast.mqtt.impl.scripted.ScriptedServer.PATIENCE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Requests and responses (section 4.10). */
class RequestTest extends ScriptedTest {
    private static final String TOPIC = "response/c1/holdfast";

    private static Message ask(String what) {
        return Message.to("ask").payload(what).qos(QoS.AT_LEAST_ONCE).build();
    }

    private static void grant(ScriptedConnection connection, String topic) {
        Subscribe subscribe = connection.expect(Subscribe.class);
        assertEquals(topic, subscribe.subscriptions().get(0).topicFilter());
        connection.send(suback(subscribe, ReasonCode.GRANTED_QOS_2));
    }

    /** Takes a request, and acknowledges it. */
    private static Message expectRequest(ScriptedConnection connection, String what) {
        Publish request = connection.expect(Publish.class);
        assertEquals(what, request.message().payloadText());
        connection.send(puback(request));
        return request.message();
    }

    private static byte[] correlation(Message message) {
        byte[] bytes = new byte[message.correlationData().orElseThrow().remaining()];
        message.correlationData().orElseThrow().get(bytes);
        return bytes;
    }

    private static Publish response(Message request, String what) {
        Message message =
                Message.to(request.responseTopic().orElseThrow())
                        .payload(what)
                        .qos(QoS.AT_MOST_ONCE)
                        .correlationData(correlation(request))
                        .build();
        return new Publish(message, 0, false);
    }

    // ---- asking

    @Test
    @Statement("P-37")
    void subscribesBeforeItAsksAndFindsTheResponseByItsCorrelationData() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var first = client.request(ask("1"), PATIENCE);
        var second = client.request(ask("2"), PATIENCE);
        grant(connection, TOPIC);
        Message one = expectRequest(connection, "1");
        Message two = expectRequest(connection, "2");
        assertEquals(TOPIC, one.responseTopic().orElseThrow());
        assertNotEquals(one.correlationData(), two.correlationData());
        connection.send(response(two, "b"));
        connection.send(response(one, "a"));
        assertEquals("a", get(first).payloadText());
        assertEquals("b", get(second).payloadText());
        var third = client.request(ask("3"), PATIENCE);
        connection.send(response(expectRequest(connection, "3"), "c"));
        assertEquals("c", get(third).payloadText());
        connection.fence();
    }

    @Test
    void failsARequestThatCannotBeSentAndSendsTheOthers() {
        MqttClient client = client(b -> b.validatePayloadFormat(true));
        ScriptedConnection connection = connect(client);
        Message broken =
                Message.to("ask").payload(new byte[] {(byte) 0xFF}).utf8Payload(true).build();
        var first = client.request(broken, PATIENCE);
        var second = client.request(ask("2"), PATIENCE);
        grant(connection, TOPIC);
        connection.send(response(expectRequest(connection, "2"), "b"));
        assertEquals("b", get(second).payloadText());
        failure(IllegalArgumentException.class, first);
        failure(IllegalArgumentException.class, client.request(broken, PATIENCE));
    }

    @Test
    void hasManyRequestsAtOnce() {
        int count = 300;
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        List<CompletableFuture<Message>> responses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            responses.add(client.request(ask("" + i), PATIENCE));
        }
        grant(connection, TOPIC);
        List<Message> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            requests.add(expectRequest(connection, "" + i));
        }
        Collections.reverse(requests);
        requests.forEach(r -> connection.send(response(r, "to " + r.payloadText())));
        for (int i = 0; i < count; i++) {
            assertEquals("to " + i, get(responses.get(i)).payloadText());
        }
    }

    @Test
    void usesTheResponseInformationItAskedFor() {
        MqttClient client = client(b -> b.requestResponseInformation(true));
        var response = client.request(ask("1"), PATIENCE);
        client.connect();
        ScriptedConnection connection = server.accept();
        assertTrue(connection.expectConnect().requestResponseInformation());
        connection.send(connack().responseInformation("mine").build());
        grant(connection, "mine/holdfast");
        connection.send(response(expectRequest(connection, "1"), "a"));
        assertEquals("a", get(response).payloadText());
        connection.cut();

        ScriptedConnection next =
                server.accept().accept(connack().sessionPresent().responseInformation("other/"));
        Unsubscribe unsubscribe = next.expect(Unsubscribe.class);
        assertEquals(List.of("mine/holdfast"), unsubscribe.topicFilters());
        next.send(unsuback(unsubscribe, ReasonCode.SUCCESS));
        grant(next, "other/holdfast");
        var second = client.request(ask("2"), PATIENCE);
        next.send(response(expectRequest(next, "2"), "b"));
        assertEquals("b", get(second).payloadText());
    }

    @Test
    void usesTheResponseTopicOfTheBuilder() {
        MqttClient client = client(b -> b.responseTopic("my/own"));
        ScriptedConnection connection = connect(client);
        var response = client.request(ask("1"), PATIENCE);
        grant(connection, "my/own");
        connection.send(response(expectRequest(connection, "1"), "a"));
        assertEquals("a", get(response).payloadText());
        assertThrows(IllegalArgumentException.class, () -> client(b -> b.responseTopic("a/#")));
    }

    @Test
    void failsWhenTheTimeIsUpAndDropsALateResponse() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var response = client.request(ask("1"), Duration.ofMillis(200));
        grant(connection, TOPIC);
        Message request = expectRequest(connection, "1");
        failure(MqttException.TimedOut.class, response);
        connection.send(response(request, "late"));
        connection.send(Packets.atLeastOnce(9, TOPIC, "without Correlation Data"));
        connection.expect(puback(9));
        connection.fence();
    }

    @Test
    void keepsWaitingWhileTheConnectionIsLost() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var response = client.request(ask("1"), PATIENCE);
        grant(connection, TOPIC);
        Message request = expectRequest(connection, "1");
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        next.send(response(request, "a"));
        assertEquals("a", get(response).payloadText());
    }

    @Test
    void failsWhereTheServerRefusesTheResponseTopicAndTriesAgainNextTime() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var response = client.request(ask("1"), PATIENCE);
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.NOT_AUTHORIZED));
        failure(MqttException.SubscribeRejected.class, response);
        var second = client.request(ask("2"), PATIENCE);
        grant(connection, TOPIC);
        connection.send(response(expectRequest(connection, "2"), "b"));
        assertEquals("b", get(second).payloadText());
    }

    @Test
    void failsWhereTheServerRefusesTheRequest() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var response = client.request(ask("1"), PATIENCE);
        grant(connection, TOPIC);
        Publish request = connection.expect(Publish.class);
        connection.send(new Puback(request.packetIdentifier(), ReasonCode.NOT_AUTHORIZED));
        failure(MqttException.PublishRejected.class, response);
    }

    @Test
    void boundsRequestsThatCannotBeSentYetByTheirBytes() {
        MqttClient client =
                client(
                        b ->
                                b.storeLimits(
                                        new StoreLimits(
                                                1_000,
                                                1_000_000,
                                                1_000,
                                                StoreLimits.WhenFull.FAIL)));
        List<CompletableFuture<Message>> waiting = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            waiting.add(client.request(ask("x".repeat(100_000)), PATIENCE));
        }

        MqttException.StoreFull full =
                failure(
                        MqttException.StoreFull.class,
                        client.request(ask("x".repeat(100_000)), PATIENCE));

        assertTrue(full.getMessage().contains("Response Topic"), full.getMessage());
        waiting.get(8).cancel(false);
        await("room", () -> !client.request(ask("y".repeat(100_000)), PATIENCE).isDone());
        ScriptedConnection connection = connect(client);
        grant(connection, TOPIC);
        for (int i = 0; i < 8; i++) {
            Message sent = expectRequest(connection, "x".repeat(100_000));
            connection.send(response(sent, "" + i));
            assertEquals("" + i, get(waiting.get(i)).payloadText());
        }
    }

    @Test
    void failsWhenTheClientIsClosed() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        var response = client.request(ask("1"), PATIENCE);
        grant(connection, TOPIC);
        expectRequest(connection, "1");
        client.close();
        failure(MqttException.ClientClosed.class, response);
    }

    @Test
    void refusesARequestThatNamesItsOwnResponseTopic() {
        MqttClient client = client();
        assertThrows(
                IllegalArgumentException.class,
                () -> client.request(Message.to("a").responseTopic("b").build(), PATIENCE));
        assertThrows(IllegalArgumentException.class, () -> client.request(ask("1"), Duration.ZERO));
    }

    // ---- answering

    private ScriptedConnection responding() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        client.respond(
                Subscription.to("ask"),
                (request, response) ->
                        CompletableFuture.completedFuture(
                                response.payload("to " + request.payloadText())));
        grant(connection, "ask");
        return connection;
    }

    @Test
    @Statement("P-37")
    void answersWithTheSameCorrelationDataAndThenAcknowledges() {
        ScriptedConnection connection = responding();
        byte[] correlation = {0, (byte) 0xFF};
        Message request =
                ask("1").toBuilder().responseTopic("r").correlationData(correlation).build();
        connection.send(new Publish(request, 5, false));
        List<Object> sent = new ArrayList<>();
        sent.add(connection.nextIfAny(PATIENCE));
        sent.add(connection.nextIfAny(PATIENCE));
        assertTrue(sent.contains(puback(5)), sent.toString());
        Publish answer =
                (Publish) sent.stream().filter(p -> p instanceof Publish).findFirst().orElseThrow();
        assertEquals("r", answer.message().topic());
        assertEquals("to 1", answer.message().payloadText());
        assertEquals(QoS.AT_LEAST_ONCE, answer.message().qos());
        assertEquals(request.correlationData(), answer.message().correlationData());
        assertFalse(answer.message().responseTopic().isPresent());
    }

    @Test
    void refusesARequestWithoutAResponseTopic() {
        ScriptedConnection connection = responding();
        connection.send(new Publish(ask("1"), 5, false));
        connection.expect(new Puback(5, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR));
        Throwable cause = listener.await(Recorder.HandlerFailed.class).cause();
        assertTrue(cause.getMessage().contains("Response Topic"), cause.getMessage());
    }
}
