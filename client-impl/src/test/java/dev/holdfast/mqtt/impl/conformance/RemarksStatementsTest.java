package dev.holdfast.mqtt.impl.conformance;

import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.continues;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.impl.scripted.Inbox;
import dev.holdfast.mqtt.impl.scripted.Mechanism;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedTest;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Reason Strings and User Properties in the answers of both sides (sections 3.4 to 3.7, 3.15). */
class RemarksStatementsTest extends ScriptedTest {
    private static final String WORDS = "the shelf is full";
    private static final List<UserProperty> OWN =
            List.of(new UserProperty("shelf", "7"), new UserProperty("shelf", "8"));
    private static final List<UserProperty> STANDING = List.of(new UserProperty("worker", "w1"));
    private static final Remarks REMARKS = Remarks.of(WORDS).userProperty("a", "b");
    private static final List<UserProperty> A_B = REMARKS.userProperties();

    private final Inbox inbox = new Inbox();

    private MqttClient handling(Consumer<MqttClientBuilder> changes) {
        return client(
                b -> {
                    b.resubscribe(Resubscribe.NEVER).subscription(Subscription.to("a/#"), inbox);
                    changes.accept(b);
                });
    }

    private MqttClient withStanding() {
        return handling(b -> b.acknowledgementProperty("worker", "w1"));
    }

    // ---- what the client says

    @Test
    @Statement({"3.4.2-2", "3.4.2-3"})
    void carriesWhatTheHandlerSaysInPuback() {
        ScriptedConnection connection = connect(handling(b -> {}));
        connection.send(atLeastOnce(7, "a/1", "x"), atLeastOnce(8, "a/1", "y"));
        get(inbox.next().acknowledge(Remarks.of(OWN)));
        connection.expect(new Puback(7, ReasonCode.SUCCESS, null, OWN));
        get(inbox.next().reject(ReasonCode.QUOTA_EXCEEDED, REMARKS));
        connection.expect(new Puback(8, ReasonCode.QUOTA_EXCEEDED, WORDS, A_B));
        connection.send(atLeastOnce(9, "a/1", "z"));
        get(inbox.next().acknowledge());
        connection.expectBytes("40 02 00 09");
    }

    /** PUBREC has left before the handler was called, and QoS 0 has no answer at all. */
    @Test
    void hasNoPlaceForWhatTheHandlerSaysAtOtherQos() {
        ScriptedConnection connection = connect(handling(b -> {}));
        connection.send(exactlyOnce(8, "a/1", "x"));
        connection.expect(pubrec(8));
        get(inbox.next().reject(ReasonCode.QUOTA_EXCEEDED, REMARKS));
        connection.send(pubrel(8));
        connection.expectBytes("70 02 00 08");
        connection.send("30 07 00 03 61 2F 31 00 78");
        get(inbox.next().acknowledge(REMARKS));
        connection.fence();
    }

    @Test
    void saysWhatTheRefusingOneOfSeveralHandlersSays() {
        Inbox other = new Inbox();
        MqttClient client = handling(b -> b.subscription(Subscription.to("a/1"), other));
        ScriptedConnection connection = connect(client);
        connection.send(atLeastOnce(7, "a/1", "x"));
        inbox.next().reject(ReasonCode.NOT_AUTHORIZED, REMARKS);
        other.next().acknowledge(Remarks.of(OWN));
        connection.expect(new Puback(7, ReasonCode.NOT_AUTHORIZED, WORDS, A_B));
        connection.send(atLeastOnce(8, "a/1", "y"));
        inbox.next().acknowledge(Remarks.of(OWN));
        other.next().acknowledge();
        connection.expect(new Puback(8, ReasonCode.SUCCESS, null, OWN));
    }

    @Test
    void refusesAReasonStringThatMqttCannotCarry() {
        assertThrows(IllegalArgumentException.class, () -> Remarks.of("\0"));
        assertThrows(IllegalArgumentException.class, () -> Remarks.of("w".repeat(65_536)));
        ScriptedConnection connection = connect(handling(b -> {}));
        connection.send(atLeastOnce(7, "a/1", "x"));
        Delivery delivery = inbox.next();
        assertThrows(
                IllegalArgumentException.class, () -> delivery.reject(ReasonCode.BANNED, REMARKS));
        assertThrows(NullPointerException.class, () -> delivery.acknowledge(null));
        delivery.acknowledge(Remarks.of("w".repeat(65_535)));
        assertEquals(65_535, connection.expect(Puback.class).reasonString().length());
    }

