package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.session.Incoming;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.impl.session.SubscribeCall;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.SessionState.Presence;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An application that uses one client at a time, and starts it again when it has crashed. */
final class SimulatedApplication {
    /** More than some servers allow Topic Aliases. */
    private static final int TOPICS = 3;

    static final int MOST_MESSAGES = 40;
    private static final int MOST_RETRIES = 3;
    private static final List<QoS> QOS =
            List.of(
                    QoS.AT_MOST_ONCE,
                    QoS.AT_LEAST_ONCE,
                    QoS.AT_LEAST_ONCE,
                    QoS.EXACTLY_ONCE,
                    QoS.EXACTLY_ONCE);

    private final Simulation sim;
    private final int publishGap;
    private ClientRun run;
    private int runs;
    private long nextSequence;
    private long nextToken = 1;

    /** What it wants to be subscribed to, with the last call that said so. */
    private final Map<String, Subscription> wanted = new LinkedHashMap<>();

    /** Handlers of calls that are open, by token. */
    private final Map<Long, MessageHandler> handlers = new HashMap<>();

    private final Map<String, Long> lastCall = new LinkedHashMap<>();

    /** Where the server refused the last change, so that nobody knows what it has. */
    private final Set<String> undefined = new HashSet<>();

    /** Filters that the client said to be subscribed, and nothing has happened to since. */
    private final Set<String> confirmed = new HashSet<>();

    /** Filters that the client said to be unsubscribed, and nothing has happened to since. */
    private final Set<String> ended = new HashSet<>();

    /** What handlers will do that hang until the end of all faults. */
    private final List<Runnable> hanging = new ArrayList<>();

    /** Whether Clean Start was asked for, and a session confirmed since. */
    private boolean mayStartClean;

    /** Whether there is no room for what the server sends. */
    private boolean paused;

    /** Whether the client shall be connected. */
    private boolean staysConnected;

    SimulatedApplication(Simulation sim) {
        this.sim = sim;
        this.publishGap = sim.chance.pick(20, 300, 2_000);
    }

    ClientRun run() {
        return run;
    }

    boolean isSubscribed(String filter) {
        return wanted.containsKey(filter);
    }

    boolean mayStartClean() {
        return mayStartClean;
    }

    boolean isUndefined(String filter) {
        return undefined.contains(filter);
    }

    // ---- lives

    void begin() {
        for (String filter : SimulatedServer.FILTERS) {
            if (sim.chance.percent(70)) {
                wanted.put(filter, subscription(filter));
            }
        }
        start();
        repeatedly(publishGap, this::publish);
        repeatedly(publishGap, sim.server::publish);
        repeatedly(sim.faults.subscribeEvery, this::changeSubscription);
        repeatedly(sim.faults.leaveEvery, this::leave);
        repeatedly(sim.faults.reauthenticateEvery, this::reauthenticate);
        repeatedly(sim.faults.crashEvery, this::crash);
        repeatedly(sim.faults.pauseEvery, () -> pause(!paused));
    }

    private void repeatedly(int gap, Runnable action) {
        if (gap > 0) {
            sim.agenda.after(
                    sim.chance.between(1, 2 * gap),
                    () -> {
                        if (!sim.faults.areOver()) {
                            action.run();
                            repeatedly(gap, action);
                        }
                    });
        }
    }

    private void start() {
        Map<String, Subscription> declared = new LinkedHashMap<>(wanted);
        declared.values().removeIf(s -> sim.chance.percent(40));
        boolean clean = sim.faults.strike(sim.faults.cleanStart);
        mayStartClean |= clean;
        paused = false;
        run = new ClientRun(sim, ++runs, sim.settings(clean, declared.values()));
        sim.trace.say("client", "starts as ", run, " with ", run.recovered);
        requireRemembered();
        sim.outgoing.recovered(run.recovered);
        nextSequence = run.recovered.numbersReserved();
        for (Subscription s : wanted.values()) {
            if (!declared.containsKey(s.topicFilter())) {
                subscribe(s);
            }
        }
        for (String filter : SimulatedServer.FILTERS) {
            if (!wanted.containsKey(filter)) {
                unsubscribe(filter);
            }
        }
        connect();
    }

