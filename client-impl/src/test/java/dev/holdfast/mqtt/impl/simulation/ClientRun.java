package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.client.TestDriver;
import dev.holdfast.mqtt.impl.client.TestHandlers;
import dev.holdfast.mqtt.impl.codec.Decoder;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.session.Answer;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Incoming;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.impl.session.TestSession;
import dev.holdfast.mqtt.impl.transport.Link;
import dev.holdfast.mqtt.impl.transport.LinkListener;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.StoredSession;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** One life of the client, from its start to a crash: the real core and driver. */
final class ClientRun implements TestDriver.Clock, TestDriver.Listener, TestHandlers.Watcher {
    final ClientSettings settings;
    final Recovered recovered;
    final Futures futures;

    /** Of all its connections, if the simulation is to notice that. */
    final Encoder onlyEncoder = new Encoder();

    /** Of all its connections, if the simulation is to notice that. */
    final Decoder onlyDecoder;

    final HandOverOracle handOvers;
    final TestHandlers handlers;

    /** Runs tasks in any order. */
    final Executor executor = this::executeSometime;

    /** Packet Identifiers that it may still end without having used them. */
    private final Set<Integer> forgotten;

    /** Topic Filters whose subscriptions have ended. */
    private final Set<String> ended = new HashSet<>();

    /** What the loop is to run, in this order. */
    private final ArrayDeque<Runnable> loopTasks = new ArrayDeque<>();

    private final Simulation sim;
    private final int number;
    private final Session session;
    private final TestDriver driver;
    private SimulatedLink link;

    /** Sessions of the CONNACKs that came, until the application is told of each. */
    private final ArrayDeque<ServerSession> announced = new ArrayDeque<>();

    /** The last question of an authentication. */
    private long lastQuestion;

    private boolean alive = true;
    private boolean storeFailed;

    ClientRun(Simulation sim, int number, boolean cleanStart, Collection<Subscription> declared) {
        this.sim = sim;
        this.number = number;
        settings = sim.settings(this, cleanStart, declared);
        onlyDecoder = new Decoder(settings.maximumPacketSize(), settings.topicAliasMaximum(), true);
        forgotten = forgotten(sim.store.onDisk());
        StoredSession store = sim.store.open();
        recovered = store.recovered();
        session = sim.sabotage.session(settings, recovered, sim.chance);
        driver = new TestDriver(session, store, this::open, this, this);
        futures = new Futures(sim, this);
        handOvers = new HandOverOracle(sim);
        handlers = new TestHandlers(settings, this, executor, sim.sabotage.brokenFeeds(), this);
        handlers.beginAll();
    }

    /** Those of which the disk knows that they may be in use, and not for what. */
    private static Set<Integer> forgotten(Recovered disk) {
        Set<Integer> identifiers = new HashSet<>();
        for (int i = 1; i <= disk.identifiersReserved(); i++) {
            identifiers.add(i);
        }
        disk.inFlight().forEach(m -> identifiers.remove(m.packetIdentifier()));
        return identifiers;
    }

    boolean endsForgotten(int packetIdentifier) {
        return forgotten.contains(packetIdentifier);
    }

    void published(int packetIdentifier) {
        forgotten.remove(packetIdentifier);
    }

    boolean isAlive() {
        return alive;
    }

    /** Whether the last CONNACK came on a connection that still is. */
    boolean isOnline() {
        return link != null && link.isOnline();
    }

    boolean storeHasFailed() {
        return storeFailed;
    }

    boolean isDrained() {
        return TestSession.isDrained(session);
    }

    private Link open(URI server, LinkListener listener) {
        futures.attempts.opened(server);
        link = new SimulatedLink(sim, this, server, listener);
        return link;
    }

    void submit(Consumer<Session> command, Object... what) {
        sim.trace.say("app", what);
        driver.submit(
                s -> {
                    if (alive) {
                        command.accept(s);
                    }
                });
    }

    /** Answers a question of an authentication, which may be an old one. */
    void answer(long question, Answer answer) {
        submit(
                s -> {
                    boolean old = question != lastQuestion;
                    if (!old && answer.failure() == null && link != null) {
                        link.verified();
                    }
                    s.answered(
                            sim.sabotage.answersOldQuestions() ? lastQuestion : question, answer);
                },
                "answers question ",
                question);
    }

    void connacked(ServerSession with) {
        announced.add(with);
    }

