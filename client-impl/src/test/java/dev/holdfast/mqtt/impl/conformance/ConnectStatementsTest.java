package dev.holdfast.mqtt.impl.conformance;

import static dev.holdfast.mqtt.impl.scripted.Packets.connack;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Will;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** CONNECT, byte by byte (section 3.1). */
class ConnectStatementsTest extends ScriptedTest {
    private static final int USER_NAME = 0x80;
    private static final int PASSWORD = 0x40;
    private static final int WILL_RETAIN = 0x20;
    private static final int WILL = 0x04;
    private static final int CLEAN_START = 0x02;

    /** Has nothing to say but what it must: no session, no limits, no properties. */
    private ScriptedConnection bare(Consumer<MqttClientBuilder> changes) {
        client(
                        b -> {
                            b.clientIdentifier("")
                                    .sessionExpiry(Duration.ZERO)
                                    .receiveMaximum(65_535)
                                    .maximumPacketSize(268_435_460)
                                    .topicAliasMaximum(0);
                            changes.accept(b);
                        })
                .connect();
        return server.accept();
    }

    @Statement({"2.1.3-1", "2.2.2-1", "3.1.2-1", "3.1.2-2", "3.1.3-3"})
    @Test
    void saysNoMoreThanItMust() {
        bare(b -> {}).expectBytes("10 0D 00 04 4D 51 54 54 05 00 00 00 00 00 00");
    }

    @Statement({"2.2.2-1", "3.1.2-9", "3.1.3-1"})
    @Test
    void writesAWillWithoutPropertiesThoughItHasNone() {
        bare(b -> b.will(Message.to("w").qos(QoS.AT_MOST_ONCE).payload("p").build(), Duration.ZERO))
                .expectBytes("10 14 00 04 4D 51 54 54 05 04 00 00 00 00 00 00 00 01 77 00 01 70");
    }

    private static List<Arguments> combinations() {
        List<Arguments> all = new ArrayList<>();
        for (boolean cleanStart : List.of(false, true)) {
            for (int will = -1; will < 2 * QoS.values().length; will++) {
                for (String userName : new String[] {"none", "", "u"}) {
                    for (String password : new String[] {"none", "", "p"}) {
                        all.add(Arguments.of(cleanStart, will, userName, password));
                    }
                }
            }
        }
        return all;
    }

    /**
     * The packet is read strictly: flags, fields and their order must fit, and nothing may follow.
     *
     * @param will none if below 0; otherwise its QoS, plus 3 if it is retained
     */
    @Statement({
        "3.1.2-3",
        "3.1.2-9",
        "3.1.2-11",
        "3.1.2-12",
        "3.1.2-13",
        "3.1.2-16",
        "3.1.2-17",
        "3.1.2-18",
        "3.1.2-19",
        "3.1.3-1",
        "3.1.3-3"
    })
    @ParameterizedTest(name = "Clean Start {0}, will {1}, User Name {2}, Password {3}")
    @MethodSource("combinations")
    void hasTheFieldsThatItsFlagsAnnounce(
            boolean cleanStart, int will, String userName, String password) {
        boolean hasWill = will >= 0;
        boolean hasUserName = !userName.equals("none");
        boolean hasPassword = !password.equals("none");
        int qos = hasWill ? will % 3 : 0;
        ScriptedConnection connection =
                bare(
                        b -> {
                            b.cleanStart(cleanStart);
                            if (hasWill) {
                                b.will(will(qos, will >= 3), Duration.ofSeconds(9));
                            }
                            if (hasUserName && hasPassword) {
                                b.credentials(Credentials.of(userName, password));
                            } else if (hasUserName) {
                                b.credentials(Credentials.userName(userName));
                            } else if (hasPassword) {
                                b.credentials(Credentials.password(password.getBytes(UTF_8)));
                            }
                        });
        Connect connect = connection.expectConnect();
        int expected =
                (hasUserName ? USER_NAME : 0)
                        | (hasPassword ? PASSWORD : 0)
                        | (will >= 3 ? WILL_RETAIN : 0)
                        | (hasWill ? WILL | qos << 3 : 0)
                        | (cleanStart ? CLEAN_START : 0);
        assertEquals(expected, flags(connection));
        assertEquals("", connect.clientIdentifier());
        Credentials credentials = connect.credentials();
        assertEquals(
                hasUserName ? Optional.of(userName) : Optional.empty(),
                credentials == null ? Optional.empty() : credentials.userName());
        assertEquals(
                hasPassword ? Optional.of(password) : Optional.empty(),
                credentials == null
                        ? Optional.empty()
                        : credentials.password().map(bytes -> new String(bytes, UTF_8)));
        assertEquals(
                hasWill ? new Will(will(qos, will >= 3), Duration.ofSeconds(9)) : null,
                connect.will());
    }