    private void requireRemembered() {
        for (Subscription s : run.recovered.subscriptions()) {
            confirmed.remove(s.topicFilter());
            SimulationFailure.require(
                    run.recovered.presence() != Presence.HELD || !ended.contains(s.topicFilter()),
                    "The client still believes in its subscription to ",
                    s.topicFilter());
        }
        SimulationFailure.require(
                confirmed.isEmpty(), "The client has forgotten its subscriptions to ", confirmed);
    }

    void crash() {
        if (run.isAlive()) {
            run.crash();
            sim.agenda.after(sim.faults.delay(2_000), this::start);
        }
    }

    void storeFailed(ClientRun failed) {
        sim.agenda.after(
                sim.chance.between(1_000, 2_000),
                () -> {
                    if (failed.isAlive()) {
                        crash();
                    }
                });
    }

    /** Faults are over: the last life may go on for ever, and all handlers come to their end. */
    void endFaults() {
        hanging.forEach(done -> sim.agenda.after(sim.chance.upTo(1_000), done));
        hanging.clear();
        if (run.isAlive()) {
            pause(false);
            run.endFaults();
        }
        keepConnected();
    }

    private void requireConnection() {
        if (run.isAlive() && !run.futures.isConnected() && !run.futures.isConnecting()) {
            connect();
        }
    }

    private void keepConnected() {
        requireConnection();
        sim.agenda.after(1_000, this::keepConnected);
    }

    // ---- connecting

    private void connect() {
        staysConnected = true;
        long token = nextToken++;
        run.submit(
                s -> {
                    run.futures.connect(token);
                    s.connect(token);
                },
                "connect ",
                token);
    }

    private void leave() {
        if (!run.isAlive()) {
            return;
        }
        long token = nextToken++;
        DisconnectOptions options = new DisconnectOptions();
        if (sim.chance.percent(30)) {
            options.afterPending(Duration.ofMillis(sim.chance.upTo(5_000)));
        }
        boolean last = sim.chance.percent(30) && run.settings.sessionExpirySeconds() > 0;
        if (last) {
            options.sessionExpiry(Duration.ofSeconds(sim.chance.pick(0, 0, 5)));
        }
        staysConnected = false;
        run.submit(
                s -> {
                    run.futures.disconnect(token, last);
                    s.disconnect(token, options);
                },
                "disconnect ",
                token,
                last ? " and ends the session" : "");
        if (sim.chance.percent(30)) {
            connect();
        } else {
            sim.agenda.after(sim.faults.delay(4_000), this::comeBack);
        }
    }

    /** The client sees no point in trying again; somebody mends the cause, and calls connect(). */
    void gaveUp() {
        sim.agenda.after(
                sim.faults.delay(4_000),
                () -> {
                    if (staysConnected) {
                        requireConnection();
                    }
                });
    }

    private void comeBack() {
        if (run.isAlive() && !staysConnected) {
            connect();
        }
    }

    private void reauthenticate() {
        if (!run.isAlive() || sim.mechanism == null) {
            return;
        }
        long token = nextToken++;
        run.submit(
                s -> {
                    run.futures.reauthenticate(token);
                    s.reauthenticate(token);
                },
                "reauthenticate ",
                token);
    }

    // ---- publishing

