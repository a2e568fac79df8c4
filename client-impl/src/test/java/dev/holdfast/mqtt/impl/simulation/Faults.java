package dev.holdfast.mqtt.impl.simulation;

/**
 * What goes wrong in a run, and how often: drawn from the seed, so that some runs have one kind of
 * trouble only and others all at once. Once {@link #end} is called nothing goes wrong any more.
 *
 * <ul>
 *   <li>Network: delay, fragments of any length, cuts that let a random prefix through in either
 *       direction, silence without an end in one direction or both, connections refused or never
 *       answered, a send buffer that is soon full.
 *   <li>Disk: batches and pages that come late or at once, pages shorter than asked for, failure
 *       for good that keeps a part of what was underway.
 *   <li>Server: answers that come late or not in the order of the requests, every Reason Code of
 *       every acknowledgement, CONNACK and DISCONNECT (with Server Reference where it may have
 *       one), limits that change from connection to connection, Session Expiry cut short, sessions
 *       lost in a restart or expired, or kept while the client has another one elsewhere, packets
 *       sent again without need, PUBREC sent again when a session is resumed, text that is none, a
 *       false server that cannot authenticate itself, and what {@link ServerOffences} lists.
 *   <li>Client and application: crash and restart with a random prefix of the unconfirmed batches,
 *       and more of them without the messages that they accepted, Clean Start, disconnect() and
 *       connect() at any time, subscriptions that come and go, handlers that are slow, hang, throw,
 *       refuse or find no key, subscribers that cancel, throw or ask for nothing, executors that
 *       are late or refuse, no room for what the server sends, a mechanism of authentication that
 *       is slow, hangs or fails, re-authentication at any time, a busy loop, a wall clock that
 *       jumps.
 * </ul>
 */
final class Faults {
    private final Chance chance;

    /** What the handlers of the application are, and do. */
    final Chance handling;

    private final int throwingHandler;
    private boolean over;

    // Network: milliseconds, percent, and mean milliseconds between (0 for never).
    final int latency;
    final int fragments;
    final int cutEvery;
    final int silence;
    final int refusal;
    final int sendBuffer;

    // Disk.
    final int storeLatency;
    final int storeAtOnce;
    final int storeFailsEvery;
    final int shortPages;

    // Server.
    final int answerDelay;
    final int answersInAnyOrder;
    final int connackRefusal;
    final int publishRefusal;
    final int impatience;
    final int subscribeRefusal;
    final int limits;
    final int shortExpiry;
    final int sessionLossEvery;
    final int disconnectEvery;
    final int misbehavesEvery;
    final int falseServer;
    final int repeatsPubrec;
    final int storeMerges;

    // Application.
    final int crashEvery;
    final int handlerDelay;
    final int executorLag;
    final int hangingHandler;
    final int rejection;
    final int leaveEvery;
    final int subscribeEvery;
    final int cleanStart;
    final int lag;
    final int clockJumpEvery;
    final int brokenText;
    final int pauseEvery;
    final int authenticationDelay;
    final int authenticationFails;
    final int authenticationHangs;
    final int reauthenticateEvery;

    Faults(Chance chance, Chance handling) {
        this.chance = chance;
        this.handling = handling;
        throwingHandler = handling.pick(0, 0, 20);
        executorLag = handling.pick(0, 0, 10, 300);
        latency = chance.pick(1, 1, 20, 200, 1_500);
        fragments = chance.pick(0, 0, 10, 50);
        cutEvery = sometimes(60, 1_000, 4_000, 15_000);
        silence = chance.pick(0, 0, 20, 60);
        refusal = chance.pick(0, 0, 10, 40);
        sendBuffer = chance.pick(1 << 20, 1 << 20, 200, 40);
        storeLatency = chance.pick(0, 5, 5, 100, 1_000, 4_000);
        storeAtOnce = chance.pick(0, 0, 50, 100);
        storeFailsEvery = sometimes(10, 20_000, 40_000);
        shortPages = chance.pick(0, 50);
        answerDelay = chance.pick(0, 10, 200, 2_000);
        answersInAnyOrder = chance.pick(0, 0, 30);
        connackRefusal = chance.pick(0, 0, 10, 30);
        publishRefusal = chance.pick(0, 0, 10, 30);
        impatience = chance.pick(0, 0, 30, 80);
        subscribeRefusal = chance.pick(0, 0, 0, 20);
        limits = chance.pick(0, 0, 20, 60);
        shortExpiry = chance.pick(0, 0, 0, 20);
        sessionLossEvery = sometimes(40, 8_000, 30_000);
        disconnectEvery = sometimes(25, 5_000, 20_000);
        misbehavesEvery = sometimes(15, 5_000, 20_000);
        crashEvery = sometimes(60, 1_500, 5_000, 20_000);
        handlerDelay = chance.pick(0, 10, 500, 5_000);
        hangingHandler = chance.pick(0, 0, 0, 5);
        rejection = chance.pick(0, 0, 20);
        leaveEvery = sometimes(40, 3_000, 15_000);
        subscribeEvery = sometimes(50, 1_000, 6_000);
        cleanStart = chance.pick(0, 0, 0, 20);
        lag = chance.pick(0, 0, 3, 100);
        clockJumpEvery = sometimes(15, 5_000);
        brokenText = chance.pick(0, 0, 20);
        pauseEvery = sometimes(25, 500, 4_000);
        falseServer = chance.pick(0, 0, 0, 20);
        authenticationDelay = chance.pick(0, 20, 1_000, 8_000);
        authenticationFails = chance.pick(0, 0, 10);
        authenticationHangs = chance.pick(0, 0, 10);
        reauthenticateEvery = sometimes(60, 500, 5_000);
        repeatsPubrec = chance.pick(0, 50, 100);
        storeMerges = chance.pick(0, 50, 100);
    }

    private int sometimes(int percent, int... choices) {
        return chance.percent(percent) ? chance.pick(choices) : 0;
    }

    void end() {
        over = true;
    }

    boolean areOver() {
        return over;
    }

    /** Where there are several occasions, each is one of so many. */
    boolean handlerThrows(int occasions) {
        return !over && handling.percent(throwingHandler) && handling.upTo(occasions - 1) == 0;
    }

    boolean strike(int percent) {
        return !over && chance.percent(percent);
    }

    /** A delay up to this one; short when the trouble is over. */
    int delay(int longest) {
        return over ? chance.upTo(2) : chance.upTo(longest);
    }
}