    private static Message will(int qos, boolean retain) {
        return Message.to("w")
                .qos(QoS.values()[qos])
                .retain(retain)
                .payload("gone")
                .contentType("text/plain")
                .build();
    }

    /** The byte behind the fixed header, the Protocol Name and the Protocol Version. */
    private static int flags(ScriptedConnection connection) {
        byte[] bytes = HexFormat.ofDelimiter(" ").parseHex(connection.lastBytes());
        return bytes[(bytes[1] < 0 ? 3 : 2) + 7] & 0xFF;
    }

    @Statement("3.1.2-2")
    @Test
    void givesUpWhereTheServerDoesNotSpeakVersion5() {
        var connected = client().connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send("20 03 00 84 00");
        connection.expectClosed();
        MqttException.ConnectRefused cause = failure(MqttException.ConnectRefused.class, connected);
        assertEquals(ReasonCode.UNSUPPORTED_PROTOCOL_VERSION, cause.reason());
        assertTrue(cause.getMessage().contains("MQTT 5"), cause.getMessage());
    }

    @Statement({"4.12.0-7", "P-04"})
    @Test
    void namesNoAuthenticationMethodUntilItIsGivenOne() {
        Connect connect = bare(b -> b.credentials(Credentials.of("u", "p"))).expectConnect();
        assertNull(connect.authenticationMethod());
        assertNull(connect.authenticationData());
    }

    @Statement("P-04")
    @Test
    void announcesNoLimitOfZero() {
        for (int limit : List.of(0, -1)) {
            assertThrows(
                    IllegalArgumentException.class, () -> client(b -> b.receiveMaximum(limit)));
            assertThrows(
                    IllegalArgumentException.class, () -> client(b -> b.maximumPacketSize(limit)));
        }
        assertThrows(IllegalArgumentException.class, () -> client(b -> b.receiveMaximum(65_536)));
    }

    @Statement("P-05")
    @Test
    void saysNothingOfWhatHasItsDefault() {
        Connect connect = bare(b -> {}).expectConnect();
        assertEquals(0, connect.sessionExpiryInterval());
        assertEquals(65_535, connect.receiveMaximum());
        assertEquals(Connack.NO_PACKET_LIMIT, connect.maximumPacketSize());
        assertEquals(0, connect.topicAliasMaximum());
        assertFalse(connect.requestResponseInformation());
        assertTrue(connect.requestProblemInformation());
    }

    /** Two clients in one process, each with a message on its way. */
    @Statement("3.1.3-2")
    @Test
    void keepsASessionForEachClientIdentifier() {
        List<ScriptedConnection> connections = new ArrayList<>();
        for (String identifier : List.of("c1", "c2")) {
            MqttClient client = client(b -> b.clientIdentifier(identifier));
            ScriptedConnection connection = connect(client);
            publish(client, QoS.AT_LEAST_ONCE, identifier);
            connection.expect(Publish.class);
            connections.add(connection);
        }
        connections.forEach(ScriptedConnection::cut);
        Set<String> resumed = new HashSet<>();
        for (int i = 0; i < 2; i++) {
            ScriptedConnection next = server.accept();
            String identifier = next.expectConnect().clientIdentifier();
            next.send(connack().sessionPresent().build());
            Publish again = next.expect(Publish.class);
            assertTrue(again.dup());
            assertEquals(identifier, again.message().payloadText());
            next.fence();
            resumed.add(identifier);
        }
        assertEquals(Set.of("c1", "c2"), resumed);
    }
}
