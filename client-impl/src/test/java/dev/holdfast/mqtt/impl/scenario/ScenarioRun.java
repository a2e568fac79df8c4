package dev.holdfast.mqtt.impl.scenario;

import dev.holdfast.mqtt.Authentication;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Redirects;
import dev.holdfast.mqtt.Resubscribe;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.SessionLostPolicy.InFlight;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.UnknownSession;
import dev.holdfast.mqtt.impl.client.TestDriver;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.scenario.TraceTable.Column;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.impl.transport.Link;
import dev.holdfast.mqtt.impl.transport.LinkListener;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.StoredSession;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Runs a script: the real core, driver and codec, in virtual time, with an application, a disk and
 * a server that do what the script says. After each line all happens that follows from it.
 */
final class ScenarioRun implements TestDriver.Listener {
    /** Makes the core of each life of the client. */
    interface Core {
        Session start(ClientSettings settings, Recovered recovered, RandomGenerator random);
    }

    static final Core REAL =
            (s, recovered, r) -> new Session(s, recovered, r, Encoder::encodedSize);

    private static final MessageHandler UNUSED = MessageHandlers.manual(delivery -> {});

    /** Full delays: jitter would not read well. */
    private static final RandomGenerator NO_JITTER = () -> 0;

    final VirtualLoop loop = new VirtualLoop();
    final Words words = new Words();
    private final Core core;
    private final ScriptedDisk disk = new ScriptedDisk(this);
    private TraceTable table = new TraceTable();
    private @Nullable ClientSettings settings;
    private @Nullable TestDriver driver;
    private @Nullable ScriptedApplication application;
    private @Nullable ScriptedWire wire;
    private boolean unreachable;

    /** Whether the client has crashed, and was not started again. */
    private boolean isDown;

    /** The time that the trace shows. */
    private long shown;

    ScenarioRun(Core core) {
        this.core = core;
    }

    /**
     * Runs all commands.
     *
     * @return the lines of the trace
     * @throws IllegalArgumentException for a command that makes no sense where it stands
     */
    List<String> run(List<Command> commands) {
        for (Command command : commands) {
            run(command);
            loop.settle();
        }
        return table.lines();
    }

    private void run(Command c) {
        switch (c.actor()) {
            case "settings" -> settings = settings(c);
            case "client" -> runClient(c);
            case "app" -> application(c).run(c);
            case "disk" -> disk.run(c);
            case "network" -> runNetwork(c);
            case "server" -> runServer(c);
            case "time" -> pass(c);
            default ->
                    throw c.error(
                            "nobody is called '"
                                    + c.actor()
                                    + "'; there are settings, client, app, disk, network, server"
                                    + " and time");
        }
    }

    private ScriptedApplication application(Command c) {
        if (application == null) {
            if (isDown) {
                throw c.error("the client is down; 'client: restart' starts it again");
            }
            start();
        }
        return application;
    }

    // ---- the trace
    // ---------------------------------------------------------------------------------

    void trace(Column column, String text) {
        showTime();
        table.cell(column, text);
    }

    private void rule(String text) {
        showTime();
        table.rule(text);
    }

    private void showTime() {
        if (loop.now() != shown) {
            shown = loop.now();
            table.rule("at " + Words.of(Duration.ofMillis(shown)));
        }
    }

    // ---- the client
    // --------------------------------------------------------------------------------

    private void runClient(Command c) {
        switch (c.verb()) {
            case "connected" -> connected(c);
            case "crash" -> crash(c);
            case "restart" -> {
                c.end();
                if (application != null) {
                    throw c.error("the client is up; 'client: crash' comes first");
                }
                rule("the client starts and finds: " + words.of(disk.onDisk()));
                start();
            }
            default -> throw c.unknownVerb("connected", "crash", "restart");
        }
    }

    private void start() {
        if (settings == null) {
            settings = settings(Command.parse(0, "settings: keep-alive=0"));
        }
        ClientSettings own = settings;
        isDown = false;
        StoredSession stored = disk.open();
        application = new ScriptedApplication(this, stored.recovered());
        Session session = core.start(own, stored.recovered(), NO_JITTER);
        driver = new TestDriver(session, stored, (server, l) -> open(own, server, l), loop, this);
    }