    private void publish() {
        if (!run.isAlive() || sim.outgoing.count() >= MOST_MESSAGES) {
            return;
        }
        Message.Builder builder =
                Message.to("outgoing/" + sim.outgoing.count() % TOPICS)
                        .payload("c" + sim.outgoing.count())
                        .qos(sim.chance.pick(QOS))
                        .retain(sim.chance.percent(10));
        long expiresAt = OutgoingMessage.NEVER;
        if (sim.chance.percent(10)) {
            int seconds = sim.chance.pick(0, 1, 5, 60);
            builder.expiry(Duration.ofSeconds(seconds));
            expiresAt = sim.wallClock() + seconds * 1_000L;
        }
        if (sim.chance.percent(5)) {
            builder.userProperty("of some length", "x".repeat(100));
        }
        Message message = builder.build();
        long sequence = nextSequence++;
        long expiry = expiresAt;
        sim.outgoing.published(run, sequence, message, expiry);
        run.submit(
                s -> {
                    run.futures.publish(sequence, message.qos() != QoS.AT_MOST_ONCE);
                    s.publish(sequence, message, expiry);
                },
                "publish ",
                sequence,
                " ",
                message);
        if (sim.chance.percent(10)) {
            ClientRun by = run;
            boolean givesUp = sim.chance.percent(50);
            sim.agenda.after(sim.chance.between(0, 5_000), () -> takeBack(by, sequence, givesUp));
        }
    }

    /** Cancels a publication, or gives up on it, as when its time is up. */
    private void takeBack(ClientRun by, long sequence, boolean givesUp) {
        if (by != run || !run.isAlive()) {
            return;
        }
        MqttException cause =
                givesUp ? new MqttException.TimedOut("") : new MqttException.Cancelled("");
        by.submit(
                s -> {
                    sim.outgoing.takenBack(sequence);
                    if (s.withdraw(sequence, cause) == Session.Withdrawn.SENT && givesUp) {
                        sim.outgoing.abandoned(sequence);
                        s.abandon(sequence, cause);
                    }
                },
                givesUp ? "gives up on " : "cancels ",
                sequence);
    }

    // ---- subscribing

    private Subscription subscription(String filter) {
        return Subscription.to(filter).atMost(sim.chance.pick(QOS));
    }

    private void changeSubscription() {
        if (!run.isAlive()) {
            return;
        }
        if (sim.chance.percent(20)) {
            List<Subscription> two =
                    List.of(
                            subscription(SimulatedServer.FILTERS.get(1)),
                            subscription(SimulatedServer.FILTERS.get(2)));
            two.forEach(s -> wanted.put(s.topicFilter(), s));
            subscribe(two);
            return;
        }
        String filter = sim.chance.pick(SimulatedServer.FILTERS);
        if (wanted.containsKey(filter) && sim.chance.percent(50)) {
            wanted.remove(filter);
            unsubscribe(filter);
        } else {
            Subscription s =
                    wanted.containsKey(filter) && sim.chance.percent(50)
                            ? wanted.get(filter)
                            : subscription(filter);
            wanted.put(filter, s);
            subscribe(s);
        }
    }

    private void subscribe(Subscription s) {
        subscribe(List.of(s));
    }

    /** With one handler for all. */
    private void subscribe(List<Subscription> subscriptions) {
        List<SubscribeCall> calls = new ArrayList<>();
        MessageHandler handler = Simulation.handler();
        for (Subscription s : subscriptions) {
            long token = nextToken++;
            calls.add(new SubscribeCall(token, s));
            handlers.put(token, handler);
            lastCall.put(s.topicFilter(), token);
            confirmed.remove(s.topicFilter());
            ended.remove(s.topicFilter());
            undefined.remove(s.topicFilter());
        }
        run.handlers.register(
                subscriptions.stream().map(Subscription::topicFilter).toList(), handler);
        run.submit(
                session -> {
                    for (SubscribeCall call : calls) {
                        run.futures.subscribe(call.token(), call.subscription().topicFilter());
                    }
                    session.subscribe(calls, List.of());
                },
                "subscribe ",
                calls.toString());
    }

