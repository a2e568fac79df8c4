package dev.holdfast.mqtt.impl.conformance;

import static dev.holdfast.mqtt.impl.scripted.Packets.again;
import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.atMostOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.scripted.Inbox;
import dev.holdfast.mqtt.impl.scripted.Recorder;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedTest;
import dev.holdfast.mqtt.impl.scripted.TestStore;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a receiver answers PUBLISH and PUBREL (sections 3.3.4 to 3.7, 4.3, 4.5 and 4.6). */
class AcknowledgementStatementsTest extends ScriptedTest {
    private static final MessageHandler CONTENT = MessageHandlers.forEach(m -> {});
    private final Inbox inbox = new Inbox();

    private MqttClient handling(MessageHandler handler) {
        return client(
                b -> b.resubscribe(Resubscribe.NEVER).subscription(Subscription.to("a"), handler));
    }

    @Test
    @Statement({"3.3.4-1", "4.3.2-4", "4.3.3-8"})
    void answersEachPublishAsItsQosAsks() {
        ScriptedConnection connection = connect(handling(CONTENT));
        connection.send("30 05 00 01 61 00 78");
        connection.fence();
        connection.send("32 07 00 01 61 00 07 00 78");
        connection.expectBytes("40 02 00 07");
        connection.send("34 07 00 01 61 00 08 00 78");
        connection.expectBytes("50 02 00 08");
        connection.fence();
    }

    @Test
    @Statement({"4.3.3-11", "P-32"})
    void answersEveryPubrelAlsoThatOfAnUnknownIdentifier() {
        ScriptedConnection connection = connect(handling(CONTENT));
        connection.send(exactlyOnce(8, "a", "x"));
        connection.expect(pubrec(8));
        connection.send("62 02 00 08");
        connection.expectBytes("70 02 00 08");
        Pubcomp unknown = new Pubcomp(8, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND);
        connection.send(pubrel(8));
        connection.expect(unknown);
        connection.send("62 03 00 08 92");
        connection.expect(unknown);
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        next.send(pubrel(8));
        next.expect(unknown);
        next.fence();
    }

    // ---- what the answers say

    /** The words of a failure stay here, so that an answer has six bytes at most. */
    @Test
    @Statement({
        "3.4.2-2", "3.4.2-3", "3.5.2-2", "3.5.2-3", "3.6.2-2", "3.6.2-3", "3.7.2-2", "3.7.2-3"
    })
    void putsNeitherReasonStringNorUserPropertiesIntoItsAnswers() {
        MqttClient client =
                handling(
                        MessageHandlers.forEach(
                                m -> {
                                    throw new IllegalStateException("w".repeat(100));
                                }));
        ScriptedConnection connection = connect(client, connack().maximumPacketSize(9));
        Message message =
                Message.to("a").userProperty("n", "v".repeat(100)).qos(QoS.AT_LEAST_ONCE).build();
        connection.send(new Publish(message, 7, false));
        connection.expectBytes("40 04 00 07 83 00");
        Message twice = message.toBuilder().qos(QoS.EXACTLY_ONCE).build();
        connection.send(new Publish(twice, 8, false));
        connection.expectBytes("50 02 00 08");
        connection.send(pubrec(77));
        connection.expectBytes("62 04 00 4D 92 00");
        connection.send(pubrel(78));
        connection.expectBytes("70 04 00 4E 92 00");
    }

    @Test
    @Statement("3.4.2-1")
    void takesFromTheApplicationOnlyReasonsThatPubackMayCarry() {
        Set<ReasonCode> sendable =
                EnumSet.of(
                        ReasonCode.UNSPECIFIED_ERROR,
                        ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR,
                        ReasonCode.NOT_AUTHORIZED,
                        ReasonCode.TOPIC_NAME_INVALID,
                        ReasonCode.QUOTA_EXCEEDED,
                        ReasonCode.PAYLOAD_FORMAT_INVALID);
        ScriptedConnection connection = connect(handling(inbox));
        for (ReasonCode reason : ReasonCode.values()) {
            connection.send(atLeastOnce(7, "a", "x"));
            Delivery delivery = inbox.next();
            if (sendable.contains(reason)) {
                delivery.reject(reason);
                connection.expect(new Puback(7, reason));
            } else {
                assertThrows(IllegalArgumentException.class, () -> delivery.reject(reason));
                delivery.acknowledge();
                connection.expect(puback(7));
            }
        }
    }

