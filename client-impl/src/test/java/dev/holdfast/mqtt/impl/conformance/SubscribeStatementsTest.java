package dev.holdfast.mqtt.impl.conformance;

import static dev.holdfast.mqtt.impl.scripted.Packets.atMostOnce;
import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static dev.holdfast.mqtt.impl.scripted.Packets.suback;
import static dev.holdfast.mqtt.impl.scripted.Packets.unsuback;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.Subscription.RetainHandling;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.impl.scripted.Inbox;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedTest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SUBSCRIBE, UNSUBSCRIBE and Topic Filters (sections 3.8 to 3.11, 4.7 and 4.8). */
class SubscribeStatementsTest extends ScriptedTest {
    private final Inbox inbox = new Inbox();
    private final MqttClient client = client();
    private final ScriptedConnection connection = connect(client);

    /** What the API refuses is neither subscribed nor unsubscribed, and nothing is sent for it. */
    private void refuses(String filter) {
        assertThrows(
                IllegalArgumentException.class,
                () -> client.subscribe(Subscription.to(filter), inbox),
                filter);
        assertThrows(IllegalArgumentException.class, () -> client.unsubscribe(filter), filter);
        connection.fence();
    }

    /** Subscribes and unsubscribes, and finds the filter unchanged on the wire. */
    private void accepts(String filter) {
        var subscribed = client.subscribe(Subscription.to(filter), inbox);
        Subscribe subscribe = connection.expect(Subscribe.class);
        assertEquals(List.of(Subscription.to(filter)), subscribe.subscriptions());
        connection.send(suback(subscribe, ReasonCode.GRANTED_QOS_2));
        get(subscribed);
        var ended = client.unsubscribe(filter);
        Unsubscribe unsubscribe = connection.expect(Unsubscribe.class);
        assertEquals(List.of(filter), unsubscribe.topicFilters());
        connection.send(unsuback(unsubscribe, ReasonCode.SUCCESS));
        get(ended);
    }

    // ---- the packets

    @Test
    @Statement({"3.8.1-1", "3.8.3-2", "3.10.1-1", "3.10.3-2"})
    void asksForOneFilterAtATimeUnderTheRightFirstByte() {
        var subscribed = client.subscribe(Subscription.to("a/b"), inbox);
        connection.expectBytes("82 0B 00 01 02 0B 01 00 03 61 2F 62 02");
        connection.send("90 04 00 01 00 02");
        get(subscribed);
        var ended = client.unsubscribe("a/b");
        connection.expectBytes("A2 08 00 02 00 00 03 61 2F 62");
        connection.send("B0 04 00 02 00 00");
        get(ended);
    }

    /** Bits 0 and 1 are the QoS, 2 No Local, 3 Retain As Published, 4 and 5 Retain Handling. */
    @Test
    @Statement("3.8.3-5")
    void writesAllSubscriptionOptionsAndLeavesTheReservedBitsZero() {
        for (int options = 0; options < 64; options++) {
            int qos = options & 3;
            int retainHandling = options >> 4;
            if (qos == 3 || retainHandling == 3) {
                continue; // they do not exist, neither here nor in the API
            }
            Subscription wanted =
                    new Subscription(
                            "a",
                            QoS.values()[qos],
                            (options & 4) != 0,
                            (options & 8) != 0,
                            RetainHandling.values()[retainHandling]);
            var subscribed = client.subscribe(wanted, inbox);
            Subscribe subscribe = connection.expect(Subscribe.class);
            assertEquals(
                    String.format("02 0B 01 00 01 61 %02X", options),
                    connection.lastBytes().substring("82 09 00 01 ".length()));
            connection.send(suback(subscribe, ReasonCode.SUCCESS));
            get(subscribed);
        }
    }

    @Test
    @Statement("3.8.3-4")
    void refusesNoLocalOnASharedSubscription() {
        Subscription shared = Subscription.to("$share/g/a");
        assertThrows(IllegalArgumentException.class, shared::withoutOwnMessages);
        assertThrows(
                IllegalArgumentException.class,
                () ->
                        new Subscription(
                                "$share/g/a", QoS.AT_MOST_ONCE, true, false, RetainHandling.SEND));
        connection.fence();
        client.subscribe(shared, inbox);
        connection.expectBytes("82 12 00 01 02 0B 01 00 0A 24 73 68 61 72 65 2F 67 2F 61 02");
    }

    // ---- Topic Filters

