package dev.holdfast.mqtt.impl.session;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Authentication;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.SessionLostPolicy.InFlight;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.codec.ServerCodec;
import dev.holdfast.mqtt.impl.hostile.WrongPackets;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.scripted.Packets;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.SessionState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** One session of the core with a server that says anything at any time, and then an honest one. */
final class FuzzedSession {
    private static final int STEPS = 80;

    private static final QoS[] QOS = QoS.values();
    private static final String[] FILTERS = {"a", "b"};

    private static final Authentication METHOD =
            new Authentication() {
                @Override
                public String method() {
                    return "m";
                }

                @Override
                public Exchange begin() {
                    throw new AssertionError("The core calls code of the application");
                }
            };

    private final Random random;
    private final WrongPackets wrong;
    private final SessionState disk = new SessionState();
    private final Session session;
    private final FuzzOracle oracle = new FuzzOracle();
    private final ArrayDeque<Batch> unstored = new ArrayDeque<>();
    private final ArrayDeque<Packet> unanswered = new ArrayDeque<>();
    private final List<Incoming> unhandled = new ArrayList<>();
    private final Encoder encoder = new Encoder();
    private ServerCodec server = new ServerCodec();

    /** What happened, made readable only when something fails. */
    private final List<Supplier<String>> trace = new ArrayList<>();

    /** Whether the client has an Authentication Method. */
    private final boolean authenticates;

    /** What the application was asked for an authentication, and has not answered. */
    private final ArrayDeque<Event.AuthenticationAsked> questions = new ArrayDeque<>();

    private boolean honest;
    private boolean opening;
    private boolean open;
    private boolean diskHangs;
    private long now = 1_000;
    private long nextSequence = 1;
    private long nextToken = 1;

