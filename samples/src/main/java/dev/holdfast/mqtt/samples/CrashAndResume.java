package dev.holdfast.mqtt.samples;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A publisher and a subscriber, processes of their own with a store each, are killed with SIGKILL
 * while messages flow between them, and started again. In the end all that was stored has arrived,
 * and at QoS 2 once.
 */
final class CrashAndResume {
    /**
     * How far the publisher may be ahead of the subscriber, in numbers, each of which is published
     * at QoS 0, 1 and 2. What waits for a killed subscriber stays below 1,000 messages, because
     * that is where Mosquitto, as it comes, begins to drop.
     */
    private static final int LEAD = 300;

    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration STALL_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration TICK = Duration.ofMillis(10);
    private static final Duration LAST_LOOK = Duration.ofSeconds(1);

    private final int messages;
    private final Path folder;
    private final Ledger ledger = new Ledger();
    private final Journal.Reader published;
    private final Journal.Reader received;
    private final Progress progress;
    private final Victim publisher;
    private final Victim subscriber;
    private int granted;

    /** Runs the recipe. */
    static int run(Options options) {
        int messages = (int) options.number("messages", 2_000, 1, 1_000_000);
        int kills = (int) options.number("kills", 5, 0, 1_000);
        int payload = (int) options.number("payload", 64, 0, 1_000_000);
        long seed = options.number("seed", new Random().nextInt(1_000_000), 0, Long.MAX_VALUE);
        try (Server server = Server.of(options)) {
            System.out.printf(
                    "%,d messages at each QoS over %s%n"
                            + "Kills: %d of the publisher, %d of the subscriber, --seed %d%n"
                            + "Counts while it runs are those of QoS 1 and 2.%n%n",
                    messages, server.uri(), kills, kills, seed);
            Random random = new Random(seed);
            CrashAndResume recipe = new CrashAndResume(server, messages, kills, payload, random);
            server.keepFolder(true);
            boolean allIsWell = recipe.run();
            server.keepFolder(!allIsWell);
            return allIsWell ? 0 : 1;
        }
    }

    private CrashAndResume(Server server, int messages, int kills, int payload, Random random) {
        this.messages = messages;
        this.folder = server.folder();
        this.published = new Journal.Reader(folder.resolve("publisher.journal"));
        this.received = new Journal.Reader(folder.resolve("subscriber.journal"));
        this.progress = new Progress(ledger, 2 * kills);
        String run = Long.toHexString(System.nanoTime() & 0xfffffffL);
        this.publisher =
                new Victim(
                        "publisher",
                        CrashPublisher.class,
                        Kill.plan(kills, messages, random),
                        server.uri().toString(),
                        folder.toString(),
                        run,
                        Integer.toString(messages),
                        Integer.toString(payload));
        this.subscriber =
                new Victim(
                        "subscriber",
                        CrashSubscriber.class,
                        Kill.plan(kills, messages, random),
                        server.uri().toString(),
                        folder.toString(),
                        run);
    }

    private boolean run() {
        try {
            subscriber.start();
            subscriber.awaitUp();
            publisher.start();
            boolean arrived = letMessagesFlow();
            lookOnceMore();
            return verdict(arrived);
        } finally {
            publisher.close();
            subscriber.close();
        }
    }

    /** Until all has arrived, or nothing moves any more. */
    private boolean letMessagesFlow() {
        while (!publisher.isDone
                || publisher.isDoomed()
                || subscriber.isDoomed()
                || !ledger.isComplete()) {
            if (publisher.killIfDue(ledger.lastPublished(1))) {
                granted = 0;
            }
            subscriber.killIfDue(publisher.isDone ? messages : ledger.lastReceived(2));
            grant();
            publisher.listen(TICK);
            subscriber.listen(Duration.ZERO);
            readJournals();
            progress.show();
            if (progress.sinceLastChange().compareTo(STALL_TIMEOUT) > 0) {
                progress.event("nothing has moved for " + STALL_TIMEOUT.toSeconds() + " s");
                return false;
            }
        }
        return true;
    }

    /** The publisher stays near the subscriber, and does not run past a kill that is due. */
    private void grant() {
        int arrived = Math.min(ledger.lastReceived(1), ledger.lastReceived(2));
        int limit = Math.min(messages, arrived + LEAD);
        limit = Math.min(limit, publisher.nextKill() + LEAD / 4);
        limit = Math.min(limit, subscriber.nextKill() + LEAD / 2);
        if (limit > granted) {
            granted = limit;
            publisher.requireProcess().send("grant " + granted);
        }
    }

    /** Ends the publisher, and starts the subscriber again: whatever was left would come now. */
    private void lookOnceMore() {
        publisher.end();
        subscriber.requireProcess().stop();
        subscriber.start();
        subscriber.awaitUp();
        Await.passing(LAST_LOOK);
        subscriber.end();
        readJournals();
    }

    private void readJournals() {
        published.read(ledger::add);
        received.read(ledger::add);
    }

    private boolean verdict(boolean arrived) {
        progress.end();
        printTable();
        System.out.println();
        printRemarks();
        ledger.failures().forEach(failure -> System.out.println("WRONG: " + failure));
        int lost = ledger.lost(1) + ledger.lost(2);
        long duplicated = ledger.duplicated(2);
        boolean allIsWell = arrived && lost == 0 && duplicated == 0 && ledger.failures().isEmpty();
        if (!allIsWell) {
            System.out.println("Journals, stores and logs are in " + folder);
        }
        String result = "RESULT lost=%d duplicated-qos2=%d".formatted(lost, duplicated);
        System.out.println(allIsWell ? result : result + " FAILED");
        return allIsWell;
    }

