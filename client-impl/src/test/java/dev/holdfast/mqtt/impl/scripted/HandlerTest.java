package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.again;
import static dev.holdfast.mqtt.impl.scripted.Packets.atLeastOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.atMostOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.exactlyOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static dev.holdfast.mqtt.impl.scripted.Packets.suback;
import static dev.holdfast.mqtt.impl.scripted.Packets.unsuback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The handler's being done is the acknowledgement. */
class HandlerTest extends ScriptedTest {
    private final Inbox inbox = new Inbox();

    /** A connected client whose server has all its subscriptions. */
    private ScriptedConnection connectWith(Object... filtersAndHandlers) {
        return connect(clientWith(filtersAndHandlers));
    }

    private MqttClient clientWith(Object... filtersAndHandlers) {
        return client(
                b -> {
                    b.resubscribe(Resubscribe.NEVER);
                    for (int i = 0; i < filtersAndHandlers.length; i += 2) {
                        b.subscription(
                                Subscription.to((String) filtersAndHandlers[i]),
                                (MessageHandler) filtersAndHandlers[i + 1]);
                    }
                });
    }

    // ---- when

    @Test
    void copiesThatAreDeliveredAgainDoNotPileUpWhileTheHandlerHangs() {
        CompletableFuture<Void> released = new CompletableFuture<>();
        ConcurrentLinkedQueue<String> handled = new ConcurrentLinkedQueue<>();
        MqttClient client =
                clientWith(
                        "a",
                        MessageHandlers.forEach(
                                m -> {
                                    released.join();
                                    handled.add(m.payloadText());
                                }));
        ScriptedConnection connection = connect(client);
        connection.send(atLeastOnce(1, "a", "1"), atLeastOnce(2, "a", "2"));
        for (int i = 0; i < 5; i++) {
            connection.fence();
            connection.cut();
            connection = server.accept().accept(Packets.connack().sessionPresent());
            connection.send(again(atLeastOnce(1, "a", "1")), again(atLeastOnce(2, "a", "2")));
        }
        connection.fence();

        released.complete(null);

        assertEquals(1, connection.expect(Puback.class).packetIdentifier());
        assertEquals(2, connection.expect(Puback.class).packetIdentifier());
        // One was with the handler all the time.
        assertEquals(List.of("1", "1", "2"), List.copyOf(handled));
    }

    @Statement("4.3.2-4")
    @Test
    void copiesOfSessionsThatWereLostAreBoundedWhileTheHandlerHangs() {
        CompletableFuture<Void> hanging = new CompletableFuture<>();
        CompletableFuture<Void> begun = new CompletableFuture<>();
        List<String> seen = new CopyOnWriteArrayList<>();
        MessageHandler hangs =
                MessageHandlers.forEach(
                        m -> {
                            seen.add(m.payloadText());
                            begun.complete(null);
                            hanging.join();
                        });
        MqttClient client =
                client(
                        b ->
                                b.receiveMaximum(2)
                                        .resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("#"), hangs));
        ScriptedConnection connection = connect(client);
        connection.send(atLeastOnce(1, "t", "first"));
        get(begun);
        for (int lost = 0; lost < 5; lost++) {
            connection.send(atLeastOnce(2, "t", "of session " + lost));
            connection.fence();
            connection.cut();
            connection = server.accept().accept();
        }
        connection.send(atLeastOnce(1, "t", "last"));
        connection.fence();

        hanging.complete(null);

