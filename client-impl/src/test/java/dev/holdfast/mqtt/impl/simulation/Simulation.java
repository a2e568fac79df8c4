package dev.holdfast.mqtt.impl.simulation;

import static dev.holdfast.mqtt.impl.simulation.SimulationFailure.require;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Redirects;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.ServerOrder;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.SessionLostPolicy.InFlight;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.StoreLimits.WhenFull;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UnknownSession;
import dev.holdfast.mqtt.spi.ClientSettings;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * The client's core, driver and codec in a world of chance: one thread, virtual time, and one seed
 * that decides everything. First all kinds of trouble, then none, and everything must come to its
 * end.
 */
final class Simulation {
    /** What is known of a run that went well. */
    record Result(long fingerprint, int events, int published, int forwarded) {}

    /** How many lines of its trace are shown of a run that fails. */
    private static final int TAIL = 150;

    private static final long EPOCH = 1_700_000_000_000L;
    private static final long PATIENCE = Duration.ofMinutes(3).toMillis();

    final Chance chance;
    final Agenda agenda;
    final Trace trace;
    final Faults faults;
    final Sabotage sabotage;

    /** Whether to look at the disk when something is sent, and not only at what comes of it. */
    final boolean checksDisk;

    /** Whether the server allows Subscription Identifiers on each connection. */
    final boolean alwaysHasSubscriptionIdentifiers;

    final SessionLostPolicy policy;
    final OutgoingOracle outgoing = new OutgoingOracle(this);
    final IncomingOracle incoming = new IncomingOracle(this);
    final SimulatedStore store;
    final SimulatedServer server;
    final SimulatedApplication application;

    /** Of all clients of the run; null if they do without. */
    final SimulatedMechanism mechanism;

    /** Whether it does not matter for a session to which address the client connects. */
    final boolean hostsShareSessions;

    /** Whether each address otherwise keeps its session until the client comes back. */
    final boolean hostsKeepSessions;

    private final List<URI> servers;
    private final long sessionExpiry;

    /** Whether text is checked. */
    final boolean validates;

    private final StoreLimits storeLimits;
    private final long troubleEnds;
    private long clockOffset;
    private long latestWallClock;

    private Simulation(long seed, Sabotage sabotage, boolean keepsWords) {
        this.sabotage = sabotage;
        this.checksDisk = sabotage.checksDisk();
        chance = new Chance(seed);
        agenda = new Agenda(chance);
        trace = new Trace(agenda, keepsWords);
        faults = new Faults(chance, new Chance(~seed));
        alwaysHasSubscriptionIdentifiers = chance.percent(80);
        policy =
                new SessionLostPolicy(
                        chance.pick(List.of(InFlight.values())),
                        chance.pick(List.of(InFlight.values())));
        String scheme = chance.percent(70) ? "mqtt://" : "mqtts://";
        servers =
                SimulatedServer.HOSTS.subList(0, chance.pick(1, 1, 2, 3)).stream()
                        .map(host -> URI.create(scheme + host))
                        .toList();
        hostsShareSessions = chance.percent(70);
        hostsKeepSessions = faults.handling.percent(60) && !hostsShareSessions;
        sessionExpiry = chance.pick(0, 10, 1_000, 1_000, 1_000);
        validates = chance.percent(50);
        storeLimits =
                new StoreLimits(
                        chance.pick(5, 1_000, 1_000),
                        1 << 20,
                        chance.pick(1, 3, 1_000),
                        chance.pick(List.of(WhenFull.values())));
        troubleEnds = chance.pick(5_000, 20_000, 60_000);
        store = new SimulatedStore(this);
        server = new SimulatedServer(this);
        application = new SimulatedApplication(this);
        mechanism = chance.percent(40) ? new SimulatedMechanism(this) : null;
        latestWallClock = EPOCH;
    }

    static Result run(long seed) {
        return run(seed, Sabotage.NONE);
    }

    /**
     * Runs one seed.
     *
     * @throws AssertionError with the seed and what came last before it failed
     */
    static Result run(long seed, Sabotage sabotage) {
        try {
            return new Simulation(seed, sabotage, false).run();
        } catch (RuntimeException | AssertionError e) {
            throw explain(seed, sabotage, e);
        }
    }

    /** Whether a run of a client with this fault fails; why does not matter. */
    static boolean notices(long seed, Sabotage sabotage) {
        try {
            new Simulation(seed, sabotage, false).run();
            return false;
        } catch (RuntimeException | AssertionError expected) {
            return true;
        }
    }

    private static AssertionError explain(long seed, Sabotage sabotage, Throwable failure) {
        Simulation again = new Simulation(seed, sabotage, true);
        String what = String.valueOf(failure.getMessage());
        try {
            again.run();
            what += "\nThe same seed went well when it was run again: chance is not its only cause";
        } catch (RuntimeException | AssertionError same) {
            if (!what.equals(same.getMessage())) {
                what += "\nThe same seed failed otherwise when it was run again: " + same;
            }
        }
        return new AssertionError(
                "Seed " + seed + ": " + what + "\nWhat came last:\n" + again.trace.tail(TAIL),
                failure);
    }

    /** All that happens in a run, and how it ends. */
    static String replay(long seed) {
        Simulation sim = new Simulation(seed, Sabotage.NONE, true);
        String end;
        try {
            end = "went well: " + sim.run();
        } catch (RuntimeException | AssertionError e) {
            end = "failed: " + e.getMessage();
        }
        return sim.trace.text() + "\nSeed " + seed + " " + end;
    }