    private void printTable() {
        Table table =
                new Table(
                        "",
                        "published",
                        "stored",
                        "acknowledged",
                        "received",
                        "lost",
                        "duplicated");
        List<String> remarks = List.of("QoS 0 may lose", "QoS 1 may duplicate", "");
        for (int qos = 0; qos <= 2; qos++) {
            table.row(
                    "QoS " + qos,
                    ledger.published(qos),
                    qos == 0 ? "-" : ledger.stored(qos),
                    qos == 0 ? "-" : ledger.acknowledged(qos),
                    ledger.received(qos),
                    ledger.lost(qos),
                    ledger.duplicated(qos),
                    "  " + remarks.get(qos));
        }
        table.print();
    }

    private void printRemarks() {
        System.out.printf(
                "Kills: %d of the publisher, %d of the subscriber.%n",
                publisher.kills, subscriber.kills);
        int unsure = ledger.unsure(1) + ledger.unsure(2);
        if (unsure > 0) {
            System.out.printf(
                    "%,d publications were cut off before stored() completed, so nothing was promised:"
                            + " %,d arrived.%n",
                    unsure, ledger.unsureAndReceived(1) + ledger.unsureAndReceived(2));
        }
        if (ledger.handedOverAgain() > 0) {
            System.out.printf(
                    "%,d QoS 2 messages were handed over again after a kill, with their own delivery"
                            + " id: not duplicates.%n",
                    ledger.handedOverAgain());
        }
    }

    /**
     * When to kill.
     *
     * @param atNumber not before this number is reached
     * @param delay how long after that; or, during a restart, after the start
     * @param duringRestart whether to strike the process that was started after the last kill, at
     *     whatever it is doing then
     */
    private record Kill(int atNumber, Duration delay, boolean duringRestart) {
        static Deque<Kill> plan(int kills, int messages, Random random) {
            int[] numbers = new int[kills];
            Arrays.setAll(numbers, i -> 1 + (int) (messages * (0.02 + 0.93 * random.nextDouble())));
            Arrays.sort(numbers);
            Deque<Kill> plan = new ArrayDeque<>();
            for (int number : numbers) {
                boolean duringRestart = !plan.isEmpty() && random.nextInt(4) == 0;
                int delay = random.nextInt(duringRestart ? 1_000 : 20);
                plan.add(new Kill(number, Duration.ofMillis(delay), duringRestart));
            }
            return plan;
        }
    }

    /** A process that is killed as planned, and started again. */
    private final class Victim {
        private final String name;
        private final Class<?> program;
        private final String[] args;
        private final Deque<Kill> plan;
        private @Nullable ChildProcess process;
        private long started;
        private long reached;
        private boolean isUp;
        private boolean isDone;
        private int kills;

        Victim(String name, Class<?> program, Deque<Kill> plan, String... args) {
            this.name = name;
            this.program = program;
            this.plan = plan;
            this.args = args;
        }

        ChildProcess requireProcess() {
            if (process == null) {
                throw new IllegalStateException("the " + name + " has not been started");
            }
            return process;
        }

        void start() {
            process = ChildProcess.start(name, program, folder.resolve(name + ".log"), args);
            started = System.nanoTime();
            reached = 0;
            isUp = false;
            isDone = false;
        }

        boolean isDoomed() {
            return !plan.isEmpty();
        }

        /** The number at which it is killed next. */
        int nextKill() {
            Kill kill = plan.peek();
            return kill == null ? Integer.MAX_VALUE / 2 : kill.atNumber;
        }

        /** Whether it was killed now, and started again. */
        boolean killIfDue(int number) {
            Kill kill = plan.peek();
            if (kill == null) {
                return false;
            }
            if (reached == 0 && kill.duringRestart && kills > 0) {
                reached = started;
            } else if (reached == 0 && isUp && number >= kill.atNumber) {
                reached = System.nanoTime();
            }
            if (reached == 0 || System.nanoTime() - reached < kill.delay.toNanos()) {
                return false;
            }
            requireProcess().kill();
            plan.remove();
            kills++;
            progress.event("kill -9 %s%s".formatted(name, isUp ? "" : " while it was restarting"));
            start();
            return true;
        }

        void awaitUp() {
            up("UP " + requireProcess().awaitLine("UP ", START_TIMEOUT));
        }

        private void up(String line) {
            isUp = true;
            progress.event(name + " is connected, " + describe(line.split(" ")));
        }

        /** Takes in what the process has said. */
        void listen(Duration timeout) {
            String line = requireProcess().pollLine(timeout);
            if (line == null) {
                if (!requireProcess().isAlive()) {
                    throw new SampleFailure(
                            "The " + name + " ended by itself. " + requireProcess().lastWords());
                }
            } else if (line.startsWith("UP ")) {
                up(line);
            } else if (line.equals("DONE")) {
                isDone = true;
            } else {
                throw new SampleFailure("The " + name + " says: " + line);
            }
        }

        private String describe(String[] words) {
            String session = "Session Present " + (words[1].equals("true") ? 1 : 0);
            return words.length < 3 ? session : session + ", " + words[2] + " messages pending";
        }

        void end() {
            requireProcess().send("end");
            int status = requireProcess().stop();
            if (status != 0) {
                throw new SampleFailure(
                        "The "
                                + name
                                + " ended with "
                                + status
                                + ". "
                                + requireProcess().lastWords());
            }
        }

        void close() {
            if (process != null) {
                process.close();
            }
        }
    }
}