    @Test
    @Statement({"3.4.2-3", "3.5.2-3", "3.6.2-3", "3.7.2-3"})
    void addsTheClientsOwnPropertiesToAllAnswersAndAgainAfterResume() {
        MqttClient client = withStanding();
        ScriptedConnection connection = connect(client);
        connection.send(atLeastOnce(7, "a/1", "x"), exactlyOnce(8, "a/1", "y"));
        connection.expect(new Pubrec(8, ReasonCode.SUCCESS, null, STANDING));
        inbox.next().acknowledge();
        connection.expect(new Puback(7, ReasonCode.SUCCESS, null, STANDING));
        connection.send(pubrel(8));
        connection.expect(new Pubcomp(8, ReasonCode.SUCCESS, null, STANDING));
        ReasonCode unknown = ReasonCode.PACKET_IDENTIFIER_NOT_FOUND;
        connection.send(pubrel(8));
        connection.expect(new Pubcomp(8, unknown, null, STANDING));
        connection.send(pubrec(77));
        connection.expect(new Pubrel(77, unknown, null, STANDING));

        Publication publication = publish(client, QoS.EXACTLY_ONCE, "out");
        int identifier = connection.expect(Publish.class).packetIdentifier();
        connection.send(pubrec(identifier));
        Pubrel pubrel = new Pubrel(identifier, ReasonCode.SUCCESS, null, STANDING);
        connection.expect(pubrel);
        connection.cut();
        ScriptedConnection resumed = server.accept().resume();
        resumed.expect(pubrel);
        resumed.send(pubcomp(identifier));
        get(publication.acknowledged());
    }

    @Test
    void prefersTheHandlersUserPropertiesToTheClients() {
        ScriptedConnection connection = connect(withStanding());
        connection.send(atLeastOnce(7, "a/1", "x"), atLeastOnce(8, "a/1", "y"));
        inbox.next().acknowledge(Remarks.of(OWN));
        connection.expect(new Puback(7, ReasonCode.SUCCESS, null, OWN));
        inbox.next().reject(ReasonCode.NOT_AUTHORIZED, Remarks.of(WORDS));
        connection.expect(new Puback(8, ReasonCode.NOT_AUTHORIZED, WORDS, STANDING));
    }

    // ---- within the server's Maximum Packet Size

    @Test
    @Statement({"3.4.2-2", "3.4.2-3"})
    void leavesOutOfPubackWhatWouldMakeItTooLarge() {
        ReasonCode reason = ReasonCode.QUOTA_EXCEEDED;
        Puback full = new Puback(7, reason, WORDS, A_B);
        Puback worded = new Puback(7, reason, WORDS, List.of());
        expectAtSize(size(full), full);
        expectAtSize(size(full) - 1, worded);
        expectAtSize(size(worded), worded);
        expectAtSize(size(worded) - 1, new Puback(7, reason));
    }

    private void expectAtSize(int maximumPacketSize, Puback expected) {
        MqttClient client = handling(b -> b.clientIdentifier("c" + maximumPacketSize));
        ScriptedConnection connection =
                connect(client, connack().maximumPacketSize(maximumPacketSize));
        connection.send(atLeastOnce(7, "a/1", "x"));
        inbox.next().reject(ReasonCode.QUOTA_EXCEEDED, REMARKS);
        connection.expect(expected);
        client.close();
    }

    private static int size(Packet packet) {
        return (int) Encoder.encodedSize(packet);
    }

