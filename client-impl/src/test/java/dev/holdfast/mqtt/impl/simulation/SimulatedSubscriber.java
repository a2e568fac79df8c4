package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import java.util.concurrent.Flow;

/**
 * A subscriber of the application: asks for some at any time, cancels, throws, asks for nothing.
 */
final class SimulatedSubscriber implements Flow.Subscriber<Delivery> {
    private final Simulation sim;
    private final ClientRun run;

    /** What it was given to the client as. */
    MessageHandler handler;

    private Flow.Subscription subscription;

    /** How many are still to come of those that it asked for. */
    private long expected;

    /** Whether it will ask for more. */
    private boolean isAsking;

    private boolean isOver;

    SimulatedSubscriber(Simulation sim, ClientRun run) {
        this.sim = sim;
        this.run = run;
    }

    @Override
    public void onSubscribe(Flow.Subscription s) {
        subscription = s;
        askInAWhile();
    }

    private void askInAWhile() {
        if (!isAsking && !isOver) {
            isAsking = true;
            SimulatedHandler.inAWhile(sim, run, this::ask);
        }
    }

    private void ask() {
        isAsking = false;
        if (isOver) {
            return;
        }
        if (sim.faults.strike(2)) {
            sim.trace.say("subscriber", "asks for nothing, which it must not");
            end(true);
            subscription.request(0);
            return;
        }
        int n = sim.chance.pick(1, 1, 2, 5);
        sim.trace.say("subscriber", "asks for ", n);
        expected += n;
        run.handOvers.requested(handler, n);
        subscription.request(n);
    }

    /** From here on nothing may come, but for onError if that is owed. */
    private void end(boolean owesError) {
        isOver = true;
        run.handOvers.gone(handler, owesError);
    }

    @Override
    public void onNext(Delivery delivery) {
        run.handOvers.called(delivery, true);
        sim.trace.say("subscriber", "gets ", delivery.message());
        expected--;
        if (sim.faults.handlerThrows(8)) {
            sim.trace.say("subscriber", "throws");
            run.handOvers.failed(delivery);
            end(false);
            throw new IllegalStateException("The subscriber fails");
        }
        if (delivery.message().qos() == QoS.AT_MOST_ONCE) {
            run.handOvers.succeeded(delivery);
        } else {
            SimulatedHandler.inAWhile(sim, run, () -> answer(delivery));
        }
        if (sim.faults.strike(2)) {
            sim.trace.say("subscriber", "cancels");
            end(false);
            subscription.cancel();
        } else if (expected == 0 || sim.chance.percent(20)) {
            askForMore();
        }
    }

    private void askForMore() {
        if (sim.chance.percent(30)) {
            ask();
        } else {
            askInAWhile();
        }
    }

    private void answer(Delivery delivery) {
        boolean refuses = sim.faults.strike(sim.faults.rejection);
        ReasonCode outcome =
                refuses ? sim.chance.pick(SimulatedHandler.REFUSALS) : ReasonCode.SUCCESS;
        sim.trace.say("subscriber", "answers ", delivery.message(), " ", outcome.name());
        Remarks remarks = Additions.of(delivery.message());
        run.handOvers.answered(delivery, outcome, remarks);
        if (refuses) {
            delivery.reject(outcome, remarks);
        } else {
            delivery.acknowledge(remarks);
        }
    }

    @Override
    public void onError(Throwable cause) {
        sim.trace.say("subscriber", "ends with an error");
        isOver = true;
        run.handOvers.failed(handler);
    }

    @Override
    public void onComplete() {
        sim.trace.say("subscriber", "ends");
        isOver = true;
        run.handOvers.completed(handler);
    }
}
