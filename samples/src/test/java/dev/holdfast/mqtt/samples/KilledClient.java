package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pingreq;
import dev.holdfast.mqtt.impl.packet.Pingresp;
import dev.holdfast.mqtt.impl.scripted.ScriptedConnection;
import dev.holdfast.mqtt.impl.scripted.ScriptedServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client in a process of its own, its scripted server, and SIGKILL at the moments of a {@link
 * KillPlan}. The server lives in this process and outlives the client, so that it sees every packet
 * and knows what it has answered.
 */
final class KilledClient implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(5);
    private static final Duration START_TIMEOUT = Duration.ofMinutes(3);
    private static final Duration STALL_TIMEOUT = Duration.ofMinutes(1);

    private final String name;
    private final Class<?> program;
    private final List<String> args;
    private final Path folder;
    private final Witness witness;
    private final KillPlan plan;
    private final ScriptedServer server = ScriptedServer.start();
    private final Journal.Reader journal;
    private final Consumer<String> facts;

    private @Nullable ChildProcess child;
    private @Nullable ScriptedConnection connection;
    private long started;
    private long lastMove;
    private int packets;
    private int run;
    private boolean sessionExists;
    private boolean done;

    /**
     * A client that is not running yet.
     *
     * @param name names its journal and its log
     * @param facts takes the new lines of its journal
     * @param more arguments behind server, folder and name of the run
     */
    KilledClient(
            String name,
            Class<?> program,
            Path folder,
            Witness witness,
            KillPlan plan,
            Consumer<String> facts,
            String... more) {
        this.name = name;
        this.program = program;
        this.folder = folder;
        this.witness = witness;
        this.plan = plan;
        this.facts = facts;
        this.journal = new Journal.Reader(folder.resolve(name + ".journal"));
        args = new ArrayList<>(List.of(server.uri().toString(), folder.toString(), "run"));
        args.addAll(List.of(more));
    }

    /** Starts the client, and returns when it was killed. */
    void runUntilKilled(Runnable tick) {
        plan.draw();
        start();
        while (!isKilledByTime() && !isKilledByPacket()) {
            tick(tick);
        }
        plan.killed(packets);
        endConnection();
        journal.read(facts);
    }

    /** Starts the client, lets it work until all is done, and ends its session. */
    void runToTheEnd(Runnable tick, BooleanSupplier isDone) {
        start();
        while (!isDone.getAsBoolean()) {
            Packet packet = next();
            if (packet != null) {
                send(answers(packet));
            }
            tick(tick);
        }
        send("end");
        while (connection != null || child().isAlive()) {
            Packet packet = next();
            if (packet != null) {
                send(answers(packet));
            }
        }
        int status = child().stop();
        if (status != 0) {
            throw failure("ended with " + status, null);
        }
        journal.read(facts);
    }

    /** Whether the program has said that it is done. */
    boolean isDone() {
        return done;
    }

    /** Sends a command to the program. */
    void send(String line) {
        child().send(line);
    }

    private ChildProcess child() {
        if (child == null) {
            throw new IllegalStateException("the " + name + " has not been started");
        }
        return child;
    }

    private void start() {
        run++;
        packets = 0;
        done = false;
        started = System.nanoTime();
        lastMove = started;
        child =
                ChildProcess.start(
                        name, program, folder.resolve(name + ".log"), args.toArray(String[]::new));
    }

    private Duration sinceStart() {
        return Duration.ofNanos(System.nanoTime() - started);
    }

    private boolean isKilledByTime() {
        if (!plan.isDue(sinceStart())) {
            return false;
        }
        child().kill();
        return true;
    }

    private boolean isKilledByPacket() {
        Packet packet = next();
        boolean idle =
                packets > 0 && System.nanoTime() - lastMove > Duration.ofSeconds(2).toNanos();
        if (packet == null) {
            if (idle) {
                child().kill(); // it has nothing left to do before that kill
            }
            return idle;
        }
        List<Packet> answers = answers(packet);
        boolean due = plan.isDue(packets);
        if (!due || plan.answersBefore()) {
            send(answers);
        }
        if (due) {
            child().kill();
        }
        return due;
    }

    /** The next packet, of a new connection if there is one; null if none came within a tick. */
    private @Nullable Packet next() {
        if (connection == null) {
            connection = server.accept(TICK);
        }
        if (connection == null) {
            if (packets == 0 && sinceStart().compareTo(START_TIMEOUT) > 0) {
                throw failure("did not connect within " + START_TIMEOUT + threads(), null);
            }
            return null;
        }
        Packet packet = connection.nextIfAny(TICK);
        if (packet != null) {
            packets++;
            lastMove = System.nanoTime();
        } else if (connection.hasEnded()) {
            connection.cut();
            connection = null;
        }
        if (System.nanoTime() - lastMove > STALL_TIMEOUT.toNanos()) {
            throw failure("and its server have nothing to say" + threads(), null);
        }
        return packet;
    }

    /** What the server says to a packet. A broken rule is reported with its circumstances. */
    private List<Packet> answers(Packet packet) {
        try {
            if (packet instanceof Connect connect) {
                return connack(connect);
            } else if (packet instanceof Pingreq) {
                return List.of(new Pingresp());
            } else if (packet instanceof Disconnect) {
                return List.of();
            }
            return witness.received(packet);
        } catch (AssertionError e) {
            throw failure("broke a rule with " + packet + ": " + e.getMessage(), e);
        }
    }

    private List<Packet> connack(Connect connect) {
        plan.connected(sinceStart());
        boolean resumed = sessionExists && !connect.cleanStart();
        sessionExists = true;
        List<Packet> answers = new ArrayList<>();
        answers.add(
                new Connack(
                        resumed,
                        ReasonCode.SUCCESS,
                        Connack.ABSENT,
                        witness.receiveMaximum(),
                        QoS.EXACTLY_ONCE,
                        true,
                        Connack.NO_PACKET_LIMIT,
                        null,
                        0,
                        null,
                        List.of(),
                        true,
                        true,
                        true,
                        Connack.ABSENT,
                        null,
                        null,
                        null,
                        null));
        answers.addAll(witness.connected(run, resumed));
        return answers;
    }

    private void send(List<Packet> answers) {
        if (connection != null && !answers.isEmpty()) {
            connection.send(answers.toArray(Packet[]::new));
        }
    }

    /** What the killed client had sent before arrives, or is lost with the connection. */
    private void endConnection() {
        if (connection == null) {
            connection = server.accept(Duration.ofMillis(1));
        }
        if (connection != null && plan.deliversRest()) {
            while (!connection.hasEnded()) {
                Packet packet = connection.nextIfAny(STALL_TIMEOUT);
                if (packet != null) {
                    answers(packet); // nobody is there to get them
                }
            }
        }
        if (connection != null) {
            connection.cut();
            connection = null;
        }
    }

    private void tick(Runnable tick) {
        String line = child().pollLine(Duration.ZERO);
        if (line == null && !child().isAlive()) {
            throw failure("ended by itself. " + child().lastWords(), null);
        }
        if (line != null && line.startsWith("DOWN")) {
            throw failure("says " + line, null);
        }
        done |= "DONE".equals(line);
        journal.read(facts);
        tick.run();
    }

    /** Where the threads of the program are, as it says itself. */
    private String threads() {
        try {
            new ProcessBuilder("kill", "-QUIT", Long.toString(child().pid())).start();
        } catch (IOException e) {
            return "; its threads are unknown: " + e;
        }
        StringBuilder lines = new StringBuilder();
        String line = child().pollLine(Duration.ofSeconds(10));
        for (; line != null; line = child().pollLine(Duration.ofSeconds(1))) {
            lines.append("\n  ").append(line);
        }
        return lines.toString();
    }

    private AssertionError failure(String what, @Nullable Throwable cause) {
        return new AssertionError(
                "The %s, in run %d, after %d packets, %s"
                        .formatted(name, run, packets, what.strip()),
                cause);
    }

    @Override
    public void close() {
        if (child != null) {
            child.close();
        }
        server.close();
    }
}