    FuzzedSession(long seed) {
        random = new Random(seed);
        wrong = new WrongPackets(random);
        StoreLimits limits =
                new StoreLimits(chance(30) ? 4 : 1_000, 1 << 20, chance(30) ? 1 : 100, whenFull());
        SessionLostPolicy lost = new SessionLostPolicy(inFlight(), inFlight());
        ReconnectPolicy reconnect =
                ReconnectPolicy.exponential(Duration.ofSeconds(1), Duration.ofSeconds(1));
        MqttClientBuilder builder = TestCore.builder(chance(10), limits, lost, reconnect);
        authenticates = chance(30);
        if (authenticates) {
            builder.authentication(METHOD);
        }
        ClientSettings settings = builder.settings();
        session =
                new Session(
                        settings,
                        disk.recovered(),
                        new SplittableRandom(seed),
                        Encoder::encodedSize);
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private StoreLimits.WhenFull whenFull() {
        return chance(50) ? StoreLimits.WhenFull.FAIL : StoreLimits.WhenFull.DROP_OLDEST;
    }

    private InFlight inFlight() {
        return chance(50) ? InFlight.FAIL : InFlight.REPUBLISH;
    }

    void run() {
        try {
            play();
        } catch (RuntimeException | AssertionError e) {
            String story = trace.stream().map(Supplier::get).collect(joining("\n"));
            throw new AssertionError(e + "\n" + story, e);
        }
    }

    private void play() {
        connect();
        for (int i = 0; i < STEPS; i++) {
            step();
            turn();
        }
        serveHonestly();
        oracle.requireAllAnswered();
        Recovered left = disk.recovered();
        assertEquals(List.of(), left.inFlight(), "in flight on disk");
        assertEquals(0, left.queuedMessages(), "queued on disk");
        assertEquals(List.of(), left.inbox(), "not handled on disk");
        assertTrue(left.receivedIdentifiers().isEmpty(), "received on disk");
        assertTrue(session.isDrained(), "nothing is left in the core");
    }

    // ---- the dishonest server and its surroundings
    // -------------------------------------------------

    private void step() {
        switch (random.nextInt(12)) {
            case 0 -> publish();
            case 1 -> subscribe();
            case 2 -> diskHangs = chance(50);
            case 3 -> settle();
            case 4 -> now += random.nextInt(2_000);
            case 5 -> disturb();
            default -> receive(anything());
        }
        if (!questions.isEmpty() && chance(50)) {
            answerOne(chance(10));
        }
        if (opening && chance(70)) {
            open();
            if (chance(80)) {
                turn();
                receive(connack(chance(50)));
            }
        }
    }

    private void disturb() {
        if (chance(30)) {
            connect();
        } else if (authenticates && chance(40)) {
            long token = nextToken++;
            oracle.called(token);
            session.reauthenticate(token);
        } else if (open && chance(20)) {
            cut();
        }
    }

    private void connect() {
        long token = nextToken++;
        oracle.called(token);
        session.connect(token);
    }

    private void publish() {
        Message message =
                Message.to("t").qos(QOS[random.nextInt(3)]).payload("p" + nextSequence).build();
        oracle.published(nextSequence, message.qos());
        session.publish(nextSequence++, message, OutgoingMessage.NEVER);
    }

    private void subscribe() {
        long token = nextToken++;
        oracle.called(token);
        String filter = FILTERS[random.nextInt(2)];
        if (chance(60)) {
            session.subscribe(token, Subscription.to(filter));
        } else {
            session.unsubscribe(token, filter);
        }
    }

    private void settle() {
        if (!unhandled.isEmpty()) {
            Incoming any = unhandled.remove(random.nextInt(unhandled.size()));
            session.settle(
                    any,
                    chance(80) ? ReasonCode.SUCCESS : ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR);
        }
    }

    private void receive(Packet packet) {
        if (open) {
            trace.add(() -> "← " + packet);
            oracle.fromServer(packet);
            session.received(packet);
        }
    }

    /** Not always the youngest: it may come late, too. */
    private void answerOne(boolean fails) {
        long question = questions.remove().number();
        MqttException cause = new MqttException.AuthenticationFailed("no", null, false);
        session.advance(now, now);
        session.answered(question, fails ? Answer.failed(cause) : new Answer(null, null, null));
    }

    private Packet anything() {
        if (authenticates && chance(15)) {
            return wrong.auth();
        }
        return chance(30) && !unanswered.isEmpty()
                ? WrongPackets.answer(unanswered.remove())
                : wrong.next();
    }

    private Connack connack(boolean sessionPresent) {
        QoS maximumQos = honest || chance(80) ? QoS.EXACTLY_ONCE : QOS[random.nextInt(2)];
        if (!authenticates || !honest && chance(10)) {
            return TestCore.connack(sessionPresent, maximumQos);
        }
        Packets.ConnackBuilder connack = Packets.connack().authentication("m", null);
        connack.maximumQos(maximumQos);
        return (sessionPresent ? connack.sessionPresent() : connack).build();
    }

    // ---- the honest server
    // -------------------------------------------------------------------------

    private void serveHonestly() {
        honest = true;
        diskHangs = false;
        unanswered.clear();
        turn();
        if (open) {
            cut();
        }
        connect();
        for (int i = 0; i < 1_000 && !(session.isDrained() && oracle.isQuiet()); i++) {
            turn();
            if (!questions.isEmpty()) {
                answerOne(false);
            } else if (opening) {
                open();
                turn();
                receive(connack(false));
            } else if (!unanswered.isEmpty()) {
                receive(WrongPackets.answer(unanswered.remove()));
            } else if (!unhandled.isEmpty()) {
                session.settle(unhandled.remove(0), ReasonCode.SUCCESS);
            } else {
                now += 1_000;
            }
        }
        turn();
    }

    // ---- the driver
    // --------------------------------------------------------------------------------

    private void open() {
        trace.add(() -> "the connection opens");
        opening = false;
        open = true;
        server = new ServerCodec();
        unanswered.clear();
        session.advance(now, now);
        session.opened();
    }

    private void cut() {
        trace.add(() -> "the connection is gone");
        open = false;
        session.advance(now, now);
        session.closed(new MqttException.ConnectionLost("cut", null, false));
    }

    private void turn() {
        for (boolean more = true; more; ) {
            session.advance(now, now);
            Ready ready = session.poll();
            ready.packets().forEach(this::sent);
            ready.events().forEach(this::told);
            opening = opening || ready.open() != null;
            if (ready.batch() != null) {
                unstored.add(ready.batch());
            }
            if (ready.readQueuedAfter() != Ready.NO_READ) {
                throw new AssertionError("All fits into memory");
            }
            more = ready.more();
            if (ready.close()) {
                cut();
                more = true;
            }
            while (!unstored.isEmpty() && !diskHangs) {
                Batch batch = unstored.remove();
                batch.changes().forEach(disk::apply);
                session.stored(batch.id());
                more = true;
            }
        }
    }

    /** What the client sends must be right even when what it gets is not. */
    private void sent(Packet packet) {
        trace.add(() -> "→ " + packet);
        ByteBuf bytes = Unpooled.buffer();
        encoder.encode(packet, bytes);
        assertEquals(packet, server.decode(bytes.nioBuffer()));
        oracle.sent(packet);
        if (WrongPackets.needsAnswer(packet)) {
            unanswered.add(packet);
        }
    }

    private void told(Event event) {
        trace.add(() -> "told " + event);
        oracle.told(event);
        if (event instanceof Event.AuthenticationAsked asked) {
            questions.add(asked);
        } else if (event instanceof Event.Deliver deliver) {
            unhandled.add(deliver.incoming());
        }
    }
}
