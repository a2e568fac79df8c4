package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Merging;
import dev.holdfast.mqtt.store.SessionState;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The core with a disk that stores at once and a network that opens when told: for tests of single
 * rules.
 */
final class TestCore {
    final SessionState disk;
    final Session session;
    final List<Event> events = new ArrayList<>();
    private final ArrayDeque<Packet> sent = new ArrayDeque<>();
    private final ArrayDeque<Batch> unstored = new ArrayDeque<>();

    /** Whether batches stay on their way to the disk. */
    boolean diskHangs;

    /** Whether they are merged, as far as can be. */
    boolean diskMerges;

    long wallClock = 1_000_000;
    private @Nullable URI opening;
    private boolean reads = true;
    private long now = 1_000;

    TestCore() {
        this(settings());
    }

    TestCore(ClientSettings settings) {
        this(settings, new SessionState());
    }

    /** A run that finds what an earlier one left on disk. */
    TestCore(ClientSettings settings, SessionState disk) {
        this.disk = disk;
        session =
                new Session(
                        settings, disk.recovered(), new SplittableRandom(1), Encoder::encodedSize);
    }

    static ClientSettings settings() {
        return settings(
                false,
                StoreLimits.defaults(),
                SessionLostPolicy.defaults(),
                ReconnectPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(1)));
    }

    static ClientSettings settings(
            boolean cleanStart,
            StoreLimits limits,
            SessionLostPolicy sessionLost,
            ReconnectPolicy reconnect) {
        return builder(cleanStart, limits, sessionLost, reconnect).settings();
    }

    static MqttClientBuilder builder(
            boolean cleanStart,
            StoreLimits limits,
            SessionLostPolicy sessionLost,
            ReconnectPolicy reconnect) {
        return MqttClient.newBuilder(URI.create("mqtt://test"))
                .clientIdentifier("c")
                .cleanStart(cleanStart)
                .sessionExpiry(Duration.ofSeconds(300))
                .keepAlive(Duration.ZERO)
                .receiveMaximum(100)
                .maximumPacketSize(1 << 20)
                .storeLimits(limits)
                .onSessionLost(sessionLost)
                .reconnect(reconnect);
    }

    /** Connects, and has the server say whether it has a session. */
    void connect(boolean sessionPresent) {
        connect(connack(sessionPresent));
    }

    void connect(Connack connack) {
        session.connect(1);
        open();
        sent(Connect.class);
        session.received(connack);
    }

    /** Opens the connection that the core asks for, now or after its delay. */
    void open() {
        turn();
        if (opening == null) {
            advance(1_000);
        }
        openAtOnce();
    }

    /** Opens the connection that the core asks for now. */
    URI openAtOnce() {
        turn();
        URI to = opening;
        assertNotNull(to, "the core asks for a connection");
        opening = null;
        session.opened();
        return to;
    }

    /** The connection that the core asks for now cannot be made. */
    URI refuse() {
        turn();
        URI to = opening;
        assertNotNull(to, "the core asks for a connection");
        opening = null;
        session.closed(new MqttException.ConnectionLost("no", null, false));
        return to;
    }

    static Connack connack(boolean sessionPresent) {
        return connack(sessionPresent, QoS.EXACTLY_ONCE);
    }

    static Connack connack(boolean sessionPresent, QoS maximumQos) {
        return connack(sessionPresent, maximumQos, Connack.ABSENT);
    }

    static Connack connack(boolean sessionPresent, QoS maximumQos, long sessionExpiry) {
        return connack(
                ReasonCode.SUCCESS, sessionPresent, maximumQos, sessionExpiry, Connack.ABSENT);
    }

    /** A server that has its own view of the Keep Alive, in seconds. */
    static Connack connackWithKeepAlive(int serverKeepAlive) {
        return connack(
                ReasonCode.SUCCESS, false, QoS.EXACTLY_ONCE, Connack.ABSENT, serverKeepAlive);
    }

    static Connack refusal(ReasonCode reason) {
        return connack(reason, false, QoS.EXACTLY_ONCE, Connack.ABSENT, Connack.ABSENT);
    }

    private static Connack connack(
            ReasonCode reason,
            boolean sessionPresent,
            QoS maximumQos,
            long sessionExpiry,
            int serverKeepAlive) {
        return new Connack(
                sessionPresent,
                reason,
                sessionExpiry,
                65_535,
                maximumQos,
                true,
                Connack.NO_PACKET_LIMIT,
                null,
                0,
                null,
                List.of(),
                true,
                true,
                true,
                serverKeepAlive,
                null,
                null,
                null,
                null);
    }

    void answer(Subscribe subscribe) {
        session.received(
                new Suback(
                        subscribe.packetIdentifier(),
                        List.of(ReasonCode.GRANTED_QOS_2),
                        null,
                        List.of()));
    }

    void cut() {
        turn();
        sent.clear();
        session.closed(new MqttException.ConnectionLost("cut", null, false));
    }

    void advance(long millis) {
        now += millis;
        turn();
    }

    /** Whether the core reads on from the network. */
    boolean reads() {
        turn();
        return reads;
    }

    /** The next packet that the core sends. */
    <P extends Packet> P sent(Class<P> type) {
        turn();
        return assertInstanceOf(type, sent.poll());
    }

    /** Passes over what the core sends of one kind before it sends anything else. */
    void skip(Class<? extends Packet> type) {
        turn();
        while (type.isInstance(sent.peek())) {
            sent.remove();
        }
    }

    void assertNothingSent() {
        turn();
        assertTrue(sent.isEmpty(), () -> "sent: " + sent);
    }

    /** What the core told of one kind so far. */
    <E extends Event> List<E> told(Class<E> type) {
        turn();
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** The publications told of as stored so far. */
    List<Long> stored() {
        List<Long> all = new ArrayList<>();
        told(Event.Stored.class).forEach(e -> e.publications().forEach(all::add));
        return all;
    }

    /** The publications told of as acknowledged so far. */
    List<Long> acknowledged() {
        List<Long> all = new ArrayList<>();
        told(Event.Acknowledged.class).forEach(e -> e.publications().forEach(all::add));
        return all;
    }

    /** The last that is on its way to the disk. */
    long lastBatch() {
        turn();
        return unstored.getLast().id();
    }

    private boolean merge(List<Change> batch) {
        List<List<Change>> before = unstored.stream().map(Batch::changes).toList();
        boolean possible = Merging.isPossible(before, batch);
        if (possible) {
            Merging.merge(before, batch);
        }
        return possible;
    }

    private void turn() {
        for (boolean more = true; more; ) {
            session.advance(now, wallClock);
            Ready ready = session.poll();
            sent.addAll(ready.packets());
            events.addAll(ready.events());
            opening = ready.open() != null ? ready.open() : opening;
            reads = ready.read();
            boolean merged = false;
            if (ready.batch() != null) {
                merged = diskMerges && merge(ready.batch().changes());
                unstored.add(ready.batch());
            }
            if (merged) {
                session.merged(ready.batch().id());
            }
            more = merged || ready.more() || (!unstored.isEmpty() && !diskHangs);
            while (!unstored.isEmpty() && !diskHangs) {
                Batch batch = unstored.remove();
                batch.changes().forEach(disk::apply);
                session.stored(batch.id());
            }
        }
    }
}
