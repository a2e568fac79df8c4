package dev.holdfast.mqtt.impl.simulation;

import static dev.holdfast.mqtt.impl.simulation.SimulatedMechanism.data;
import static dev.holdfast.mqtt.impl.simulation.SimulatedMechanism.text;
import static dev.holdfast.mqtt.impl.simulation.SimulationFailure.require;

import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import java.nio.ByteBuffer;
import java.util.List;

/** The server's side of enhanced authentication on one connection; strict about each turn. */
final class ServerAuthentication {
    private final Simulation sim;
    private final String method;

    /** The exchange under way; null if there is none. */
    private String exchange;

    /** What the client is to answer; null if it is the server's turn. */
    private String challenge;

    private int steps;

    ServerAuthentication(Simulation sim, Connect connect) {
        this.sim = sim;
        method = connect.authenticationMethod();
        if (method != null) {
            begin(connect.authenticationData());
        }
    }

    boolean isUsed() {
        return method != null;
    }

    private void begin(ByteBuffer first) {
        exchange = text(first);
        require(exchange.matches("x[0-9]+"), "An exchange begins with ", exchange);
        require(sim.server.isNewExchange(exchange), "An old exchange comes again: ", exchange);
        steps = sim.chance.pick(0, 0, 1, 2, 5);
    }

    /** AUTH of the client, while it connects or later. */
    void received(Auth auth, boolean connected) {
        require(method != null, "[4.12.0-7] AUTH without a method");
        require(method.equals(auth.authenticationMethod()), "[4.12.0-5] another method");
        if (auth.reason() == ReasonCode.RE_AUTHENTICATE) {
            require(connected && exchange == null, "[4.12.1-1] an exchange is under way");
            begin(auth.authenticationData());
        } else {
            require(challenge != null, "AUTH out of turn");
            String expected = SimulatedMechanism.answerTo(challenge, exchange);
            require(
                    expected.equals(text(auth.authenticationData())),
                    "AUTH says ",
                    text(auth.authenticationData()),
                    " and not ",
                    expected);
            challenge = null;
        }
    }

    /** Whether the server wants to hear more before it decides. */
    boolean asksOn() {
        return exchange != null && steps > 0;
    }

    boolean awaitsAnswer() {
        return challenge != null;
    }

    Auth challenge() {
        challenge = "c" + steps--;
        return new Auth(
                ReasonCode.CONTINUE_AUTHENTICATION, method, data(challenge), null, List.of());
    }

    /** The end of a re-authentication; data of another exchange gives a false server away. */
    Auth success(boolean honest) {
        return new Auth(ReasonCode.SUCCESS, method, end(honest), null, List.of());
    }

    private ByteBuffer end(boolean honest) {
        String ended = honest ? exchange : "x0";
        exchange = null;
        return data(SimulatedMechanism.acceptance(ended));
    }

    /** CONNACK with what belongs to the exchange, if there is one. */
    Connack in(Connack c, boolean honest) {
        if (method == null) {
            return c;
        }
        return new Connack(
                c.sessionPresent(),
                c.reason(),
                c.sessionExpiryInterval(),
                c.receiveMaximum(),
                c.maximumQos(),
                c.retainAvailable(),
                c.maximumPacketSize(),
                c.assignedClientIdentifier(),
                c.topicAliasMaximum(),
                c.reasonString(),
                c.userProperties(),
                c.wildcardSubscriptionAvailable(),
                c.subscriptionIdentifierAvailable(),
                c.sharedSubscriptionAvailable(),
                c.serverKeepAlive(),
                c.responseInformation(),
                c.serverReference(),
                method,
                end(honest));
    }
}
