package dev.holdfast.mqtt.impl.conformance;

import static dev.holdfast.mqtt.impl.scripted.Packets.again;
import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.Subscription.RetainHandling;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.impl.scripted.Inbox;
import dev.holdfast.mqtt.impl.scripted.Recorder;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Packet Identifiers, flags and lengths of what is sent, and the short forms of what is read. */
class PublishStatementsTest extends FaultTest {
    private static final Duration TEN_MINUTES = Duration.ofMinutes(10);

    private final MqttClient client = client();

    // ---- Packet Identifiers

    @Statement({"2.2.1-2", "2.2.2-1", "3.3.1-2", "3.3.2-1"})
    @Test
    void numbersNothingAtQos0() {
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_MOST_ONCE, "p");
        connection.expectBytes("30 05 00 01 74 00 70");
        client.publish(Message.to("t").qos(QoS.AT_MOST_ONCE).retain(true).payload("p").build());
        connection.expectBytes("31 05 00 01 74 00 70");
    }

    @Statement({"2.2.1-3", "2.2.2-1"})
    @Test
    void numbersPublishSubscribeAndUnsubscribeFromOneSpace() {
        ScriptedConnection connection = connect(client);
        var subscribed = client.subscribe(Subscription.to("a"), new Inbox());
        connection.expectBytes("82 09 00 01 02 0B 01 00 01 61 02");
        connection.send("90 04 00 01 00 02");
        get(subscribed);
        Set<Integer> open = new HashSet<>();
        publish(client, QoS.AT_LEAST_ONCE, "1");
        open.add(connection.expect(Publish.class).packetIdentifier());
        client.subscribe(Subscription.to("b"), new Inbox());
        open.add(connection.expect(Subscribe.class).packetIdentifier());
        client.unsubscribe("a");
        open.add(connection.expect(Unsubscribe.class).packetIdentifier());
        publish(client, QoS.EXACTLY_ONCE, "2");
        open.add(connection.expect(Publish.class).packetIdentifier());
        assertEquals(4, open.size(), "taken twice: " + open);
    }

    /** As many messages as there are identifiers, and some more, while one stays open. */
    @Statement("2.2.1-3")
    @Test
    void neverTakesAnIdentifierThatIsOpenHoweverManyFollow() {
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_LEAST_ONCE, "held");
        int held = connection.expect(Publish.class).packetIdentifier();
        int burst = 1_000;
        for (int sent = 0; sent < 66_000; sent += burst) {
            for (int i = 0; i < burst; i++) {
                publish(client, QoS.AT_LEAST_ONCE, "");
            }
            Packet[] answers = new Packet[burst];
            for (int i = 0; i < burst; i++) {
                int identifier = connection.expect(Publish.class).packetIdentifier();
                assertTrue(identifier != held && identifier > 0, "took " + identifier);
                answers[i] = puback(identifier);
            }
            connection.send(answers);
        }
    }

    @Statement("2.2.1-5")
    @Test
    void answersWithTheIdentifierOfTheMessage() {
        Inbox inbox = new Inbox();
        MqttClient receiver = receiving(inbox, b -> {});
        ScriptedConnection connection = connect(receiver);
        connection.send(atLeastOnce(0x1234, "a", "x"));
        inbox.next().acknowledge();
        connection.expectBytes("40 02 12 34");
        connection.send(exactlyOnce(0x4321, "a", "y"));
        connection.expectBytes("50 02 43 21");
        connection.send(pubrel(0x4321));
        connection.expectBytes("70 02 43 21");
        publish(receiver, QoS.EXACTLY_ONCE, "z");
        Publish sent = connection.expect(Publish.class);
        connection.send(pubrec(sent));
        connection.expect(pubrel(sent.packetIdentifier()));
    }

    // ---- DUP

    @Statement({"3.3.1-1", "3.3.1-2"})
    @Test
    void setsDupInWhatIsSentAgainAndInNothingElse() {
        ScriptedConnection connection = connect(client);
        publish(client, QoS.AT_LEAST_ONCE, "1");
        publish(client, QoS.EXACTLY_ONCE, "2");
        connection.expectBytes("32 07 00 01 74 00 01 00 31");
        connection.expectBytes("34 07 00 01 74 00 02 00 32");
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        next.expectBytes("3A 07 00 01 74 00 01 00 31");
        next.expectBytes("3C 07 00 01 74 00 02 00 32");
        publish(client, QoS.AT_MOST_ONCE, "0");
        next.expectBytes("30 05 00 01 74 00 30");
        publish(client, QoS.AT_LEAST_ONCE, "3");
        next.expectBytes("32 07 00 01 74 00 03 00 33");
    }

    /** As a bridge does. */
    @Statement("3.3.1-3")
    @Test
    void publishesAReceivedRepeatWithoutDup() {
        Inbox inbox = new Inbox();
        MqttClient bridge = receiving(inbox, b -> {});
        ScriptedConnection connection = connect(bridge);
        connection.send(again(atLeastOnce(7, "a", "1")), again(exactlyOnce(8, "a", "2")));
        connection.expect(pubrec(8));
        bridge.publish(inbox.next().message());
        connection.expectBytes("32 07 00 01 61 00 01 00 31");
        bridge.publish(inbox.next().message());
        connection.expectBytes("34 07 00 01 61 00 02 00 32");
    }

    // ---- QoS and options

    @Statement({"3.3.1-4", "P-11"})
    @Test
    void hasNoWordForQos3OrRetainHandling3() {
        ScriptedConnection connection = connect(client);
        for (QoS qos : QoS.values()) {
            for (RetainHandling handling : RetainHandling.values()) {
                client.subscribe(Subscription.to("a").atMost(qos).retained(handling), new Inbox());
                Subscribe subscribe = connection.expect(Subscribe.class);
                String bytes = connection.lastBytes();
                int options = Integer.parseInt(bytes.substring(bytes.length() - 2), 16);
                assertEquals(qos.ordinal() | handling.ordinal() << 4, options);
                connection.send(
                        "90 04 %04X 00 %02X"
                                .formatted(subscribe.packetIdentifier(), qos.ordinal()));
            }
            publish(client, qos, "x");
            Publish sent = connection.expect(Publish.class);
            assertEquals(qos, sent.message().qos());
        }
    }

    // ---- lengths

    @Statement("1.5.5-1")
    @ParameterizedTest(name = "payload of {0} bytes")
    @CsvSource({
        "123, 30 7F",
        "124, 30 80 01",
        "16379, 30 FF 7F",
        "16380, 30 80 80 01",
        "2097147, 30 FF FF 7F",
        "2097148, 30 80 80 80 01"
    })
    void writesRemainingLengthInAsFewBytesAsItCan(int payload, String start) {
        ScriptedConnection connection = connect(client);
        client.publish(Message.to("t").qos(QoS.AT_MOST_ONCE).payload(new byte[payload]).build());
        assertEquals(payload, connection.expect(Publish.class).message().payloadSize());
        assertTrue(connection.lastBytes().startsWith(start + " 00 01 74 00"));
    }

    // ---- short forms

    @Statement("P-13")
    @ParameterizedTest(name = "{0}, {1}, {2}")
    @CsvSource({
        "40 02 00 01, 50 02 00 02, 70 02 00 02, SUCCESS",
        "40 03 00 01 00, 50 03 00 02 00, 70 03 00 02 00, SUCCESS",
        "40 04 00 01 00 00, 50 04 00 02 00 00, 70 04 00 02 00 00, SUCCESS",
        "40 03 00 01 10, 50 03 00 02 10, 70 02 00 02, NO_MATCHING_SUBSCRIBERS",
        "40 04 00 01 10 00, 50 04 00 02 10 00, 70 03 00 02 92, NO_MATCHING_SUBSCRIBERS"
    })
    void readsTheShortFormsOfAcknowledgements(
            String puback, String pubrec, String pubcomp, ReasonCode reason) {
        ScriptedConnection connection = connect(client);
        Publication one = publish(client, QoS.AT_LEAST_ONCE, "1");
        Publication two = publish(client, QoS.EXACTLY_ONCE, "2");
        connection.expect(Publish.class);
        connection.expect(Publish.class);
        connection.send(puback);
        connection.send(pubrec);
        connection.expect(pubrel(2));
        connection.send(pubcomp);
        assertEquals(reason, get(one.acknowledged()).reason());
        assertEquals(reason, get(two.acknowledged()).reason());
    }

    @Statement("P-13")
    @ParameterizedTest
    @CsvSource({"62 02 00 08", "62 03 00 08 00", "62 03 00 08 92", "62 04 00 08 00 00"})
    void readsTheShortFormsOfPubrel(String pubrel) {
        ScriptedConnection connection = connect(receiving(new Inbox(), b -> {}));
        connection.send(exactlyOnce(8, "a", "x"));
        connection.expect(pubrec(8));
        connection.send(pubrel);
        connection.expect(pubcomp(8));
    }

    @Statement("P-14")
    @ParameterizedTest
    @CsvSource({
        "E0 00, SUCCESS",
        "E0 01 00, SUCCESS",
        "E0 01 8B, SERVER_SHUTTING_DOWN",
        "E0 02 8B 00, SERVER_SHUTTING_DOWN"
    })
    void readsTheShortFormsOfDisconnect(String disconnect, ReasonCode reason) {
        ScriptedConnection connection = connect(client(b -> b.reconnect(ReconnectPolicy.never())));
        connection.send(disconnect);
        connection.expectClosed();
        MqttException.ConnectionLost cause =
                (MqttException.ConnectionLost)
                        listener.await(Recorder.WasDisconnected.class).cause();
        assertEquals(reason, cause.reason().orElseThrow());
    }

    // ---- what a message may carry

    @Statement("P-09")
    @Test
    void takesAMessageWithSeveralSubscriptionIdentifiers() {
        Inbox inbox = new Inbox();
        ScriptedConnection connection = connect(receiving(inbox, b -> {}));
        connection.send("30 09 00 01 61 04 0B 01 0B 02 78");
        assertEquals("x", inbox.nextText());
        connection.fence();
    }

    @Statement({"3.3.4-6", "P-10"})
    @Test
    void sendsNoSubscriptionIdentifierInAPublish() {
        Inbox inbox = new Inbox();
        MqttClient bridge = receiving(inbox, b -> {});
        ScriptedConnection connection = connect(bridge);
        connection.send("30 07 00 01 61 02 0B 05 78");
        bridge.publish(inbox.next().message());
        connection.expectBytes("30 05 00 01 61 00 78");
        connection.fence();
    }

    /** The first message came before the answer, as it may. */
    @Statement("P-12")
    @Test
    void handsOverAndAcknowledgesAMessageThatComesBeforeItsSuback() {
        ScriptedConnection connection = connect(client);
        Inbox inbox = new Inbox();
        var subscribed = client.subscribe(Subscription.to("a"), inbox);
        connection.expect(Subscribe.class);
        connection.send(atLeastOnce(7, "a", "early"));
        inbox.next().acknowledge();
        connection.expect(puback(7));
        connection.send("90 04 00 01 00 02");
        get(subscribed);
    }

    // ---- the last words

    @Statement({"P-18", "P-19"})
    @Test
    void saysOnTheWireHowTheSessionAndTheWillEnd() {
        expectLastWords("E0 00", d -> {});
        expectLastWords("E0 02 04 00", DisconnectOptions::withWill);
        expectLastWords("E0 07 00 05 11 00 00 00 00", d -> d.sessionExpiry(Duration.ZERO));
        expectLastWords("E0 07 00 05 11 00 00 02 58", d -> d.sessionExpiry(TEN_MINUTES));
    }

    private void expectLastWords(String hex, Consumer<DisconnectOptions> options) {
        MqttClient leaving = client();
        ScriptedConnection connection = connect(leaving);
        get(leaving.disconnect(options));
        connection.expectBytes(hex);
        connection.expectClosed();
        leaving.close();
    }
}
