package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the server's answer to a PUBLISH does to its future, its identifier and the send quota. */
class PublishAnswersTest extends ScriptedTest {
    private final MqttClient client = client();

    @Statement({"4.4.0-2", "P-26"})
    @ParameterizedTest
    @EnumSource(
            value = QoS.class,
            names = {"AT_LEAST_ONCE", "EXACTLY_ONCE"})
    void failsARefusedMessageAndGivesItsQuotaBack(QoS qos) {
        ScriptedConnection connection = connect(client, connack().receiveMaximum(1));
        Publication refused = publish(client, qos, "refused");
        Publication next = publish(client, qos, "next");
        Publish sent = connection.expect(Publish.class);
        connection.fence();
        connection.send(refusal(sent, ReasonCode.NOT_AUTHORIZED));
        Publish second = connection.expect(Publish.class);
        assertEquals("next", second.message().payloadText());
        connection.fence();
        MqttException.PublishRejected cause =
                failure(MqttException.PublishRejected.class, refused.acknowledged());
        assertEquals(ReasonCode.NOT_AUTHORIZED, cause.reason());
        assertTrue(cause.getMessage().contains("ask the admin"), cause.getMessage());
        assertEquals(1, client.session().queuedMessages());

        connection.cut();
        ScriptedConnection resumed = server.accept().resume();
        resumed.expect(Packets.again(second));
        resumed.fence();
        assertFalse(next.acknowledged().isDone());
    }

    private static Packet refusal(Publish p, ReasonCode reason) {
        int identifier = p.packetIdentifier();
        return p.message().qos() == QoS.AT_LEAST_ONCE
                ? new Puback(identifier, reason, "ask the admin", List.of())
                : new Pubrec(identifier, reason, "ask the admin", List.of());
    }

    /** 0x80 itself is an error: the lowest one. */
    @Statement("4.3.3-4")
    @Test
    void takesTheLowestErrorCodeForAnError() {
        ScriptedConnection connection = connect(client);
        Publication one = publish(client, QoS.AT_LEAST_ONCE, "1");
        Publication two = publish(client, QoS.EXACTLY_ONCE, "2");
        connection.expect(Publish.class);
        connection.expect(Publish.class);
        connection.send("40 03 00 01 80");
        connection.send("50 03 00 02 80");
        connection.fence();
        for (Publication p : List.of(one, two)) {
            assertEquals(
                    ReasonCode.UNSPECIFIED_ERROR,
                    failure(MqttException.PublishRejected.class, p.acknowledged()).reason());
        }
    }

    @Statement("4.3.3-4")
    @Test
    void reportsThatNobodySubscribed() {
        ScriptedConnection connection = connect(client);
        Publication one = publish(client, QoS.AT_LEAST_ONCE, "1");
        Publication two = publish(client, QoS.EXACTLY_ONCE, "2");
        connection.expect(Publish.class);
        connection.expect(Publish.class);
        connection.send(new Puback(1, ReasonCode.NO_MATCHING_SUBSCRIBERS));
        connection.send(new Pubrec(2, ReasonCode.NO_MATCHING_SUBSCRIBERS));
        connection.expect(pubrel(2));
        connection.send(pubcomp(2));
        for (Publication p : List.of(one, two)) {
            assertEquals(ReasonCode.NO_MATCHING_SUBSCRIBERS, get(p.acknowledged()).reason());
        }
    }

    @Test
    void passesOnTheWordsOfTheServer() {
        ScriptedConnection connection = connect(client);
        Publication publication = publish(client, QoS.AT_LEAST_ONCE, "1");
        connection.expect(Publish.class);
        List<UserProperty> properties = List.of(new UserProperty("shard", "7"));
        connection.send(new Puback(1, ReasonCode.SUCCESS, "stored twice", properties));
        assertEquals(
                new Acknowledgement(ReasonCode.SUCCESS, Optional.of("stored twice"), properties),
                get(publication.acknowledged()));
    }

    /** The server had completed the exchange already: what was wanted is done. */
    @Test
    void takesPubcompOfAnUnknownIdentifierForSuccess() {
        ScriptedConnection connection = connect(client);
        Publication publication = publish(client, QoS.EXACTLY_ONCE, "x");
        connection.expect(Publish.class);
        connection.send(pubrec(1));
        connection.expect(pubrel(1));
        connection.send(new Pubcomp(1, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND));
        get(publication.acknowledged());
    }

    @Statement({"3.3.4-7", "4.9.0-2"})
    @Test
    void holdsBackWhatIsAboveReceiveMaximumButNothingElse() {
        ScriptedConnection connection = connect(client, connack().receiveMaximum(2));
        for (int i = 1; i <= 4; i++) {
            publish(client, i % 2 == 0 ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE, "" + i);
        }
        Publish first = connection.expect(Publish.class);
        Publish second = connection.expect(Publish.class);
        connection.fence();
        publish(client, QoS.AT_MOST_ONCE, "free");
        assertEquals("free", connection.expect(Publish.class).message().payloadText());
        connection.send(pubrec(second));
        connection.expect(pubrel(second.packetIdentifier()));
        connection.fence();
        connection.send(pubcomp(second));
        Publish third = connection.expect(Publish.class);
        connection.fence();
        connection.send(puback(first));
        Publish fourth = connection.expect(Publish.class);
        connection.fence();
        assertEquals("3", third.message().payloadText());
        assertEquals("4", fourth.message().payloadText());
    }

    /** The two sides number their packets independently (section 2.2.1). */
    @Statement("P-27")
    @Test
    void keepsTheIdentifiersOfBothDirectionsApart() {
        ScriptedConnection connection = connect(client);
        Inbox inbox = new Inbox();
        var subscribed = client.subscribe(Subscription.to("a"), inbox);
        var subscribe = connection.expect(Subscribe.class);
        connection.send(Packets.suback(subscribe, ReasonCode.GRANTED_QOS_2));
        get(subscribed);
        Publication publication = publish(client, QoS.AT_LEAST_ONCE, "out");
        Publish out = connection.expect(Publish.class);
        connection.send(Packets.atLeastOnce(out.packetIdentifier(), "a", "in"));
        inbox.next().acknowledge();
        connection.expect(puback(out.packetIdentifier()));
        connection.send(puback(out));
        get(publication.acknowledged());
    }

    @Test
    void closesWhenTheAnswerDoesNotFitTheMessage() {
        ScriptedConnection connection = connect(client);
        client.publish(Message.to("t").qos(QoS.EXACTLY_ONCE).build());
        Publish sent = connection.expect(Publish.class);
        connection.send(puback(sent));
        connection.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        ScriptedConnection next = server.accept().resume();
        next.expect(Packets.again(sent));
        next.send(pubcomp(sent));
        next.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
    }
}
