package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Redirects;
import dev.holdfast.mqtt.ServerOrder;
import dev.holdfast.mqtt.impl.conformance.Statement;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which server is tried next. */
class ServersTest {
    private static final URI A = URI.create("mqtt://a:1");
    private static final URI B = URI.create("mqtt://b:2");
    private static final URI C = URI.create("mqtt://c:3");
    private static final MqttException DOWN = new MqttException.ConnectionLost("down", null, false);
    private static final MqttException DISTRUST =
            new MqttException.ConnectionLost("not to be trusted", null, true);
    private static final MqttException UNKNOWN = new MqttException.SessionUnknown("unknown");

    private static Servers of(ServerOrder order, URI... servers) {
        return new Servers(List.of(servers), order, null);
    }

    private static Servers following(URI from, String... hosts) {
        Servers servers =
                new Servers(List.of(from), ServerOrder.IN_ORDER, Redirects.to(hosts).atMost(2));
        servers.begin();
        return servers;
    }

    /** All that are tried in one round, if none can be had. */
    private static List<URI> round(Servers servers) {
        servers.begin();
        List<URI> tried = new ArrayList<>(List.of(servers.current()));
        while (servers.next(DOWN, false)) {
            tried.add(servers.current());
        }
        return tried;
    }

    private static boolean isSent(Servers servers, @Nullable String reference) {
        servers.redirect(ReasonCode.USE_ANOTHER_SERVER, reference);
        return servers.next(DOWN, false);
    }

    private static String words(Servers servers, String reference) {
        return servers.redirect(ReasonCode.USE_ANOTHER_SERVER, reference);
    }

    // ---- the list

    @Test
    void beginsEachRoundWithTheFirstWhenInOrder() {
        Servers servers = of(ServerOrder.IN_ORDER, A, B, C);
        assertEquals(List.of(A, B, C), round(servers));
        servers.begin();
        assertTrue(servers.next(DOWN, false));
        servers.accepted();
        assertFalse(servers.next(DOWN, true), "the policy says when a lost connection is made up");
        assertEquals(List.of(A, B, C), round(servers));
    }

    @Test
    void beginsEachRoundBehindTheLastThatWasTriedWhenRoundRobin() {
        Servers servers = of(ServerOrder.ROUND_ROBIN, A, B, C);
        assertEquals(List.of(A, B, C), round(servers));
        servers.begin();
        assertEquals(A, servers.current());
        servers.accepted();
        assertFalse(servers.next(DOWN, true));
        assertEquals(List.of(B, C, A), round(servers));
        assertEquals(List.of(B, C, A), round(servers));
    }

    @Test
    void failsForGoodOnlyIfEachServerDid() {
        Servers servers = of(ServerOrder.IN_ORDER, A, B);
        servers.begin();
        servers.next(DOWN, false);
        servers.next(DISTRUST, false);
        assertSame(DOWN, servers.failure());
        servers.begin();
        servers.next(DISTRUST, false);
        servers.next(DOWN, false);
        assertSame(DOWN, servers.failure());
        servers.begin();
        servers.next(DISTRUST, false);
        servers.next(DISTRUST, false);
        assertSame(DISTRUST, servers.failure());
    }

    /** Another server would hide from the application that its store is not the session's. */
    @Test
    void triesNoOtherServerAfterASessionThatIsNotKnown() {
        Servers servers = of(ServerOrder.IN_ORDER, A, B, C);
        servers.begin();
        assertTrue(servers.next(DOWN, false));
        assertFalse(servers.next(UNKNOWN, false));
        assertSame(UNKNOWN, servers.failure());
    }

    @Test
    void goesToNoOtherTargetAfterASessionThatIsNotKnown() {
        Servers servers = following(A, "b", "c");
        assertTrue(isSent(servers, "b c"));
        assertEquals("b", servers.current().getHost());

        assertFalse(servers.next(UNKNOWN, false));

        assertSame(UNKNOWN, servers.failure());
    }