    /** What one connection has no room for comes back with the next. */
    @Test
    @Statement({"3.4.2-3", "3.5.2-3", "3.6.2-3", "3.7.2-3"})
    void leavesOutOfAllAnswersWhatWouldMakeThemTooLarge() {
        MqttClient client = withStanding();
        int least = size(new Pubrel(1, ReasonCode.SUCCESS, null, STANDING));
        ScriptedConnection connection = connect(client, connack().maximumPacketSize(least - 1));
        connection.send(atLeastOnce(7, "a/1", "x"), exactlyOnce(8, "a/1", "y"));
        connection.expectBytes("50 02 00 08");
        inbox.next().acknowledge();
        connection.expectBytes("40 02 00 07");
        connection.send(pubrec(77));
        connection.expectBytes("62 04 00 4D 92 00");
        connection.cut();
        ScriptedConnection next =
                server.accept().accept(connack().sessionPresent().maximumPacketSize(least));
        next.send(pubrel(8));
        next.expect(new Pubcomp(8, ReasonCode.SUCCESS, null, STANDING));
        next.send(pubrec(77));
        next.expect(new Pubrel(77, ReasonCode.PACKET_IDENTIFIER_NOT_FOUND, null, STANDING));
        next.send(exactlyOnce(9, "a/1", "z"));
        next.expect(new Pubrec(9, ReasonCode.SUCCESS, null, STANDING));
    }

    // ---- what the server says

    @ParameterizedTest
    @EnumSource(
            value = QoS.class,
            names = {"AT_LEAST_ONCE", "EXACTLY_ONCE"})
    void tellsWhatTheServerSaysWithARefusal(QoS qos) {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Publication publication = publish(client, qos, "x");
        connection.expect(Publish.class);
        ReasonCode reason = ReasonCode.QUOTA_EXCEEDED;
        connection.send(
                qos == QoS.AT_LEAST_ONCE
                        ? new Puback(1, reason, WORDS, OWN)
                        : new Pubrec(1, reason, WORDS, OWN));
        var cause = failure(MqttException.PublishRejected.class, publication.acknowledged());
        assertEquals(Optional.of(WORDS), cause.reasonString());
        assertEquals(OWN, cause.userProperties());
    }

