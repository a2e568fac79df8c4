package dev.holdfast.mqtt.impl.scripted;

import static dev.holdfast.mqtt.impl.scripted.Packets.puback;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubcomp;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrec;
import static dev.holdfast.mqtt.impl.scripted.Packets.pubrel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.SessionLostPolicy.InFlight;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of messages in flight when the server no longer has the session. */
class SessionLostPolicyTest extends ScriptedTest {
    @ParameterizedTest
    @CsvSource({
        "REPUBLISH, REPUBLISH, one two three",
        "REPUBLISH, FAIL, one",
        "FAIL, REPUBLISH, two three",
        "FAIL, FAIL, ''"
    })
    void republishesInTheOldOrderWhatThePolicySays(
            InFlight atLeastOnce, InFlight exactlyOnce, String republished) {
        MqttClient client =
                client(b -> b.onSessionLost(new SessionLostPolicy(atLeastOnce, exactlyOnce)));
        ScriptedConnection connection = connect(client);
        List<Publication> inFlight = new ArrayList<>();
        inFlight.add(publish(client, QoS.AT_LEAST_ONCE, "one"));
        inFlight.add(publish(client, QoS.EXACTLY_ONCE, "two"));
        inFlight.add(publish(client, QoS.EXACTLY_ONCE, "three"));
        connection.expect(Publish.class);
        Publish two = connection.expect(Publish.class);
        connection.expect(Publish.class);
        connection.send(pubrec(two));
        connection.expect(pubrel(two.packetIdentifier()));
        connection.cut();

        ScriptedConnection next = server.accept().accept();
        Publication later = publish(client, QoS.AT_LEAST_ONCE, "later");
        List<String> expected = new ArrayList<>(List.of(republished.split(" ")));
        expected.removeIf(String::isEmpty);
        List<Publish> sent = new ArrayList<>();
        for (String payload : expected) {
            Publish p = next.expect(Publish.class);
            assertEquals(payload, p.message().payloadText());
            assertFalse(p.dup(), "no repeat, since the session is new");
            sent.add(p);
        }
        sent.add(next.expect(Publish.class));
        sent.forEach(p -> answer(next, p));
        get(later.acknowledged());
        for (Publication p : inFlight) {
            if (expected.contains(p.message().payloadText())) {
                get(p.acknowledged());
            } else {
                failure(MqttException.SessionLost.class, p.acknowledged());
                get(p.stored());
            }
        }
        assertEquals(0, client.session().queuedMessages());
    }

    private static void answer(ScriptedConnection connection, Publish p) {
        if (p.message().qos() == QoS.AT_LEAST_ONCE) {
            connection.send(puback(p));
        } else {
            connection.send(pubrec(p));
            connection.expect(pubrel(p.packetIdentifier()));
            connection.send(pubcomp(p));
        }
    }

    /** Messages that were never sent are no part of the session: the policy does not touch them. */
    @Test
    void keepsMessagesThatWereNeverSent() {
        MqttClient client =
                client(b -> b.onSessionLost(new SessionLostPolicy(InFlight.FAIL, InFlight.FAIL)));
        ScriptedConnection connection = connect(client, Packets.connack().receiveMaximum(1));
        Publication sent = publish(client, QoS.AT_LEAST_ONCE, "sent");
        Publication waiting = publish(client, QoS.EXACTLY_ONCE, "waiting");
        connection.expect(Publish.class);
        connection.cut();

        ScriptedConnection next = server.accept().accept();
        Publish p = next.expect(Publish.class);
        assertEquals("waiting", p.message().payloadText());
        assertFalse(p.dup());
        answer(next, p);
        get(waiting.acknowledged());
        failure(MqttException.SessionLost.class, sent.acknowledged());
    }

    /** Where the server keeps no session, its end is what was agreed on, and no loss to report. */
    @Test
    void treatsTheEndOfASessionThatWasNotToLastTheSame() {
        MqttClient client = client();
        ScriptedConnection connection =
                connect(client, Packets.connack().sessionExpiry(Duration.ZERO));
        Publication once = publish(client, QoS.AT_LEAST_ONCE, "once");
        Publication twice = publish(client, QoS.EXACTLY_ONCE, "twice");
        connection.expect(Publish.class);
        connection.expect(Publish.class);
        connection.cut();

        ScriptedConnection next = server.accept().accept();
        Publish p = next.expect(Publish.class);
        assertFalse(p.dup());
        next.fence();
        answer(next, p);
        get(once.acknowledged());
        failure(MqttException.SessionLost.class, twice.acknowledged());
        for (Recorder.Call call : listener.takeAll()) {
            assertFalse(call instanceof Recorder.LostSession);
        }
    }
}
