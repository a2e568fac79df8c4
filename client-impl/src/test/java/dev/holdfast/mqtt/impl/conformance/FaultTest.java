package dev.holdfast.mqtt.impl.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.scripted.Inbox;
import dev.holdfast.mqtt.impl.scripted.Recorder;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedTest;
import java.util.List;
import java.util.function.Consumer;

/** What a client does that is told nonsense, in two forms: at work, and while it connects. */
abstract class FaultTest extends ScriptedTest {
    /**
     * A server says this to a client that takes all messages, and that has sent one of QoS 1 and
     * one of QoS 2, with the Packet Identifiers 1 and 2. The client believes nothing: it names the
     * reason, closes, hands nothing over, and completes nothing.
     */
    final void leavesWhenTold(String hex, ReasonCode reason) {
        leavesWhenTold(hex, reason, b -> {});
    }

    final void leavesWhenTold(String hex, ReasonCode reason, Consumer<MqttClientBuilder> changes) {
        Inbox inbox = new Inbox();
        MqttClient client = receiving(inbox, changes);
        ScriptedConnection connection = connect(client);
        List<Publication> open =
                List.of(
                        publish(client, QoS.AT_LEAST_ONCE, "1"),
                        publish(client, QoS.EXACTLY_ONCE, "2"));
        connection.expect(Publish.class);
        connection.expect(Publish.class);
        connection.send(hex);
        connection.expectDisconnect(reason);
        Recorder.WasDisconnected end = listener.await(Recorder.WasDisconnected.class);
        assertEquals(reason, ((MqttException.ServerMisbehaved) end.cause()).reason());
        inbox.expectEmpty();
        open.forEach(p -> assertFalse(p.acknowledged().isDone(), "completed all the same"));
        client.close();
    }

    /** A server answers CONNECT so, and the client gives up and says why. */
    final void failsToConnectWhenTold(String hex, ReasonCode reason) {
        MqttClient client = client(b -> b.reconnect(ReconnectPolicy.never()));
        var connected = client.connect();
        ScriptedConnection connection = server.accept();
        connection.expectConnect();
        connection.send(hex);
        connection.expectDisconnect(reason);
        assertEquals(reason, failure(MqttException.ServerMisbehaved.class, connected).reason());
        client.close();
    }

    /** A client that takes all messages without having to ask for them, and does not come back. */
    final MqttClient receiving(Inbox inbox, Consumer<MqttClientBuilder> changes) {
        return client(
                b -> {
                    b.reconnect(ReconnectPolicy.never())
                            .resubscribe(Resubscribe.NEVER)
                            .subscription(Subscription.to("#"), inbox);
                    changes.accept(b);
                });
    }
}