    private Result run() {
        application.begin();
        if (faults.clockJumpEvery > 0) {
            agenda.after(faults.clockJumpEvery, this::clockJumps);
        }
        agenda.runUntil(troubleEnds);
        trace.say("simulation", "the trouble is over");
        faults.end();
        application.endFaults();
        String open = whatIsOpen();
        while (open != null) {
            require(agenda.now() < troubleEnds + PATIENCE, "It comes to no end: ", open);
            agenda.runUntil(agenda.now() + 500);
            open = whatIsOpen();
        }
        outgoing.requireNothingLost();
        return new Result(trace.fingerprint(), trace.length(), outgoing.count(), incoming.count());
    }

    private String whatIsOpen() {
        ClientRun run = application.run();
        if (!run.isAlive() || !run.futures.isConnected()) {
            return "the client is not connected";
        }
        String open = run.futures.open();
        open = open != null ? open : outgoing.open(run);
        open = open != null ? open : incoming.open();
        run.handOvers.rethrow();
        open = open != null ? open : run.handOvers.open();
        if (open != null) {
            return open;
        }
        if (!server.isDrained()) {
            return "the server still has something to do";
        }
        if (!store.isIdle()) {
            return "the store still has something to do";
        }
        // Identifiers of an earlier session may be held for as long as this one does not use them.
        boolean mistakable = server.session().mistakable;
        if (!store.onDisk().inFlight().isEmpty()
                || store.onDisk().queuedMessages() > 0
                || !store.onDisk().inbox().isEmpty()
                || !store.onDisk().receivedIdentifiers().isEmpty() && !mistakable) {
            return "the disk is not empty: " + store.onDisk();
        }
        if (!run.isDrained() && !mistakable) {
            return "the client still has something to do";
        }
        return subscriptionsDiffer();
    }

    private String subscriptionsDiffer() {
        for (String filter : SimulatedServer.FILTERS) {
            // What was left behind at this address is of no use, and perhaps not known.
            boolean old = server.session().oldSubscriptions.contains(filter);
            boolean there = server.session().subscriptions.containsKey(filter) && !old;
            if (there != application.subscriptions.isWanted(filter)
                    && !application.subscriptions.isUndefined(filter)) {
                return "the subscription '" + filter + "' is " + (there ? "" : "not ") + "there";
            }
        }
        return null;
    }

    /** Whether a message may be dropped for a younger one, and a crash hide that. */
    boolean dropsOldest() {
        return storeLimits.whenFull() == WhenFull.DROP_OLDEST
                && storeLimits.outgoingMessages() < SimulatedApplication.MOST_MESSAGES;
    }

    // ---- time

    long wallClock() {
        long time = EPOCH + agenda.now() + clockOffset;
        latestWallClock = Math.max(latestWallClock, time);
        return time;
    }

    long latestWallClock() {
        wallClock();
        return latestWallClock;
    }

    private void clockJumps() {
        if (!faults.areOver()) {
            clockOffset += chance.pick(-100_000, -2_000, 2_000, 30_000);
            trace.say("clock", "jumps");
            agenda.after(chance.between(1, 2 * faults.clockJumpEvery), this::clockJumps);
        }
    }

    // ---- settings

    ClientSettings settings(ClientRun run, boolean cleanStart, Collection<Subscription> declared) {
        MqttClientBuilder builder =
                MqttClient.newBuilder(
                                servers.get(0),
                                servers.subList(1, servers.size()).toArray(new URI[0]))
                        .serverOrder(chance.pick(List.of(ServerOrder.values())))
                        .clientIdentifier("client")
                        .cleanStart(cleanStart)
                        .sessionExpiry(Duration.ofSeconds(sessionExpiry))
                        .keepAlive(Duration.ofSeconds(chance.pick(0, 5, 60)))
                        .receiveMaximum(chance.pick(1, 2, 5, 1_000))
                        .maximumPacketSize(1 << 20)
                        .topicAliasMaximum(chance.pick(0, 1, 2, 16))
                        .connectTimeout(Duration.ofSeconds(5))
                        .storeLimits(storeLimits)
                        .resubscribe(
                                sabotage.resubscribe(
                                        chance.pick(
                                                List.of(
                                                        Resubscribe.WHEN_ABSENT,
                                                        Resubscribe.ALWAYS))))
                        .onSessionLost(policy)
                        .validatePayloadFormat(sabotage.validatesPayloads(validates))
                        .reconnect(
                                ReconnectPolicy.exponential(
                                        Duration.ofMillis(100), Duration.ofSeconds(5)));
        // With one server and no redirections it rightly believes that it was nowhere else.
        boolean mustFollow = hostsKeepSessions && servers.size() == 1;
        if (chance.percent(70) || mustFollow) {
            builder.redirects(Redirects.to("*.sim").atMost(chance.pick(1, 1, 1, 2)));
        }
        if (hostsKeepSessions) {
            // By default it would not connect there for as long as that session is kept.
            builder.onUnknownSession(
                    chance.pick(List.of(UnknownSession.START_CLEAN, UnknownSession.ACCEPT)));
        }
        if (mechanism != null) {
            builder.authentication(mechanism);
        }
        if (chance.percent(50)) {
            builder.acknowledgementProperty("by", "b".repeat(chance.pick(1, 80, 90)));
        }
        MessageHandler shared = SimulatedHandler.any(this, run);
        declared.forEach(
                s ->
                        builder.subscription(
                                s, chance.percent(20) ? shared : SimulatedHandler.any(this, run)));
        return builder.settings();
    }
}