    private void unsubscribe(String filter) {
        long token = nextToken++;
        handlers.put(token, run.handlers.handler(filter));
        lastCall.put(filter, token);
        confirmed.remove(filter);
        ended.remove(filter);
        undefined.remove(filter);
        run.submit(
                session -> {
                    run.futures.unsubscribe(token, filter);
                    session.unsubscribe(token, filter);
                },
                "unsubscribe ",
                token,
                " ",
                filter);
    }

    /** The next connection may bring a new session. */
    void disconnected() {
        confirmed.clear();
    }

    void connected() {
        mayStartClean = run.settings.cleanStart();
    }

    void subscribed(long token, String filter) {
        // Answered out of order, nobody knows what the server has, and it is asked for again.
        boolean inOrder = sim.faults.answersInAnyOrder == 0;
        if (inOrder && run.isOnline() && token == lastCall.getOrDefault(filter, 0L)) {
            confirmed.add(filter);
        }
    }

    /** What was refused is not wanted any more, unless it was asked for again. */
    void subscribeFailed(long token, String filter, MqttException cause) {
        MessageHandler handler = handlers.remove(token);
        if (cause instanceof MqttException.SubscribeRejected) {
            run.handlers.unregister(filter, handler);
        }
        if (cause instanceof MqttException.SubscribeRejected && lastCall.get(filter) == token) {
            wanted.remove(filter);
            undefined.add(filter);
        }
    }

    void unsubscribed(long token, String filter) {
        run.handlers.unregister(filter, handlers.remove(token));
        if (token == lastCall.getOrDefault(filter, 0L)) {
            SimulationFailure.require(
                    !sim.sabotage.checksDisk()
                            || sim.store.onDisk().subscriptions().stream()
                                    .noneMatch(s -> s.topicFilter().equals(filter)),
                    "unsubscribe() is done, but the disk has the subscription to ",
                    filter);
            ended.add(filter);
        }
    }

    void unsubscribeFailed(long token, String filter, MqttException cause) {
        if (cause instanceof MqttException.SubscribeRejected && lastCall.get(filter) == token) {
            unsubscribe(filter);
        }
    }

    // ---- handling

    private void pause(boolean now) {
        if (run.isAlive()) {
            paused = now;
            run.submit(s -> s.pause(now), now ? "has no room" : "has room");
        }
    }

    void handle(ClientRun by, Incoming incoming) {
        if (sim.sabotage.settlesUnhandled()) {
            Remarks remarks = Additions.of(incoming.message());
            by.submit(s -> s.settle(incoming, ReasonCode.SUCCESS, remarks), "settles at once");
            return;
        }
        handle(by, incoming, 0);
    }

    /** A handler that throws gets its message again, some times. */
    private void handle(ClientRun by, Incoming incoming, int failures) {
        Runnable done =
                () -> {
                    if (by.isAlive() && failures < MOST_RETRIES && sim.faults.handlerThrows()) {
                        sim.trace.say("app", "fails with ", incoming.message());
                        sim.agenda.after(
                                100L << failures, () -> handle(by, incoming, failures + 1));
                    } else if (by.isAlive()) {
                        settle(by, incoming);
                    }
                };
        if (sim.faults.strike(sim.faults.hangingHandler)) {
            hanging.add(done);
        } else {
            sim.agenda.after(sim.faults.delay(sim.faults.handlerDelay), done);
        }
    }

    private void settle(ClientRun by, Incoming incoming) {
        boolean rejected = sim.faults.strike(sim.faults.rejection);
        ReasonCode outcome =
                rejected ? sim.chance.pick(ServerChoices.PUBLISH_ERRORS) : ReasonCode.SUCCESS;
        by.submit(
                s -> {
                    by.futures.settle(incoming);
                    sim.incoming.handled(incoming);
                    s.settle(incoming, outcome, Additions.of(incoming.message()));
                },
                "settles ",
                incoming.message(),
                " ",
                outcome.name());
    }
}
