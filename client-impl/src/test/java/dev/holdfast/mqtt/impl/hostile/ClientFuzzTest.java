package dev.holdfast.mqtt.impl.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.Fuzz;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.scripted.Packets;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedServer;
import dev.holdfast.mqtt.impl.scripted.ScriptedTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Well-formed packets in wrong states, for the whole client over sockets. More with {@code
 * -Dfuzz.clients=10000}, one again with {@code -Dfuzz.seed=4711 -Dfuzz.clients=1}.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class ClientFuzzTest extends ScriptedTest {
    private static final int CLIENTS = 25;
    private static final int PACKETS = 30;
    private static final QoS[] QOS = QoS.values();

    @Test
    void answersEveryCallWhateverTheServerSays() {
        Fuzz.run("fuzz.clients", CLIENTS, this::check);
    }

    private void check(long seed) {
        Random random = new Random(seed);
        Set<String> handled = ConcurrentHashMap.newKeySet();
        MqttClient client =
                client(
                        b ->
                                b.clientIdentifier("c" + seed)
                                        .subscription(
                                                Subscription.to("#"),
                                                MessageHandlers.forEach(
                                                        m -> handled.add(m.payloadText()))));
        List<CompletableFuture<?>> calls = new ArrayList<>();
        List<Publication> publications = new ArrayList<>();
        calls.add(client.connect());
        for (int i = 0; i < 12; i++) {
            publications.add(publish(client, QOS[random.nextInt(3)], "c" + i));
        }
        calls.add(client.subscribe(Subscription.to("a"), MessageHandlers.forEach(m -> {})));
        calls.add(client.unsubscribe("b"));
        talkNonsense(server.accept(), new WrongPackets(random), random);

        // A server that says nonsense can make a client give up for good: it starts anew.
        calls.add(client.disconnect());
        calls.add(client.connect());
        publications.forEach(p -> calls.add(p.acknowledged()));
        serveHonestly(calls);
        await("nothing is queued", () -> client.session().queuedMessages() == 0);
        await("all is handled", () -> client.session().unhandledMessages() == 0);
        client.close();
    }

    private static void talkNonsense(
            ScriptedConnection connection, WrongPackets wrong, Random random) {
        connection.expectConnect();
        Packets.ConnackBuilder connack = Packets.connack();
        connection.send((random.nextInt(4) == 0 ? connack.sessionPresent() : connack).build());
        for (int i = 0; i < PACKETS && !connection.hasEnded(); i++) {
            Packet packet = connection.nextIfAny(Duration.ofMillis(1));
            boolean fits = packet != null && WrongPackets.needsAnswer(packet);
            connection.sendIfOpen(fits ? WrongPackets.answer(packet) : wrong.next());
        }
        connection.cut();
    }

    /** Serves until all calls are answered, well or not, and everything sent is acknowledged. */
    private void serveHonestly(List<CompletableFuture<?>> calls) {
        while (calls.stream().anyMatch(c -> !c.isDone())) {
            ScriptedConnection connection = server.accept();
            // A call of disconnect() may end this attempt at any moment.
            Packet first = connection.nextIfAny(ScriptedServer.PATIENCE);
            if (first == null && connection.hasEnded()) {
                continue;
            }
            assertInstanceOf(Connect.class, first);
            connection.sendIfOpen(Packets.connack().build());
            int published = 0;
            while (!connection.hasEnded() && calls.stream().anyMatch(c -> !c.isDone())) {
                Packet packet = connection.nextIfAny(Duration.ofMillis(20));
                if (packet != null && WrongPackets.needsAnswer(packet)) {
                    connection.sendIfOpen(WrongPackets.answer(packet));
                }
                published += packet instanceof Publish ? 1 : 0;
            }
            assertEquals(false, published > 2 * calls.size(), "it publishes again and again");
        }
    }
}
