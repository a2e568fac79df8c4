package dev.holdfast.mqtt.impl.simulation;

import static dev.holdfast.mqtt.impl.simulation.SimulationFailure.require;

import dev.holdfast.mqtt.ConnectAttempt;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.spi.ClientSettings;
import java.net.URI;

/**
 * Where one run of the client connects: each attempt has one end, nobody is tried who should not
 * be, and not too many without a wait between them.
 */
final class AttemptsOracle {
    /** Less than a connection must last; the events that show it may be late. */
    private static final long ALMOST_LASTING = 3_000;

    private final Simulation sim;
    private final ClientSettings settings;
    private ConnectAttempt attempt;
    private URI last;
    private long connectedAt;

    // Since the last wait, or the last connection that may have lasted.
    private int tried;
    private int redirected;

    AttemptsOracle(Simulation sim, ClientSettings settings) {
        this.sim = sim;
        this.settings = settings;
    }

    void take(Event event) {
        if (event instanceof Event.Attempt e) {
            require(attempt == null, "Two attempts at the same time");
            attempt = e.attempt();
            count();
            last = attempt.server();
        } else if (event instanceof Event.AttemptFailed e) {
            require(e.attempt().equals(attempt), "An attempt fails that is not going on");
            attempt = null;
        } else if (event instanceof Event.Connected e) {
            require(
                    attempt != null && attempt.server().equals(e.connected().server()),
                    "Connected to another server than the one that was tried");
            attempt = null;
            connectedAt = sim.agenda.now();
        } else if (event instanceof Event.Reconnecting e) {
            require(attempt == null, "Reconnecting during an attempt");
            if (e.next().isEmpty() || !e.next().get().isZero()) {
                countAnew();
            }
        } else if (event instanceof Event.Disconnected) {
            if (sim.agenda.now() - connectedAt >= ALMOST_LASTING) {
                countAnew();
            }
        } else if (event instanceof Event.DisconnectDone || event instanceof Event.ConnectFailed) {
            countAnew();
        }
    }

    private void count() {
        tried++;
        // The same one is tried again if its session is not known, and to be dropped.
        boolean again = attempt.server().equals(last);
        redirected += attempt.redirected() && !again ? 1 : 0;
        int hops = settings.redirects() == null ? 0 : settings.redirects().hops();
        require(redirected <= hops, "More redirections in a row than ", hops);
        // One more at the same server after a session that is not known.
        int most = settings.servers().size() + hops + 1;
        require(tried <= most, "More than ", most, " attempts without a wait");
    }

    private void countAnew() {
        tried = 0;
        redirected = 0;
    }

    /** A network connection is opened. */
    void opened(URI server) {
        URI first = settings.servers().get(0);
        require(
                server.getScheme().equals("mqtts") || first.getScheme().equals("mqtt"),
                "TLS is left for ",
                server);
        require(
                SimulatedServer.HOSTS.contains(server.getHost()),
                "The client follows to ",
                server,
                ", which is not allowed");
    }

    /** The store failed, and nothing is told any more. */
    void abandon() {
        attempt = null;
    }
}
