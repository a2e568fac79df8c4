package dev.holdfast.mqtt.samples;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;

/**
 * When to kill a client next: by time before it connects, and by the packets that its server has
 * got from it from then on, so that the kills are spread over all it does on a machine of any
 * speed.
 */
final class KillPlan {
    /** What the client was doing when it was killed. */
    enum Moment {
        /** The Java machine or the program starts, or the store is opened. */
        STARTING,
        /** CONNECT has come; CONNACK has perhaps not left. */
        CONNECTING,
        /** Within the first packets of a connection, many of them sent again. */
        RESUMING,
        /** Messages flow. */
        IN_A_BURST
    }

    private final Random random;
    private final Map<Moment, Integer> counts = new EnumMap<>(Moment.class);

    /** How long a client takes from its start to CONNECT; follows what is seen. */
    private long startNanos = Duration.ofMillis(700).toNanos();

    private Moment moment = Moment.STARTING;
    private long delayNanos;
    private int packets;

    KillPlan(long seed) {
        random = new Random(seed);
    }

    /** Draws the next kill. */
    void draw() {
        int percent = random.nextInt(100);
        moment =
                percent < 20
                        ? Moment.STARTING
                        : percent < 35
                                ? Moment.CONNECTING
                                : percent < 65 ? Moment.RESUMING : Moment.IN_A_BURST;
        // The later half of a start opens the store, so that most of them fall into it.
        delayNanos = (long) (startNanos * (0.3 + 0.8 * random.nextDouble()));
        packets =
                switch (moment) {
                    case STARTING -> Integer.MAX_VALUE;
                    case CONNECTING -> 1;
                    case RESUMING -> 2 + random.nextInt(12);
                    case IN_A_BURST -> 14 + random.nextInt(110);
                };
    }

    /** The client that was started so long ago has connected. */
    void connected(Duration sinceStart) {
        startNanos = (3 * startNanos + sinceStart.toNanos()) / 4;
    }

    /** Whether to kill a client that was started so long ago, connected by now or not. */
    boolean isDue(Duration sinceStart) {
        return moment == Moment.STARTING && sinceStart.toNanos() >= delayNanos;
    }

    /** Whether to kill a client of whose connection so many packets have come. */
    boolean isDue(int packetsOfConnection) {
        return packetsOfConnection >= packets;
    }

    /** Whether the last packet is answered before the kill. */
    boolean answersBefore() {
        return random.nextBoolean();
    }

    /** Whether the server gets what the client sent before it was killed; else it is lost. */
    boolean deliversRest() {
        return random.nextInt(3) > 0;
    }

    /** Notes a kill of a client of whose connection so many packets had come. */
    void killed(int packetsOfConnection) {
        Moment seen =
                packetsOfConnection == 0
                        ? Moment.STARTING
                        : packetsOfConnection == 1
                                ? Moment.CONNECTING
                                : packetsOfConnection < 14 ? Moment.RESUMING : Moment.IN_A_BURST;
        counts.merge(seen, 1, Integer::sum);
    }

    /** How many kills fell on each moment. */
    Map<Moment, Integer> counts() {
        return counts;
    }
}