    /** Begins the trace with a client whose connection and session are new. */
    private void connected(Command c) {
        c.end();
        if (application != null || isDown) {
            throw c.error("it must come first");
        }
        run(List.of(Command.parse(0, "app: connect"), Command.parse(0, "server: connack")));
        table = new TraceTable();
        disk.countAnew();
        rule("connected, session new");
    }

    private void crash(Command c) {
        int kept = c.number("kept-batches", 0);
        c.end();
        if (application == null) {
            throw c.error("the client is down already");
        }
        if (kept > disk.batchesUnderway()) {
            throw c.error("on their way to the disk are " + disk.batchesUnderway());
        }
        String lost = disk.batchesUnderway() == 0 ? "" : ", with batches underway: ";
        rule("crash" + lost + (lost.isEmpty() ? "" : kept == 0 ? "none kept" : kept + " kept"));
        disk.crash(kept);
        loop.clear();
        isDown = true;
        application = null;
        driver = null;
        wire = null;
    }

    void submit(Consumer<Session> command) {
        driver.submit(command);
    }

    @Override
    public void take(List<Event> events) {
        events.forEach(application::take);
    }

    @Override
    public void crashed(RuntimeException bug) {
        throw new AssertionError("The core has a bug: " + bug, bug);
    }

    // ---- the world
    // ---------------------------------------------------------------------------------

    private Link open(ClientSettings own, URI server, LinkListener listener) {
        ScriptedWire opening = new ScriptedWire(this, own, server, listener);
        loop.execute(unreachable ? opening::refused : opening::opens);
        wire = opening;
        return opening;
    }

    private ScriptedWire wire(Command c) {
        if (wire == null || !wire.isOpen()) {
            throw c.error("there is no connection");
        }
        return wire;
    }

    private void runNetwork(Command c) {
        switch (c.verb()) {
            case "cut" -> wire(c).cut();
            case "down" -> unreachable = true;
            case "up" -> unreachable = false;
            default -> throw c.unknownVerb("cut", "down", "up");
        }
        c.end();
    }

    private void runServer(Command c) {
        if (c.verb().equals("close")) {
            c.end();
            wire(c).closedByServer();
        } else {
            wire(c).fromServer(ScriptedServer.packet(c));
        }
    }

    private void pass(Command c) {
        if (!c.verb().matches("\\+[0-9]{1,6}s")) {
            throw c.error("time passes in seconds, as in 'time: +30s'");
        }
        c.end();
        loop.pass(1_000L * Integer.parseInt(c.verb().substring(1, c.verb().length() - 1)));
        showTime();
    }

    // ---- settings
    // ----------------------------------------------------------------------------------

    private ClientSettings settings(Command c) {
        if (application != null) {
            throw c.error("the client is up; settings come before its start");
        }
        MqttClientBuilder builder =
                MqttClient.newBuilder(URI.create("mqtt://server"))
                        .clientIdentifier("client")
                        .cleanStart(c.number("clean-start", 0) == 1)
                        .sessionExpiry(Duration.ofSeconds(c.number("session-expiry", 300)))
                        .keepAlive(Duration.ofSeconds(c.number("keep-alive", 0)))
                        .receiveMaximum(c.number("receive-maximum", 100))
                        .maximumPacketSize(1 << 20)
                        .resubscribe(c.choice("resubscribe", Resubscribe.WHEN_ABSENT))
                        .onSessionLost(
                                new SessionLostPolicy(
                                        c.choice("lost-qos-1", InFlight.REPUBLISH),
                                        c.choice("lost-qos-2", InFlight.FAIL)))
                        .validatePayloadFormat(c.number("validates-payloads", 0) == 1)
                        .onUnknownSession(c.choice("unknown-session", UnknownSession.FAIL))
                        .reconnect(
                                ReconnectPolicy.exponential(
                                        Duration.ofSeconds(1), Duration.ofSeconds(8)));
        if (c.has("subscribe")) {
            builder.subscription(Subscription.to(c.word("subscribe", "")), UNUSED);
        }
        if (c.has("redirects")) {
            builder.redirects(Redirects.to(c.word("redirects", "")).atMost(2));
        }
        if (c.has("authentication")) {
            builder.authentication(method(c.word("authentication", "")));
        }
        c.end();
        return builder.settings();
    }

    /** What it says is in the script. */
    private static Authentication method(String name) {
        return new Authentication() {
            @Override
            public String method() {
                return name;
            }

            @Override
            public Exchange begin() {
                throw new AssertionError("The core calls code of the application");
            }
        };
    }
}
