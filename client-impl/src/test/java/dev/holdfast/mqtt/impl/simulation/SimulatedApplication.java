package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UnknownSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An application that uses one client at a time, and starts it again when it has crashed. */
final class SimulatedApplication {
    static final int MOST_MESSAGES = 40;

    private final Simulation sim;
    private final int publishGap;
    private final SimulatedPublisher publisher;
    final SimulatedSubscriptions subscriptions;
    private ClientRun run;
    private int runs;
    private long nextToken = 1;

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
        publisher = new SimulatedPublisher(sim);
        subscriptions = new SimulatedSubscriptions(sim);
    }

    ClientRun run() {
        return run;
    }

    boolean mayStartClean() {
        return mayStartClean;
    }

    /** A number for a call, used once. */
    long nextToken() {
        return nextToken++;
    }

    // ---- lives

    void begin() {
        start();
        repeatedly(publishGap, publisher::publish);
        repeatedly(publishGap, sim.server::publish);
        repeatedly(sim.faults.subscribeEvery, subscriptions::change);
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
        Map<String, Subscription> declared = subscriptions.declared();
        boolean clean = sim.faults.strike(sim.faults.cleanStart);
        mayStartClean |= clean;
        paused = false;
        run = new ClientRun(sim, ++runs, clean, declared.values());
        sim.trace.say("client", "starts as ", run, " with ", run.recovered);
        publisher.use(run);
        subscriptions.use(run, declared);
        connect();
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
        if (run.isAlive()) {
            subscriptions.askAgain();
        }
        sim.agenda.after(1_000, this::keepConnected);
    }

    // ---- connecting

    private void connect() {
        staysConnected = true;
        long token = nextToken();
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
        long token = nextToken();
        run.submit(
                s -> {
                    run.futures.reauthenticate(token);
                    s.reauthenticate(token);
                },
                "reauthenticate ",
                token);
    }

    /** The client does not want the session that a server still has, as the standard demands. */
    void refusesSession() {
        mayStartClean |= run.settings.unknownSession() == UnknownSession.START_CLEAN;
    }

    void connected() {
        mayStartClean = run.settings.cleanStart();
    }

    private void pause(boolean now) {
        if (run.isAlive()) {
            paused = now;
            run.submit(s -> s.pause(now), now ? "has no room" : "has room");
        }
    }

    // ---- handling

    /** What a handler will do when all faults are over. */
    void hang(Runnable untilThen) {
        hanging.add(untilThen);
    }

    /** Nobody takes a message; somebody sees that in the log, and does something about it. */
    void unclaimed(ClientRun by, String topic) {
        sim.agenda.after(
                sim.faults.delay(2_000),
                () -> {
                    if (by == run && run.isAlive()) {
                        subscriptions.unclaimed(topic);
                    }
                });
    }
}
