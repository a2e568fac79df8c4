package dev.holdfast.mqtt.impl.scripted;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Publish;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole client over real sockets that break again and again, with traffic both ways. */
class BrokenNetworkTest extends ScriptedTest {
    private static final int MESSAGES = 300;
    private static final int CUTS = 15;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void losesNothingAndDoublesNothingAtQos2(long seed) {
        List<Publish> toClient = new ArrayList<>();
        for (int i = 1; i <= MESSAGES; i++) {
            toClient.add(
                    i % 2 == 0
                            ? Packets.exactlyOnce(i, "two", "" + i)
                            : Packets.atLeastOnce(i, "one", "" + i));
        }
        FaultyServer faulty = new FaultyServer(server, seed, CUTS, toClient);
        CompletableFuture<Void> serving = CompletableFuture.runAsync(faulty);
        List<String> atLeastOnce = Collections.synchronizedList(new ArrayList<>());
        List<String> exactlyOnce = Collections.synchronizedList(new ArrayList<>());
        MqttClient client =
                client(
                        b ->
                                b.reconnect(
                                                ReconnectPolicy.exponential(
                                                        Duration.ofMillis(5),
                                                        Duration.ofMillis(20)))
                                        .subscription(
                                                Subscription.to("one"), collecting(atLeastOnce))
                                        .subscription(
                                                Subscription.to("two"), collecting(exactlyOnce)));
        client.connect();
        List<Publication> published = new ArrayList<>();
        for (int i = 1; i <= MESSAGES; i++) {
            published.add(
                    publish(client, i % 2 == 0 ? QoS.EXACTLY_ONCE : QoS.AT_LEAST_ONCE, "" + i));
        }
        published.forEach(p -> get(p.acknowledged()));
        int each = MESSAGES / 2;
        await(
                "all messages of the server",
                () -> exactlyOnce.size() >= each && distinct(atLeastOnce).size() >= each);
        // Its PUBRELs may come behind the messages.
        await("the end of what the server does", faulty::isDone);
        get(client.disconnect());
        get(serving);

        assertEquals(texts(0), exactlyOnce);
        assertEquals(texts(1), distinct(atLeastOnce));
        List<String> taken = faulty.received();
        assertEquals(texts(0), taken.stream().filter(BrokenNetworkTest::isEven).toList());
        assertEquals(texts(1), distinct(taken.stream().filter(t -> !isEven(t)).toList()));
    }

    private static MessageHandler collecting(List<String> into) {
        return MessageHandlers.forEach(m -> into.add(m.payloadText()));
    }

    private static boolean isEven(String text) {
        return Integer.parseInt(text) % 2 == 0;
    }

    /** In the order of first arrival. */
    private static List<String> distinct(List<String> all) {
        synchronized (all) {
            return List.copyOf(new LinkedHashSet<>(all));
        }
    }

    private static List<String> texts(int remainder) {
        return IntStream.rangeClosed(1, MESSAGES)
                .filter(i -> i % 2 == remainder)
                .mapToObj(Integer::toString)
                .toList();
    }
}