    /** The process is killed. */
    void crash() {
        sim.trace.say("client", "crashes");
        String open = futures.open();
        SimulationFailure.require(
                !storeFailed || open == null, "After the store has failed, ", open);
        alive = false;
        if (link != null) {
            link.cut();
        }
        sim.store.crash();
    }

    /** Silence ends, and a connection with narrow limits gives way to one without. */
    void endFaults() {
        if (link != null) {
            link.cut();
        }
    }

    // ---- the loop

    @Override
    public void execute(Runnable task) {
        loopTasks.add(task);
        sim.agenda.after(sim.faults.delay(sim.faults.lag), () -> runIfAlive(loopTasks.remove()));
    }

    @Override
    public Runnable schedule(Runnable task, long delay) {
        boolean[] cancelled = new boolean[1];
        sim.agenda.after(
                delay + sim.faults.delay(sim.faults.lag),
                () -> {
                    if (!cancelled[0]) {
                        runIfAlive(task);
                    }
                });
        return () -> cancelled[0] = true;
    }

    private void runIfAlive(Runnable task) {
        if (alive) {
            task.run();
            handOvers.rethrow();
        }
    }

    private void executeSometime(Runnable task) {
        sim.agenda.after(sim.faults.delay(sim.faults.executorLag), () -> runIfAlive(task));
    }

    @Override
    public long now() {
        return sim.agenda.now();
    }

    @Override
    public long wallClock() {
        return sim.wallClock();
    }

    // ---- what the core tells

    @Override
    public void crashed(RuntimeException bug) {
        // The driver takes whatever is thrown during its turn for a bug of the core.
        if (bug.getCause() instanceof SimulationFailure failure) {
            throw failure;
        }
        throw new IllegalStateException("The core has a bug: " + bug, bug);
    }

    @Override
    public void take(List<Event> events) {
        for (Event event : events) {
            sim.trace.say("told", event);
            take(event);
        }
    }

    private void take(Event event) {
        if (event instanceof Event.AuthenticationAsked e) {
            lastQuestion = e.number();
            sim.mechanism.asked(this, e);
        } else if (event instanceof Event.Deliver e) {
            deliver(e);
        } else if (event instanceof Event.PayloadInvalid e) {
            sim.incoming.refused(e.message().payloadText());
        } else if (event instanceof Event.StoreFailed) {
            storeFailed = true;
            futures.abandon();
            handlers.take(event);
            sim.application.storeFailed(this);
        } else if (event instanceof Event.Settled e) {
            futures.take(event);
            handOvers.confirmed(e.incoming());
            handlers.take(event);
        } else {
            if (event instanceof Event.Connected) {
                announced.remove().known = true;
            }
            futures.take(event);
        }
    }

    private void deliver(Event.Deliver e) {
        sim.incoming.delivered(this, e.incoming());
        handOvers.delivered(e.incoming());
        handlers.take(e);
        handOvers.rethrow();
        sim.incoming.requireRightHandlers(this, e.incoming());
    }

    // ---- on the way to the handlers and back

    /** unsubscribe() is done. */
    void end(String filter, MessageHandler handler) {
        ended.add(filter);
        handlers.end(filter, handler);
    }

    @Override
    public void given(MessageHandler handler, Incoming incoming, Delivery part) {
        sim.trace.say("client", "gives ", incoming.message(), " to a handler");
        handOvers.given(handler, incoming, part);
    }

    @Override
    public void ended(MessageHandler handler, Throwable cause) {
        handOvers.ended(handler, cause);
    }

    @Override
    public void settled(Incoming incoming, ReasonCode outcome, Remarks remarks) {
        String topic = incoming.message().topic();
        boolean hadSubscription =
                SimulatedServer.matching(topic).stream().anyMatch(ended::contains);
        if (handOvers.settled(incoming, outcome, remarks, hadSubscription)) {
            sim.incoming.handled(incoming, outcome, remarks);
        }
        submit(
                s -> {
                    futures.settle(incoming);
                    s.settle(incoming, outcome, remarks);
                },
                "settles ",
                incoming.message(),
                " ",
                outcome.name());
    }

    @Override
    public void unsubscribe(String topicFilter) {
        sim.application.subscriptions.cancelled(topicFilter);
    }

    @Override
    public void unclaimed(Message message) {
        sim.trace.say("told", "nobody has a handler for ", message);
        if (message.qos() != QoS.AT_MOST_ONCE) {
            sim.application.unclaimed(this, message.topic());
        }
    }

    @Override
    public String toString() {
        return "run " + number;
    }
}
