package dev.holdfast.mqtt.benchmarks;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Ready;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.SessionState;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The core alone: from publish to PUBACK, with a disk and a server that answer at once. */
@State(Scope.Thread)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SessionBenchmark {
    static final int MESSAGES = 64;

    private final Session session =
            new Session(
                    MqttClient.newBuilder(URI.create("mqtt://nowhere"))
                            .clientIdentifier("bench")
                            .sessionExpiry(Duration.ofHours(1))
                            .keepAlive(Duration.ZERO)
                            .settings(),
                    new SessionState().recovered(),
                    new SplittableRandom(1),
                    Encoder::encodedSize);
    private final Message message = Message.to("bench/topic").payload(new byte[256]).build();
    private final ArrayDeque<Packet> answers = new ArrayDeque<>();
    private long sequence;
    private int acknowledged;

    /** Connected already. */
    public SessionBenchmark() {
        session.connect(1);
        turnUntilQuiet();
    }

    /** 64 messages in one turn. */
    @Benchmark
    @OperationsPerInvocation(MESSAGES)
    public int publishToAcknowledged() {
        acknowledged = 0;
        for (int i = 0; i < MESSAGES; i++) {
            session.publish(++sequence, message, OutgoingMessage.NEVER);
        }
        turnUntilQuiet();
        if (acknowledged != MESSAGES) {
            throw new IllegalStateException(acknowledged + " messages were acknowledged");
        }
        return acknowledged;
    }

    private void turnUntilQuiet() {
        boolean more = true;
        while (more) {
            Ready ready = session.poll();
            if (ready.open() != null) {
                session.opened();
            }
            if (ready.batch() != null) {
                session.stored(ready.batch().id());
            }
            ready.packets().forEach(this::answer);
            ready.events().forEach(this::count);
            more = ready.more() || ready.open() != null || ready.batch() != null;
            more |= !answers.isEmpty();
            for (Packet answer = answers.poll(); answer != null; answer = answers.poll()) {
                session.received(answer);
            }
        }
    }

    private void answer(Packet packet) {
        if (packet instanceof Connect) {
            answers.add(connack());
        } else if (packet instanceof Publish publish) {
            answers.add(new Puback(publish.packetIdentifier(), ReasonCode.SUCCESS));
        }
    }

    private void count(Event event) {
        if (event instanceof Event.Acknowledged e) {
            e.publications().forEach(sequence -> acknowledged++);
        }
    }

    private static Connack connack() {
        return new Connack(
                false,
                ReasonCode.SUCCESS,
                Connack.ABSENT,
                65_535,
                QoS.EXACTLY_ONCE,
                true,
                Connack.NO_PACKET_LIMIT,
                null,
                0,
                null,
                List.of(),
                true,
                true,
                true,
                Connack.ABSENT,
                null,
                null,
                null,
                null);
    }
}