    @Test
    void goesToTheNextOfTheListWhenSentAwayWithoutAWordWhereTo() {
        Servers servers = of(ServerOrder.IN_ORDER, A, B);
        servers.begin();
        servers.accepted();
        servers.redirect(ReasonCode.USE_ANOTHER_SERVER, null);
        assertTrue(servers.next(DOWN, true));
        assertEquals(B, servers.current());
        servers.accepted();
        servers.redirect(ReasonCode.SERVER_MOVED, null);
        assertFalse(servers.next(DOWN, true), "each once, until a connection has lasted");
        servers.startAnew();
        servers.redirect(ReasonCode.SERVER_MOVED, null);
        assertTrue(servers.next(DOWN, true));
        assertEquals(A, servers.current());
    }

    // ---- redirections

    @Statement("P-33")
    @Test
    void followsNoRedirectionUntilAllowed() {
        Servers servers = of(ServerOrder.IN_ORDER, A);
        servers.begin();
        assertFalse(isSent(servers, "b:2"));
        assertTrue(words(servers, "b:2").contains("redirects(Redirects.to(…))"));
    }

    @Statement("P-33")
    @Test
    void triesTheReferencesInTheirOrder() {
        Servers servers = following(A, "b:2", "[::1]", "10.0.0.1");
        assertTrue(isSent(servers, "10.0.0.1 [::1]:1884 b:2"));
        assertEquals(URI.create("mqtt://10.0.0.1"), servers.current());
        assertTrue(servers.isRedirected());
        assertTrue(servers.next(DOWN, false));
        assertEquals(URI.create("mqtt://[::1]:1884"), servers.current());
        assertTrue(servers.next(DOWN, false));
        assertEquals(B, servers.current());
        assertFalse(servers.next(DOWN, false));
    }

    @Test
    void leavesOutReferencesThatAreNotAllowedOrNotUnderstood() {
        Servers servers = following(A, "b");
        assertTrue(isSent(servers, "c:3 _sip._tcp.b b:0 b:2"));
        assertEquals(B, servers.current());
        assertFalse(servers.next(DOWN, false));
    }

    @Test
    void saysWhatWouldAllowARedirection() {
        String words = words(following(A, "b"), "c");
        assertTrue(words.contains("Redirects.to(\"c:1883\", …)"), words);
    }