    @ParameterizedTest
    @ValueSource(strings = {"a\0b", "\0", "a\uD800", "\uDC00b", "\uD800\uD800"})
    @Statement({"3.8.3-1", "3.10.3-1", "4.7.3-2"})
    void refusesFiltersThatAreNoStringsOfMqtt(String filter) {
        refuses(filter);
    }

    @ParameterizedTest
    @ValueSource(strings = {"é", "\uD869\uDED4", "\uFEFFa", "a\u0001"})
    @Statement({"3.8.3-1", "3.10.3-1"})
    void takesFiltersOfAllCharacters(String filter) {
        accepts(filter);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a#", "a/#/b", "#/a", "##", "a/b#", "#+"})
    @Statement("4.7.1-1")
    void refusesAHashThatIsNotTheWholeLastLevel(String filter) {
        refuses(filter);
        refuses("$share/g/" + filter);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a+", "a/b+", "+a", "a/+b/c", "++"})
    @Statement("4.7.1-2")
    void refusesAPlusThatIsNotAWholeLevel(String filter) {
        refuses(filter);
        refuses("$share/g/" + filter);
    }

    @ParameterizedTest
    @ValueSource(strings = {"#", "a/#", "/#", "+", "+/a", "a/+/b", "+/+/#", "/", " ", "$SYS/#"})
    @Statement({"4.7.1-1", "4.7.1-2", "4.7.3-1"})
    void takesWildcardsInTheirPlaces(String filter) {
        accepts(filter);
        accepts("$share/g/" + filter);
    }

    @Test
    @Statement("4.7.3-1")
    void refusesAnEmptyFilter() {
        refuses("");
    }

    @Test
    @Statement("4.7.3-3")
    void measuresFiltersInBytes() {
        refuses("a".repeat(65_536));
        refuses("€".repeat(21_846));
        accepts("a".repeat(65_535));
        accepts("€".repeat(21_845));
    }

    // ---- shared subscriptions

    @ParameterizedTest
    @ValueSource(strings = {"$share", "$share/", "$share//a", "$share//"})
    @Statement("4.8.2-1")
    void refusesSharedSubscriptionsWithoutAName(String filter) {
        refuses(filter);
    }

    @ParameterizedTest
    @ValueSource(strings = {"$share/g+/a", "$share/g#/a", "$share/+/a", "$share/g", "$share/g/"})
    @Statement("4.8.2-2")
    void refusesSharedSubscriptionsWithAWrongNameOrWithoutFilter(String filter) {
        refuses(filter);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"$share/g/a", "$share/g//finance", "$share/g/#", "$SHARE//a", "$shared"})
    @Statement({"4.8.2-1", "4.8.2-2"})
    void takesSharedSubscriptionsAndWhatOnlyLooksLikeThem(String filter) {
        accepts(filter);
    }

    @Test
    @Statement("P-35")
    void leavesASharedSubscriptionByItsWholeFilterAndMatchesByTheRest() {
        var subscribed = client.subscribe(Subscription.to("$share/g/a/+"), inbox);
        Subscribe subscribe = connection.expect(Subscribe.class);
        assertEquals("$share/g/a/+", subscribe.subscriptions().get(0).topicFilter());
        connection.send(suback(subscribe, ReasonCode.GRANTED_QOS_2));
        get(subscribed);
        connection.send(atMostOnce("a/b", "shared"));
        assertEquals("shared", inbox.nextText());
        client.unsubscribe("$share/g/a/+");
        Unsubscribe unsubscribe = connection.expect(Unsubscribe.class);
        assertEquals(List.of("$share/g/a/+"), unsubscribe.topicFilters());
    }

    @Test
    @Statement("P-36")
    void subscribesWithoutIdentifierWhereTheServerHasNone() {
        connection.cut();
        ScriptedConnection next = server.accept();
        next.expectConnect();
        next.send("20 05 00 00 02 29 00"); // Subscription Identifier Available 0
        client.subscribe(Subscription.to("a"), inbox);
        next.expectBytes("82 07 00 01 00 00 01 61 02");
        next.send("90 04 00 01 00 02");
        next.cut();
        server.accept().accept(connack().sessionPresent().withoutSharedSubscriptions());
        ReasonCode reason =
                failure(
                                MqttException.SubscribeRejected.class,
                                client.subscribe(Subscription.to("$share/g/a"), inbox))
                        .reason();
        assertEquals(ReasonCode.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED, reason);
    }
}