    /** The store has taken the message over; what the handler makes of it comes later. */
    @Test
    @Statement({"3.5.2-1", "4.3.3-9", "4.5.0-2"})
    void neverRefusesAtQos2SoThatNoIdentifierIsFreeBeforePubrel() {
        ScriptedConnection connection = connect(handling(inbox));
        connection.send(exactlyOnce(8, "a", "first"));
        connection.expectBytes("50 02 00 08");
        get(inbox.next().reject(ReasonCode.NOT_AUTHORIZED));
        connection.send(again(exactlyOnce(8, "a", "first")));
        connection.expectBytes("50 02 00 08");
        connection.send(pubrel(8));
        connection.expect(pubcomp(8));
        inbox.expectEmpty();
        connection.send(exactlyOnce(8, "a", "second"));
        connection.expect(pubrec(8));
        assertEquals("second", inbox.nextText());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "40 03 00 01 01", // PUBACK: Granted QoS 1
                "40 03 00 01 92", // PUBACK: Packet Identifier not found
                "40 04 00 01 8F 00", // PUBACK: Topic Filter invalid
                "50 03 00 02 01", // PUBREC: Granted QoS 1
                "50 03 00 02 92", // PUBREC: Packet Identifier not found
                "62 03 00 08 01", // PUBREL: Granted QoS 1
                "62 03 00 08 80", // PUBREL: Unspecified error
                "70 03 00 03 10", // PUBCOMP: No matching subscribers
                "70 03 00 03 87" // PUBCOMP: Not authorized
            })
    @Statement({"3.4.2-1", "3.5.2-1", "3.6.2-1", "3.7.2-1", "P-21"})
    void closesAtAReasonThatIsNotInTheTableOfItsPacket(String hex) {
        MqttClient client = handling(inbox);
        ScriptedConnection connection = connect(client);
        List<Publication> open =
                List.of(
                        publish(client, QoS.AT_LEAST_ONCE, "1"),
                        publish(client, QoS.EXACTLY_ONCE, "2"),
                        publish(client, QoS.EXACTLY_ONCE, "3"));
        for (int i = 0; i < 3; i++) {
            connection.expect(Publish.class);
        }
        connection.send(pubrec(3));
        connection.expect(pubrel(3));
        connection.send(exactlyOnce(8, "a", "x"));
        connection.expect(pubrec(8));

        connection.send(hex);

        connection.expectDisconnect(ReasonCode.PROTOCOL_ERROR);
        assertInstanceOf(
                MqttException.ServerMisbehaved.class,
                listener.await(Recorder.WasDisconnected.class).cause());
        ScriptedConnection next = server.accept().resume();
        for (int i = 0; i < 3; i++) {
            next.expect(Packet.class); // all three are still open
        }
        next.fence();
        open.forEach(p -> assertFalse(p.acknowledged().isDone()));
        next.send(pubrel(8));
        next.expect(pubcomp(8));
    }

    // ---- whatever becomes of the message

    @Test
    @Statement("4.5.0-2")
    void acknowledgesWhatItsHandlersRefuseToProcess() {
        MqttClient client =
                handling(
                        MessageHandlers.forEach(
                                m -> {
                                    throw new IllegalStateException("no");
                                }));
        ScriptedConnection connection = connect(client);
        connection.send(atMostOnce("a", "x"), atLeastOnce(7, "a", "x"));
        connection.expect(new Puback(7, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR));
        connection.send(exactlyOnce(8, "a", "x"));
        connection.expect(pubrec(8));
        connection.send(pubrel(8));
        connection.expect(pubcomp(8));
        connection.fence();
    }

    /**
     * A message that no declared subscription takes: at QoS 1 it belongs to the server until a
     * handler is there for it, at QoS 2 the store takes it at once.
     */
    @Test
    @Statement("4.5.0-2")
    void acknowledgesWhatNobodySubscribedTo() {
        MqttClient client = handling(inbox);
        ScriptedConnection connection = connect(client);
        connection.send(exactlyOnce(8, "other", "x"));
        connection.expect(pubrec(8));
        connection.send(pubrel(8));
        connection.expect(pubcomp(8));
        connection.send(atLeastOnce(7, "other", "x"));
        connection.fence();
        client.subscribe(Subscription.to("other"), CONTENT);
        // The handler is there at once; it does not wait for the server.
        List<Packet> both =
                List.of(connection.expect(Packet.class), connection.expect(Packet.class));
        assertTrue(both.contains(puback(7)), both.toString());
    }

    @Test
    @Statement("4.3.3-13")
    void endsAnExchangeWhoseMessageExpiredMeanwhile() {
        ScriptedConnection connection = connect(handling(inbox));
        Message message =
                Message.to("a").qos(QoS.EXACTLY_ONCE).expiry(Duration.ofSeconds(1)).build();
        connection.send(new Publish(message, 8, false));
        connection.expect(pubrec(8));
        Delivery delivery = inbox.next();
        connection.expectQuiet(Duration.ofMillis(1_200));
        connection.send(new Publish(message, 8, true));
        connection.expect(pubrec(8));
        connection.send(pubrel(8));
        connection.expect(pubcomp(8));
        get(delivery.acknowledge());
    }

    // ---- in which order

    /** The store confirms late and all at once, and the answers still keep their order. */
    @Test
    @Statement("4.6.0-3")
    void sendsPubrecsInTheOrderOfThePublishes() {
        TestStore store = new TestStore();
        MqttClient client =
                client(
                        b ->
                                b.store(store)
                                        .resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("a"), inbox));
        ScriptedConnection connection = connect(client);
        connection.fence();
        List<Integer> identifiers = List.of(5, 3, 9, 1);
        store.hold();
        identifiers.forEach(id -> connection.send(exactlyOnce(id, "a", "x")));
        connection.expectQuiet();
        store.release();
        identifiers.forEach(id -> connection.expect(pubrec(id)));
        identifiers.forEach(id -> connection.send(again(exactlyOnce(id, "a", "x"))));
        identifiers.forEach(id -> connection.expect(pubrec(id)));
    }

    @Test
    @Statement("4.6.0-4")
    void sendsPubrelsInTheOrderOfThePubrecs() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        for (int i = 1; i <= 4; i++) {
            publish(client, QoS.EXACTLY_ONCE, "" + i);
            connection.expect(Publish.class);
        }
        connection.send(pubrec(3), pubrec(1), pubrec(4), pubrec(2));
        for (int identifier : List.of(3, 1, 4, 2)) {
            assertEquals(identifier, connection.expect(Pubrel.class).packetIdentifier());
        }
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        for (int identifier : List.of(3, 1, 4, 2)) {
            assertEquals(identifier, next.expect(Pubrel.class).packetIdentifier());
        }
    }
}