    @Test
    void looksAtABoundedNumberOfReferences() {
        String many = String.join(" ", IntStream.range(1, 2_000).mapToObj(i -> "b:" + i).toList());
        Servers servers = following(A, "b");
        int tried = 0;
        servers.redirect(ReasonCode.USE_ANOTHER_SERVER, many);
        while (servers.next(DOWN, false)) {
            tried++;
        }
        assertEquals(Servers.MOST_REFERENCES, tried);
        assertTrue(words(following(A, "c"), many).length() < 2_000, "bounded words");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "b:",
                "b:x",
                "b:0",
                "b:65536",
                "b:123456",
                "::1",
                "[::1",
                "[zz]:1",
                "[::1]x",
                "b/path",
                "user@b",
                "ws://b",
                "http://b",
                "mqtt:b",
                "b\tb",
                "b\nc:1",
                "..",
                "b..b",
                "-b",
                "b_b",
                "ü.example"
            })
    void refusesAReferenceOfAnotherForm(String reference) {
        Servers servers = following(A, "b", "*.example", "[::1]", "c");
        String words = words(servers, reference);
        assertTrue(words.contains("is not followed"), words);
        assertTrue(words.chars().noneMatch(Character::isISOControl), words);
        assertFalse(servers.next(DOWN, false));
    }

    @ParameterizedTest
    @CsvSource({
        "mqtts://a, b, mqtts://b",
        "mqtts://a, mqtts://b:5, mqtts://b:5",
        "mqtts://a, mqtt://b, ",
        "mqtts://a, MQTT://b, ",
        "MQTTS://a, mqtt://b, ",
        "mqtt://a, b:8883, mqtt://b:8883",
        "mqtt://a, mqtts://b, mqtts://b"
    })
    void neverHasLessTlsThanBefore(URI from, String reference, @Nullable URI to) {
        Servers servers = following(from, "b");
        assertEquals(to != null, isSent(servers, reference));
        assertEquals(to == null ? from : to, servers.current());
    }

    @Test
    void doesNotLeaveTlsByADetour() {
        Servers servers = following(A, "b", "c");
        assertTrue(isSent(servers, "mqtts://b"));
        assertFalse(isSent(servers, "mqtt://c"));
    }

    @Test
    void followsABoundedNumberInARow() {
        Servers servers = following(A, "a", "b");
        assertTrue(isSent(servers, "b"));
        assertTrue(isSent(servers, "a"));
        String words = words(servers, "b");
        assertTrue(words.contains("2 redirections in a row"), words);
        assertFalse(servers.next(DOWN, false));
        servers.begin();
        assertTrue(isSent(servers, "b"), "a delay has passed");
    }

    /** They may accept the client for a moment each time. */
    @Test
    void countsOnWhenConnectionsDoNotLast() {
        Servers servers = following(A, "a", "b");
        for (String to : List.of("b", "a")) {
            servers.accepted();
            servers.redirect(ReasonCode.USE_ANOTHER_SERVER, to);
            assertTrue(servers.next(DOWN, true));
        }
        servers.accepted();
        servers.redirect(ReasonCode.USE_ANOTHER_SERVER, "b");
        assertFalse(servers.next(DOWN, true));
        servers.startAnew();
        servers.redirect(ReasonCode.USE_ANOTHER_SERVER, "b");
        assertTrue(servers.next(DOWN, true));
    }

    @Statement("P-33")
    @Test
    void keepsWhereAServerHasMovedToOnceItWasReached() {
        Servers servers =
                new Servers(List.of(A, B), ServerOrder.IN_ORDER, Redirects.to("c:3", "d"));
        servers.begin();
        servers.redirect(ReasonCode.SERVER_MOVED, "d c:3");
        assertTrue(servers.next(DOWN, false));
        assertTrue(servers.next(DOWN, false), "d does not answer");
        servers.accepted();
        assertEquals(List.of(C, B), round(servers));
    }

    @Test
    void forgetsWhereAServerHasMovedToIfItWasNotReached() {
        Servers servers = following(A, "b");
        servers.redirect(ReasonCode.SERVER_MOVED, "b");
        assertTrue(servers.next(DOWN, false));
        assertFalse(servers.next(DOWN, false));
        assertEquals(List.of(A), round(servers));
    }

    @Statement("P-33")
    @Test
    void usesAnotherServerForOneConnection() {
        Servers servers = following(A, "b");
        assertTrue(isSent(servers, "b:2"));
        servers.accepted();
        assertEquals(List.of(A), round(servers));
    }

    @Test
    void keepsNothingOfAMoveOfAServerThatIsNotInTheList() {
        Servers servers = following(A, "b", "c");
        assertTrue(isSent(servers, "b:2"));
        servers.redirect(ReasonCode.SERVER_MOVED, "c:3");
        assertTrue(servers.next(DOWN, false));
        servers.accepted();
        assertEquals(List.of(A), round(servers));
    }

    @Test
    void goesOnWithTheListWhenRedirectionsLeadNowhere() {
        Servers servers = new Servers(List.of(A, B), ServerOrder.IN_ORDER, Redirects.to("c"));
        servers.begin();
        assertTrue(isSent(servers, "c:3"));
        assertEquals(C, servers.current());
        assertTrue(servers.next(DOWN, false));
        assertEquals(B, servers.current());
        assertFalse(servers.isRedirected());
        assertFalse(servers.next(DOWN, false));
    }
}
