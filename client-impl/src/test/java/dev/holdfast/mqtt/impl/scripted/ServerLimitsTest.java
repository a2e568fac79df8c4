package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.suback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The limits of CONNACK, enforced before anything is sent (section 3.2.2.3). */
class ServerLimitsTest extends ScriptedTest {
    private final MqttClient client = client();

    /** Offline first, connected later: what waited is measured like what comes. */
    @Statement("3.2.2-11")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesMessagesAboveMaximumQos(boolean queued) {
        Message message = Message.to("t").qos(QoS.EXACTLY_ONCE).build();
        Publication early = queued ? client.publish(message) : null;
        ScriptedConnection connection = connect(client, connack().maximumQos(QoS.AT_LEAST_ONCE));
        Publication publication = early != null ? early : client.publish(message);
        assertEquals(ReasonCode.QOS_NOT_SUPPORTED, rejection(publication));
        publish(client, QoS.AT_LEAST_ONCE, "fits");
        assertEquals("fits", connection.expect(Publish.class).message().payloadText());
    }

    @Statement("3.2.2-14")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesRetainedMessagesWhereTheServerKeepsNone(boolean queued) {
        Message message = Message.to("t").qos(QoS.AT_MOST_ONCE).retain(true).build();
        Publication early = queued ? client.publish(message) : null;
        ScriptedConnection connection = connect(client, connack().withoutRetain());
        Publication publication = early != null ? early : client.publish(message);
        assertEquals(ReasonCode.RETAIN_NOT_SUPPORTED, rejection(publication));
        publish(client, QoS.AT_MOST_ONCE, "fits");
        assertEquals("fits", connection.expect(Publish.class).message().payloadText());
    }

    /** 64 bytes of packet: 2 of fixed header, 3 of topic, 2 of identifier, 1 of properties. */
    @Statement("3.2.2-15")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void sendsWhatIsExactlyOfMaximumPacketSizeAndRefusesOneByteMore(boolean queued) {
        Message tooLarge = Message.to("t").payload(new byte[57]).build();
        Publication early = queued ? client.publish(tooLarge) : null;
        ScriptedConnection connection = connect(client, connack().maximumPacketSize(64));
        Publication publication = early != null ? early : client.publish(tooLarge);
        MqttException.PublishRejected cause =
                failure(MqttException.PublishRejected.class, publication.acknowledged());
        assertEquals(ReasonCode.PACKET_TOO_LARGE, cause.reason());
        assertTrue(cause.getMessage().contains("65 bytes"), cause.getMessage());
        client.publish(Message.to("t").payload(new byte[56]).build());
        Publish sent = connection.expect(Publish.class);
        assertEquals(56, sent.message().payloadSize());
        assertEquals(1, sent.packetIdentifier(), "the refused message took no identifier");
    }

    @Test
    void givesUpOnAServerThatTakesNextToNothing() {
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.accept(connack().maximumPacketSize(8));
        MqttException.ConnectionLost cause = failure(MqttException.ConnectionLost.class, connected);
        assertTrue(cause.getMessage().contains("Maximum Packet Size"), cause.getMessage());
        connection.expectClosed();
    }

    @Test
    void refusesAMessageWhosePropertiesMakeItTooLarge() {
        connect(client, connack().maximumPacketSize(64));
        Publication publication =
                client.publish(
                        Message.to("t").userProperty("n".repeat(30), "v".repeat(30)).build());
        assertEquals(ReasonCode.PACKET_TOO_LARGE, rejection(publication));
    }

    @Statement({"3.2.2-15", "P-36"})
    @Test
    void refusesSubscriptionsThatTheServerDoesNotHave() {
        ScriptedConnection connection =
                connect(
                        client,
                        connack()
                                .withoutWildcards()
                                .withoutSharedSubscriptions()
                                .maximumPacketSize(64));
        assertEquals(
                ReasonCode.WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED, rejection(Subscription.to("a/#")));
        assertEquals(
                ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
                rejection(Subscription.to("$share/g/a")));
        assertEquals(ReasonCode.PACKET_TOO_LARGE, rejection(Subscription.to("a".repeat(60))));
        connection.fence();
    }

    @Test
    void tellsTheListenerOfADeclaredSubscriptionThatTheServerDoesNotHave() {
        MqttClient declaring =
                client(
                        b ->
                                b.subscription(
                                        Subscription.to("a/+"), MessageHandlers.forEach(m -> {})));
        ScriptedConnection connection = connect(declaring, connack().withoutWildcards());
        Recorder.Refused refused = listener.await(Recorder.Refused.class);
        assertEquals("a/+", refused.subscription().topicFilter());
        connection.fence();
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        assertEquals("a/+", next.expect(Subscribe.class).subscriptions().get(0).topicFilter());
    }

    @Statement("3.2.2-15")
    @Test
    void refusesAnUnsubscribeThatIsTooLarge() {
        ScriptedConnection connection = connect(client);
        String filter = "a".repeat(100);
        var subscribed =
                client.subscribe(Subscription.to(filter), MessageHandlers.forEach(m -> {}));
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.GRANTED_QOS_2));
        get(subscribed);
        connection.cut();
        ScriptedConnection next =
                server.accept().accept(connack().sessionPresent().maximumPacketSize(64));
        next.fence();
        failure(MqttException.SubscribeRejected.class, client.unsubscribe(filter));
        next.fence();
    }

    @Statement({"3.14.2-3", "3.14.2-4", "3.2.2-15"})
    @Test
    void leavesTheWordsOutOfADisconnectThatWouldBeTooLarge() {
        ScriptedConnection connection = connect(client, connack().maximumPacketSize(64));
        var done =
                client.disconnect(
                        d -> d.reasonString("w".repeat(100)).userProperty("n", "v".repeat(100)));
        Disconnect disconnect = connection.expectDisconnect(ReasonCode.SUCCESS);
        assertEquals(null, disconnect.reasonString());
        get(done);
    }

    @Statement("P-05")
    @Test
    void forgetsTheLimitsOfAnEarlierConnection() {
        ScriptedConnection connection =
                connect(
                        client,
                        connack()
                                .receiveMaximum(1)
                                .maximumQos(QoS.AT_LEAST_ONCE)
                                .withoutRetain()
                                .maximumPacketSize(64)
                                .withoutWildcards()
                                .withoutSharedSubscriptions());
        Publication first = publish(client, QoS.AT_LEAST_ONCE, "x");
        connection.send(puback(connection.expect(Publish.class)));
        get(first.acknowledged());
        connection.cut();

        ScriptedConnection next = server.accept().resume();
        next.fence();
        client.publish(
                Message.to("t").qos(QoS.EXACTLY_ONCE).retain(true).payload(new byte[100]).build());
        publish(client, QoS.EXACTLY_ONCE, "y");
        assertTrue(next.expect(Publish.class).message().retain());
        next.expect(Publish.class);
        client.subscribe(Subscription.to("$share/g/a/#"), MessageHandlers.forEach(m -> {}));
        next.expect(Subscribe.class);
    }

    private static ReasonCode rejection(Publication publication) {
        return failure(MqttException.PublishRejected.class, publication.acknowledged()).reason();
    }

    private ReasonCode rejection(Subscription subscription) {
        return failure(
                        MqttException.SubscribeRejected.class,
                        client.subscribe(subscription, MessageHandlers.forEach(m -> {})))
                .reason();
    }
}