        connection.expect(puback(1));
        assertEquals(List.of("first", "of session 3", "of session 4", "last"), seen);
    }

    /** Whatever it is told of in the end, and whether it has acknowledged or not. */
    @ParameterizedTest
    @EnumSource(QoS.class)
    void whoWaitsForTheEndOfADeliveryLearnsThatTheClientWasClosed(QoS qos) {
        Inbox by = new Inbox();
        CompletableFuture<Void> released = new CompletableFuture<>();
        CompletableFuture<Void> begun = new CompletableFuture<>();
        MqttClient client =
                client(
                        b ->
                                b.resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("a"), by)
                                        .subscription(
                                                Subscription.to("+"),
                                                MessageHandlers.forEach(
                                                        m -> {
                                                            begun.complete(null);
                                                            released.join();
                                                        })));
        ScriptedConnection connection = connect(client);
        connection.send(publish(qos, 1, "a"), publish(qos, 2, "a"));
        get(begun);
        Delivery first = by.next();
        Delivery second = by.next();
        CompletableFuture<Void> acknowledged = second.acknowledge();
        assertFalse(first.handled().isDone() || acknowledged.isDone());

        client.close();

        failure(MqttException.ClientClosed.class, first.handled());
        failure(MqttException.ClientClosed.class, acknowledged);
        assertTrue(listener.takeAll().stream().noneMatch(c -> c instanceof Recorder.HandlerFailed));
        released.complete(null);
    }

    private static Publish publish(QoS qos, int packetIdentifier, String topic) {
        return switch (qos) {
            case AT_MOST_ONCE -> atMostOnce(topic, "x");
            case AT_LEAST_ONCE -> atLeastOnce(packetIdentifier, topic, "x");
            case EXACTLY_ONCE -> exactlyOnce(packetIdentifier, topic, "x");
        };
    }

    @Test
    void acknowledgesAfterTheHandlerAndNotBefore() {
        ScriptedConnection connection = connectWith("a", inbox);
        connection.send(atLeastOnce(7, "a", "x"));
        Delivery delivery = inbox.next();
        assertFalse(delivery.redelivered());
        connection.fence();
        CompletableFuture<Void> done = delivery.acknowledge();
        connection.expect(puback(7));
        get(done);
    }

    @Test
    void acknowledgesWhenAnAsynchronousHandlerCompletes() {
        CompletableFuture<Void> work = new CompletableFuture<>();
        CompletableFuture<Void> begun = new CompletableFuture<>();
        ScriptedConnection connection =
                connectWith(
                        "a",
                        MessageHandlers.async(
                                m -> {
                                    begun.complete(null);
                                    return work;
                                }));
        connection.send(atLeastOnce(7, "a", "x"));
        get(begun);
        connection.fence();
        work.complete(null);
        connection.expect(puback(7));
    }

    @Statement("4.6.0-2")
    @Test
    void acknowledgesInTheOrderOfArrivalWhateverTheOrderOfTheHandlers() {
        ScriptedConnection connection = connectWith("a", inbox);
        List<Integer> identifiers = List.of(5, 3, 9, 1);
        identifiers.forEach(id -> connection.send(atLeastOnce(id, "a", "" + id)));
        Delivery five = inbox.next();
        Delivery three = inbox.next();
        Delivery nine = inbox.next();
        Delivery one = inbox.next();
        nine.acknowledge();
        one.reject(ReasonCode.QUOTA_EXCEEDED);
        connection.fence();
        five.acknowledge();
        connection.expect(puback(5));
        connection.fence();
        three.acknowledge();
        connection.expect(puback(3));
        connection.expect(puback(9));
        connection.expect(new Puback(1, ReasonCode.QUOTA_EXCEEDED));
    }

    /** At QoS 2 the store takes the message over, so the exchange does not wait for the handler. */
    @Test
    void endsTheExchangeAtQos2BeforeTheHandlerIsDone() {
        MqttClient client = clientWith("a", inbox);
        ScriptedConnection connection = connect(client);
        connection.send(exactlyOnce(8, "a", "x"));
        connection.expect(pubrec(8));
        connection.send(pubrel(8));
        connection.expect(pubcomp(8));
        assertEquals(1, client.session().unhandledMessages());
        get(inbox.next().acknowledge());
        assertEquals(0, client.session().unhandledMessages());
    }

    // ---- refusal

    @Statement("4.5.0-2")
    @Test
    void refusesTheMessageOfAHandlerThatThrowsAndGoesOn() {
        MessageHandler moody =
                MessageHandlers.forEach(
                        m -> {
                            if (m.payloadText().equals("bad")) {
                                throw new IllegalStateException("cannot read it");
                            }
                        });
        ScriptedConnection connection = connectWith("a", moody);
        connection.send(atLeastOnce(1, "a", "bad"), atLeastOnce(2, "a", "good"));
        connection.expect(new Puback(1, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR));
        connection.expect(puback(2));
        Recorder.HandlerFailed failed = listener.await(Recorder.HandlerFailed.class);
        assertEquals("cannot read it", failed.cause().getMessage());
        assertEquals("bad", failed.delivery().message().payloadText());
    }

    @Test
    void refusesTheMessageOfAHandlerThatFailsLaterOrReturnsNothing() {
        ScriptedConnection connection =
                connectWith(
                        "later",
                        MessageHandlers.async(
                                m -> CompletableFuture.failedFuture(new Exception("disk full"))),
                        "nothing",
                        (MessageHandler) delivery -> null,
                        "error",
                        (MessageHandler)
                                delivery -> {
                                    throw new StackOverflowError();
                                });
        connection.send(atLeastOnce(1, "later", "x"));
        connection.expect(new Puback(1, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR));
        connection.send(atLeastOnce(2, "nothing", "x"));
        connection.expect(new Puback(2, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR));
        connection.send(atLeastOnce(3, "error", "x"));
        connection.expect(new Puback(3, ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR));
        connection.fence();
    }

    @ParameterizedTest
    @EnumSource(
            value = ReasonCode.class,
            names = {
                "UNSPECIFIED_ERROR",
                "IMPLEMENTATION_SPECIFIC_ERROR",
                "NOT_AUTHORIZED",
                "TOPIC_NAME_INVALID",
                "QUOTA_EXCEEDED",
                "PAYLOAD_FORMAT_INVALID"
            })
    void refusesWithTheReasonOfTheApplication(ReasonCode reason) {
        ScriptedConnection connection = connectWith("a", inbox);
        connection.send(atLeastOnce(7, "a", "x"));
        CompletableFuture<Void> done = inbox.next().reject(reason);
        connection.expect(new Puback(7, reason));
        get(done);
    }

    @Test
    void refusesOnlyWithReasonsThatPubackMayCarry() {
        ScriptedConnection connection = connectWith("a", inbox);
        connection.send(atLeastOnce(7, "a", "x"));
        Delivery delivery = inbox.next();
        for (ReasonCode reason : List.of(ReasonCode.SUCCESS, ReasonCode.SERVER_BUSY)) {
            assertThrows(IllegalArgumentException.class, () -> delivery.reject(reason));
        }
        connection.fence();
        delivery.acknowledge();
        connection.expect(puback(7));
    }

    @Test
    void changesNothingByAcknowledgingTwice() {
        ScriptedConnection connection = connectWith("a", inbox);
        connection.send(atLeastOnce(7, "a", "x"));
        Delivery delivery = inbox.next();
        get(delivery.acknowledge());
        get(delivery.reject(ReasonCode.NOT_AUTHORIZED));
        get(delivery.acknowledge());
        connection.expect(puback(7));
        connection.fence();
    }

    // ---- across connections

    @Test
    void acknowledgesTheRedeliveredMessageAndNotTheOneOfTheLostConnection() {
        ScriptedConnection connection = connectWith("a", inbox);
        connection.send(atLeastOnce(7, "a", "x"), atLeastOnce(8, "a", "y"));
        Delivery first = inbox.next();
        Delivery second = inbox.next();
        CompletableFuture<Void> early = second.acknowledge(); // waits for its turn, behind 7
        connection.fence();
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        failure(MqttException.ConnectionLost.class, early);
        failure(MqttException.ConnectionLost.class, first.acknowledge());
        next.fence();
        next.send(again(atLeastOnce(7, "a", "x")), again(atLeastOnce(8, "a", "y")));
        Delivery redelivered = inbox.next();
        assertTrue(redelivered.redelivered());
        redelivered.acknowledge();
        next.expect(puback(7));
        get(inbox.next().acknowledge());
        next.expect(puback(8));
    }

    @Statement({"2.2.1-4", "4.3.3-10", "4.3.3-12"})
    @Test
    void deliversAQos2MessageOnceHoweverOftenItComes() {
        ScriptedConnection connection = connectWith("a", inbox);
        connection.send(exactlyOnce(8, "a", "x"));
        connection.expect(pubrec(8));
        connection.send(again(exactlyOnce(8, "a", "x")));
        connection.expect(pubrec(8));
        connection.cut();
        ScriptedConnection next = server.accept().resume();
        next.send(again(exactlyOnce(8, "a", "x")), again(exactlyOnce(8, "a", "x")));
        next.expect(pubrec(8));
        next.expect(pubrec(8));
        next.send(pubrel(8));
        next.expect(pubcomp(8));
        next.send(exactlyOnce(8, "a", "the next"));
        next.expect(pubrec(8));
        assertEquals("x", inbox.nextText());
        assertEquals("the next", inbox.nextText());
        inbox.expectEmpty();
    }

    @Statement("4.3.2-5")
    @Test
    void takesARepeatedQos1MessageForNewOnceItWasAcknowledged() {
        ScriptedConnection connection = connectWith("a", inbox);
        for (int i = 0; i < 2; i++) {
            connection.send(again(atLeastOnce(7, "a", "x")));
            inbox.next().acknowledge();
            connection.expect(puback(7));
        }
    }

    // ---- whose message it is

    @Test
    void handsAMessageToEachHandlerWhoseFilterMatches() {
        Inbox all = new Inbox();
        ScriptedConnection connection = connectWith("a/b", inbox, "a/#", all);
        connection.send(atLeastOnce(7, "a/b", "x"));
        inbox.next().acknowledge();
        connection.fence();
        all.next().reject(ReasonCode.NOT_AUTHORIZED);
        connection.expect(new Puback(7, ReasonCode.NOT_AUTHORIZED));
        connection.send(atLeastOnce(8, "a/c", "y"));
        assertEquals("y", all.nextText());
        inbox.expectEmpty();
    }

    @Test
    void keepsAnUnclaimedMessageUntilAHandlerIsRegistered() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        connection.send(atMostOnce("a", "zero"), atLeastOnce(7, "a", "one"));
        connection.send(exactlyOnce(8, "a", "two"));
        connection.expect(pubrec(8));
        for (String text : List.of("zero", "one", "two")) {
            assertEquals(text, listener.await(Recorder.Unclaimed.class).message().payloadText());
        }
        connection.fence();
        client.subscribe(Subscription.to("a"), inbox);
        connection.expect(Subscribe.class);
        Delivery one = inbox.next();
        assertEquals("one", one.message().payloadText());
        assertEquals("two", inbox.nextText());
        inbox.expectEmpty();
        one.acknowledge();
        connection.expect(puback(7));
    }

    /** A server may send what it had buffered, also after UNSUBACK; nobody waits for it. */
    @Statement("4.5.0-2")
    @Test
    void acknowledgesWhatComesLateForAnEndedSubscription() {
        MqttClient client = client();
        ScriptedConnection connection = connect(client);
        subscribe(client, connection, "a", inbox);
        subscribe(client, connection, "b", inbox);
        var unsubscribed = client.unsubscribe("a");
        Unsubscribe unsubscribe = connection.expect(Unsubscribe.class);
        connection.send(atLeastOnce(6, "a", "in time"));
        inbox.next().acknowledge();
        connection.expect(puback(6));
        connection.send(unsuback(unsubscribe, ReasonCode.SUCCESS));
        get(unsubscribed);
        connection.send(atLeastOnce(7, "a", "late"), exactlyOnce(8, "a", "late"));
        connection.expect(pubrec(8));
        connection.expect(puback(7));
        connection.send(atLeastOnce(9, "b", "other"));
        Delivery other = inbox.next();
        assertEquals("other", other.message().payloadText());
        other.acknowledge();
        connection.expect(puback(9));
        assertEquals(0, client.session().unhandledMessages());
    }

    private void subscribe(
            MqttClient client, ScriptedConnection connection, String filter, Inbox handler) {
        var subscribed = client.subscribe(Subscription.to(filter), handler);
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.GRANTED_QOS_2));
        get(subscribed);
    }

    // ---- the quota of the server

    @Statement("3.3.4-9")
    @Test
    void closesWhenTheServerExceedsReceiveMaximum() {
        exceedReceiveMaximum(c -> c.send(atLeastOnce(10, "a", "x")));
        exceedReceiveMaximum(c -> c.send(exactlyOnce(10, "a", "x")));
    }

    private void exceedReceiveMaximum(Consumer<ScriptedConnection> third) {
        MqttClient client =
                client(b -> b.receiveMaximum(2).subscription(Subscription.to("a"), inbox));
        ScriptedConnection connection = connect(client);
        connection.send(suback(connection.expect(Subscribe.class), ReasonCode.GRANTED_QOS_2));
        connection.send(atLeastOnce(8, "a", "x"), exactlyOnce(9, "a", "x"));
        connection.expect(pubrec(9));
        connection.send(again(exactlyOnce(9, "a", "x")));
        connection.expect(pubrec(9));
        inbox.next();
        inbox.next();
        third.accept(connection);
        connection.expectDisconnect(ReasonCode.RECEIVE_MAXIMUM_EXCEEDED);
        inbox.expectEmpty();
        client.close();
    }

    @Statement("3.3.4-9")
    @Test
    void countsAgainstReceiveMaximumOnlyUntilTheAnswer() {
        MqttClient client =
                client(
                        b ->
                                b.receiveMaximum(1)
                                        .resubscribe(Resubscribe.NEVER)
                                        .subscription(Subscription.to("a"), inbox));
        ScriptedConnection connection = connect(client);
        connection.send(atLeastOnce(8, "a", "x"));
        inbox.next().reject(ReasonCode.NOT_AUTHORIZED);
        connection.expect(new Puback(8, ReasonCode.NOT_AUTHORIZED));
        connection.send(exactlyOnce(9, "a", "x"));
        connection.expect(pubrec(9));
        connection.send(pubrel(9));
        connection.expect(pubcomp(9));
        connection.send(atLeastOnce(8, "a", "x"));
        connection.fence();
    }
}
