package dev.holdfast.mqtt.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.samples.brokers.Broker;
import dev.holdfast.mqtt.samples.brokers.Mosquitto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills publishers and subscribers with SIGKILL: with a scripted server, which judges every packet,
 * and with Mosquitto. {@code -Dkills=5000} makes a soak of it, {@code -Dkills.seed} draws other
 * moments, or the same again; CONTRIBUTING.md says how.
 */
@Timeout(value = 7, unit = TimeUnit.DAYS) // every wait has a bound of its own
class KillsIT {
    private static final int KILLS = Integer.getInteger("kills", 56);
    private static final long SEED = Long.getLong("kills.seed", 1);

    /** So many of each side; a new pair of clients begins with new stores and sessions. */
    private static final int KILLS_OF_A_ROUND = 20;

    /** Messages at each QoS that a publisher may send from one kill to the next. */
    private static final int NUMBERS_FOR_A_KILL = 60;

    private final Map<KillPlan.Moment, Integer> moments = new EnumMap<>(KillPlan.Moment.class);
    private final long start = System.nanoTime();
    private int killed;

    @TempDir Path folder;

    @Test
    void losesAndDoublesNothingWithAServerThatSeesEveryPacket() throws IOException {
        int all = KILLS * 5 / 7;
        System.out.printf("%,d kills with a scripted server, -Dkills.seed=%d%n", all, SEED);
        for (int round = 0; killed < all; round++) {
            long seed = SEED + 2L * round;
            int kills = Math.min(KILLS_OF_A_ROUND, (all - killed + 1) / 2);
            Path files = Files.createDirectories(folder.resolve("round-" + round));
            KillPlan publisherPlan = new KillPlan(seed);
            KillPlan subscriberPlan = new KillPlan(seed + 1);
            CompletableFuture<Ledger> published =
                    CompletableFuture.supplyAsync(() -> publish(files, publisherPlan, kills));
            CompletableFuture<Ledger> received =
                    CompletableFuture.supplyAsync(() -> receive(files, subscriberPlan, kills));
            try {
                killed += 2 * kills;
                report(round, all, published.join(), received.join());
            } catch (CompletionException e) {
                throw new AssertionError(
                        "Round %d of -Dkills.seed=%d: %s"
                                .formatted(round, SEED, e.getCause().getMessage()),
                        e.getCause());
            }
            publisherPlan.counts().forEach((moment, n) -> moments.merge(moment, n, Integer::sum));
            subscriberPlan.counts().forEach((moment, n) -> moments.merge(moment, n, Integer::sum));
            Server.delete(files);
        }
        System.out.println("Killed while " + moments);
    }

    private void report(int round, int all, Ledger published, Ledger received) {
        double seconds = (System.nanoTime() - start) / 1e9;
        int lost = 0;
        long duplicated = 0;
        for (Ledger ledger : List.of(published, received)) {
            lost += ledger.lost(1) + ledger.lost(2);
            duplicated += ledger.duplicated(2);
            assertEquals(List.of(), ledger.failures());
        }
        System.out.printf(
                "%7.1f s  round %d: kills %,d of %,d (%.1f/s)  published %,d  received %,d"
                        + "  lost %d  duplicated %d%n",
                seconds,
                round,
                killed,
                all,
                killed / seconds,
                published.published(1) + published.published(2),
                received.received(1) + received.received(2),
                lost,
                duplicated);
        assertEquals(0, lost, "lost");
        assertEquals(0, duplicated, "duplicated at QoS 2");
    }

    private static Ledger publish(Path folder, KillPlan plan, int kills) {
        Ledger ledger = new Ledger();
        PublisherWitness witness = new PublisherWitness(ledger);
        int numbers = (kills + 1) * NUMBERS_FOR_A_KILL;
        try (KilledClient publisher =
                new KilledClient(
                        "publisher",
                        CrashPublisher.class,
                        folder,
                        witness,
                        plan,
                        fact -> note(fact, ledger, witness),
                        Integer.toString(numbers),
                        "64")) {
            for (int kill = 1; kill <= kills; kill++) {
                Grants grants = new Grants(publisher, witness, kill * NUMBERS_FOR_A_KILL);
                publisher.runUntilKilled(grants);
            }
            publisher.runToTheEnd(new Grants(publisher, witness, numbers), publisher::isDone);
        }
        return ledger;
    }

    /** What a publisher told its application must rest on what the server has said. */
    private static void note(String fact, Ledger ledger, PublisherWitness witness) {
        ledger.add(fact);
        String[] words = fact.split(" ");
        if (words[0].equals("acknowledged")) {
            witness.requireAnswered(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
        }
    }

    /** Lets a publisher go some way ahead of what has come from it. */
    private static final class Grants implements Runnable {
        private static final int LEAD = 40;

        private final KilledClient publisher;
        private final PublisherWitness witness;
        private final int limit;
        private int granted;

        Grants(KilledClient publisher, PublisherWitness witness, int limit) {
            this.publisher = publisher;
            this.witness = witness;
            this.limit = limit;
        }

        @Override
        public void run() {
            int next = Math.min(limit, witness.lastNumber() + LEAD);
            if (next > granted) {
                granted = next;
                publisher.send("grant " + next);
            }
        }
    }

    private static Ledger receive(Path folder, KillPlan plan, int kills) {
        Ledger ledger = new Ledger();
        SubscriberWitness witness = new SubscriberWitness(ledger, "holdfast/run");
        try (KilledClient subscriber =
                new KilledClient(
                        "subscriber", CrashSubscriber.class, folder, witness, plan, ledger::add)) {
            for (int kill = 1; kill <= kills; kill++) {
                subscriber.runUntilKilled(() -> {});
                assertEquals(
                        0, ledger.lost(1), "acknowledged at QoS 1 before the handler was done");
            }
            witness.fallSilent();
            subscriber.runToTheEnd(() -> {}, () -> witness.isDone() && ledger.isComplete());
        }
        return ledger;
    }

    @Test
    void losesAndDoublesNothingWithMosquitto() {
        int all = KILLS - KILLS * 5 / 7;
        try (Broker mosquitto = Mosquitto.start(folder)) {
            int kills;
            for (int done = 0, round = 0; done < all; done += 2 * kills, round++) {
                kills = Math.min(KILLS_OF_A_ROUND, (all - done + 1) / 2);
                System.out.printf("%,d of %,d kills, -Dkills.seed=%d%n", done, all, SEED);
                assertEquals(0, crashAndResume(mosquitto, kills, SEED + round));
            }
        }
    }

    /** The recipe: publisher and subscriber at once, with a broker between them. */
    private static int crashAndResume(Broker broker, int kills, long seed) {
        return CrashAndResume.run(
                Options.parse(
                        List.of(
                                "--server=" + broker.uri(),
                                "--kills=" + kills,
                                "--messages=" + kills * NUMBERS_FOR_A_KILL,
                                "--seed=" + seed),
                        List.of("server", "kills", "messages", "seed")));
    }
}
