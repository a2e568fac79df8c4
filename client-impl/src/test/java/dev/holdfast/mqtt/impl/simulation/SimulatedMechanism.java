package dev.holdfast.mqtt.impl.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.mqtt.Authentication;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.impl.session.Answer;
import dev.holdfast.mqtt.impl.session.Event.AuthenticationAsked;
import dev.holdfast.mqtt.impl.session.Event.AuthenticationAsked.Question;
import java.nio.ByteBuffer;

/**
 * The application's side of the method "SIM": slow, failing, or without an answer at all. Each
 * exchange has its name, and all that is said in it begins with that name.
 */
final class SimulatedMechanism implements Authentication {
    private final Simulation sim;
    private int exchanges;
    private String exchange = "none";

    /** How many re-authentications the server has accepted, and the client reported. */
    private int accepted;

    private int reported;

    SimulatedMechanism(Simulation sim) {
        this.sim = sim;
    }

    @Override
    public String method() {
        return "SIM";
    }

    @Override
    public Exchange begin() {
        throw new SimulationFailure("The core calls code of the application");
    }

    /** What the server says last in an exchange, if it is the right one. */
    static String acceptance(String exchange) {
        return exchange + " is accepted";
    }

    static String answerTo(String challenge, String exchange) {
        return exchange + " answers " + challenge;
    }

    void asked(ClientRun run, AuthenticationAsked asked) {
        boolean begins =
                asked.question() == Question.CONNECT || asked.question() == Question.REAUTHENTICATE;
        if (begins) {
            exchange = "x" + ++exchanges;
        }
        Answer answer = answer(asked);
        if (!sim.faults.strike(sim.faults.authenticationHangs)) {
            sim.agenda.after(
                    sim.faults.delay(sim.faults.authenticationDelay),
                    () -> run.answer(asked.number(), answer));
        }
    }

    private Answer answer(AuthenticationAsked asked) {
        if (sim.faults.strike(sim.faults.authenticationFails)) {
            return Answer.failed(failure("It fails"));
        }
        return switch (asked.question()) {
            case CONNECT, REAUTHENTICATE -> withData(exchange);
            case ANSWER -> withData(answerTo(text(asked.data()), exchange));
            case FINISH ->
                    acceptance(exchange).equals(text(asked.data()))
                                    || sim.sabotage.believesEveryServer()
                            ? new Answer(null, null, null)
                            : Answer.failed(failure("It is a false server"));
        };
    }

    private static Answer withData(String text) {
        return new Answer(null, data(text), null);
    }

    private static MqttException failure(String what) {
        return new MqttException.AuthenticationFailed(what, null, false);
    }

    static ByteBuffer data(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    static String text(ByteBuffer data) {
        return data == null ? "" : UTF_8.decode(data.duplicate()).toString();
    }

    void acceptedAnew() {
        accepted++;
    }

    void reauthenticated() {
        SimulationFailure.require(
                ++reported <= accepted,
                "reauthenticate() succeeds, though the server has not said so");
    }
}