    @Test
    void tellsWhatTheServerSaysWithPubrecAndPubcomp() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        Publication both = publish(client, QoS.EXACTLY_ONCE, "1");
        Publication first = publish(client, QoS.EXACTLY_ONCE, "2");
        connection.expect(Publish.class);
        connection.expect(Publish.class);
        connection.send(new Pubrec(1, ReasonCode.SUCCESS, "taken", OWN));
        connection.send(new Pubrec(2, ReasonCode.NO_MATCHING_SUBSCRIBERS, "taken", OWN));
        connection.expect(pubrel(1));
        connection.expect(pubrel(2));
        connection.send(new Pubcomp(1, ReasonCode.SUCCESS, "done", A_B), pubcomp(2));
        List<UserProperty> all = List.of(OWN.get(0), OWN.get(1), A_B.get(0));
        assertEquals(
                new Acknowledgement(ReasonCode.SUCCESS, Optional.of("done"), all),
                get(both.acknowledged()));
        assertEquals(
                new Acknowledgement(ReasonCode.NO_MATCHING_SUBSCRIBERS, Optional.of("taken"), OWN),
                get(first.acknowledged()));
    }

    @Test
    void tellsWhatTheServerSaysWithSubackAndUnsuback() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        List<ReasonCode> refused = List.of(ReasonCode.NOT_AUTHORIZED);
        var subscribed = client.subscribe(Subscription.to("a"), inbox);
        int first = connection.expect(Subscribe.class).packetIdentifier();
        connection.send(new Suback(first, refused, WORDS, OWN));
        assertSaid(failure(MqttException.SubscribeRejected.class, subscribed));
        var again = client.subscribe(Subscription.to("a"), inbox);
        int second = connection.expect(Subscribe.class).packetIdentifier();
        connection.send(new Suback(second, List.of(ReasonCode.SUCCESS), null, List.of()));
        get(again);
        var unsubscribed = client.unsubscribe("a");
        int third = connection.expect(Unsubscribe.class).packetIdentifier();
        connection.send(new Unsuback(third, refused, WORDS, OWN));
        assertSaid(failure(MqttException.SubscribeRejected.class, unsubscribed));
    }

    private static void assertSaid(MqttException.SubscribeRejected cause) {
        assertEquals(Optional.of(WORDS), cause.reasonString());
        assertEquals(OWN, cause.userProperties());
    }

    // ---- AUTH

    /** Says the same with each AUTH, and keeps what the server says. */
    private static final class Talkative extends Mechanism {
        final BlockingQueue<Remarks> heard = new LinkedBlockingQueue<>();
        volatile Remarks remarks = REMARKS;

        @Override
        public Exchange begin() {
            Exchange plain = super.begin();
            return new Exchange() {
                @Override
                public CompletionStage<Optional<byte[]>> first() {
                    return plain.first();
                }

                @Override
                public CompletionStage<Optional<byte[]>> answer(Optional<byte[]> challenge) {
                    return plain.answer(challenge);
                }

                @Override
                public CompletionStage<?> finish(Optional<byte[]> data) {
                    return plain.finish(data);
                }

                @Override
                public void received(Remarks remarks) {
                    heard.add(remarks);
                }

                @Override
                public Remarks remarks() {
                    return remarks;
                }
            };
        }
    }

    @Test
    @Statement({"3.15.2-2", "3.15.2-3"})
    void exchangesRemarksWithAuth() {
        Talkative talkative = new Talkative();
        MqttClient client = client(b -> b.authentication(talkative));
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        assertEquals(List.of(), connection.expectConnect().userProperties());
        connection.send(continues("M", "c1"));
        assertSays(connection.expect(Auth.class), WORDS, A_B);
        connection.send(connack().authentication("M", "in").reasonString("welcome").build());
        get(connected);
        var done = client.reauthenticate();
        assertSays(connection.expect(Auth.class), WORDS, A_B);
        connection.send(
                new Auth(ReasonCode.CONTINUE_AUTHENTICATION, "M", null, "and you are?", OWN));
        assertSays(connection.expect(Auth.class), WORDS, A_B);
        connection.send(new Auth(ReasonCode.SUCCESS, "M", null, null, A_B));
        get(done);
        assertEquals(
                List.of(
                        Remarks.of("welcome"),
                        new Remarks(Optional.of("and you are?"), OWN),
                        Remarks.of(A_B)),
                List.copyOf(talkative.heard));
    }

    @Test
    @Statement({"3.15.2-2", "3.15.2-3"})
    void leavesOutOfAuthWhatWouldMakeItTooLarge() {
        Talkative talkative = new Talkative();
        MqttClient client = client(b -> b.authentication(talkative));
        Auth plain = continues("M", "re:c");
        int full = size(new Auth(plain.reason(), "M", plain.authenticationData(), WORDS, A_B));
        int worded =
                size(new Auth(plain.reason(), "M", plain.authenticationData(), WORDS, List.of()));
        assertAt(client, full, WORDS, A_B);
        assertAt(client, full - 1, WORDS, List.of());
        assertAt(client, worded - 1, null, List.of());
    }

    private void assertAt(
            MqttClient client, int maximumPacketSize, String words, List<UserProperty> properties) {
        ScriptedConnection connection =
                connect(
                        client,
                        connack().authentication("M", "in").maximumPacketSize(maximumPacketSize));
        var done = client.reauthenticate();
        connection.expect(Auth.class);
        connection.send(continues("M", "c"));
        assertSays(connection.expect(Auth.class), words, properties);
        connection.send(new Auth(ReasonCode.SUCCESS, "M", null, null, List.of()));
        get(done);
        get(client.disconnect());
    }

    private static void assertSays(Auth auth, String words, List<UserProperty> properties) {
        assertEquals(words, auth.reasonString());
        assertEquals(properties, auth.userProperties());
    }

    @Test
    void failsAnAuthenticationThatRemarksNull() {
        Talkative talkative = new Talkative();
        MqttClient client = client(b -> b.authentication(talkative));
        connect(client, connack().authentication("M", "in"));
        talkative.remarks = null;
        var failure = failure(MqttException.AuthenticationFailed.class, client.reauthenticate());
        assertTrue(failure.getMessage().contains("Exchange.remarks gave null"));
    }
}
