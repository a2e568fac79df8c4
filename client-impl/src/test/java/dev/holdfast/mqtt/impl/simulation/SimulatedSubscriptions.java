package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.session.SubscribeCall;
import dev.holdfast.mqtt.store.SessionState.Presence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The part of the application that subscribes, and what it may rely on. */
final class SimulatedSubscriptions {
    private final Simulation sim;
    private ClientRun run;

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

    SimulatedSubscriptions(Simulation sim) {
        this.sim = sim;
        for (String filter : SimulatedServer.FILTERS) {
            if (sim.chance.percent(70)) {
                wanted.put(filter, subscription(filter));
            }
        }
    }

    boolean isWanted(String filter) {
        return wanted.containsKey(filter);
    }

    boolean isUndefined(String filter) {
        return undefined.contains(filter);
    }

    // ---- lives

    /** What the next run of the client knows from its start. */
    Map<String, Subscription> declared() {
        Map<String, Subscription> declared = new LinkedHashMap<>(wanted);
        declared.values().removeIf(s -> sim.chance.percent(40));
        return declared;
    }

    /** Asks a new run of the client for all that it does not know. */
    void use(ClientRun next, Map<String, Subscription> declared) {
        run = next;
        requireRemembered();
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

    // ---- subscribing

    private Subscription subscription(String filter) {
        return Subscription.to(filter).atMost(sim.chance.pick(SimulatedPublisher.QOS));
    }

    void change() {
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
        MessageHandler handler = SimulatedHandler.any(sim, run);
        for (Subscription s : subscriptions) {
            long token = sim.application.nextToken();
            calls.add(new SubscribeCall(token, s));
            handlers.put(token, handler);
            lastCall.put(s.topicFilter(), token);
            confirmed.remove(s.topicFilter());
            ended.remove(s.topicFilter());
            undefined.remove(s.topicFilter());
        }
        List<String> filters = subscriptions.stream().map(Subscription::topicFilter).toList();
        run.handlers.register(filters, handler);
        run.submit(
                session -> {
                    for (SubscribeCall call : calls) {
                        run.futures.subscribe(call.token(), call.subscription().topicFilter());
                    }
                    session.subscribe(calls, List.of());
                },
                "subscribe ",
                calls.toString());
        run.handlers.begin(filters);
    }

    private void unsubscribe(String filter) {
        long token = sim.application.nextToken();
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

    /** A handler wants no more messages. */
    void cancelled(String filter) {
        if (wanted.remove(filter) != null) {
            unsubscribe(filter);
        }
    }

    /**
     * Messages have come that nobody takes, and others wait behind them: a subscription of an
     * earlier run, or one that the server would not change. It gets a handler, or is ended.
     */
    void unclaimed(String topic) {
        for (String filter : SimulatedServer.matching(topic)) {
            if (!wanted.containsKey(filter) && sim.chance.percent(50)) {
                Subscription s = subscription(filter);
                wanted.put(filter, s);
                subscribe(s);
            } else if (!wanted.containsKey(filter)) {
                unsubscribe(filter);
            }
        }
    }

    /** What was refused may be there all the same, with messages that wait for a handler. */
    void askAgain() {
        for (String filter : SimulatedServer.FILTERS) {
            if (undefined.contains(filter)) {
                Subscription s = subscription(filter);
                wanted.put(filter, s);
                subscribe(s);
            }
        }
    }

    /** The next connection may bring a new session. */
    void disconnected() {
        confirmed.clear();
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
            run.handlers.refuse(filter, handler, cause);
        }
        if (cause instanceof MqttException.SubscribeRejected && lastCall.get(filter) == token) {
            wanted.remove(filter);
            undefined.add(filter);
        }
    }

    void unsubscribed(long token, String filter) {
        run.end(filter, handlers.remove(token));
        if (token == lastCall.getOrDefault(filter, 0L)) {
            SimulationFailure.require(
                    !sim.sabotage.checksDisk()
                            || sim.store.onDisk().subscriptions().stream()
                                    .noneMatch(s -> s.topicFilter().equals(filter)),
                    "unsubscribe() is done, but the disk has the subscription to ",
                    filter);
            requireGone(filter);
            ended.add(filter);
        }
    }

    /** A request that overtook another would leave the server with what nobody wants. */
    private void requireGone(String filter) {
        // Without a connection it may rest on the end of the session.
        boolean known = run.isOnline() && sim.faults.answersInAnyOrder == 0;
        ServerSession session = sim.server.session();
        SimulationFailure.require(
                !known || session == null || !session.subscriptions.containsKey(filter),
                "unsubscribe() is done, but the server has the subscription to ",
                filter);
    }

    void unsubscribeFailed(long token, String filter, MqttException cause) {
        if (cause instanceof MqttException.SubscribeRejected && lastCall.get(filter) == token) {
            unsubscribe(filter);
        }
    }
}
