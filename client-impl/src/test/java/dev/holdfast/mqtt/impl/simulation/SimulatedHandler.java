package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MessageHandlers;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/**
 * A handler of the application: slow, hanging, throwing, refusing; with keys, retries and executors
 * of its own, as the seed has it.
 */
final class SimulatedHandler implements MessageHandler {
    private static final int KEYS = 3;

    /** Those that a handler may give. */
    static final List<ReasonCode> REFUSALS =
            List.of(
                    ReasonCode.UNSPECIFIED_ERROR,
                    ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR,
                    ReasonCode.NOT_AUTHORIZED,
                    ReasonCode.QUOTA_EXCEEDED);

    private final Simulation sim;
    private final ClientRun run;
    private final boolean answersByHand;

    private SimulatedHandler(Simulation sim, ClientRun run) {
        this.sim = sim;
        this.run = run;
        answersByHand = sim.faults.handling.percent(20);
    }

    /** Another one each time. */
    static MessageHandler any(Simulation sim, ClientRun run) {
        Chance chance = sim.faults.handling;
        if (chance.percent(25)) {
            SimulatedSubscriber subscriber = new SimulatedSubscriber(sim, run);
            MessageHandler handler =
                    MessageHandlers.fromSubscriber(subscriber).onFailure(policy(chance, false));
            subscriber.handler = handler;
            return handler;
        }
        SimulatedHandler handler = new SimulatedHandler(sim, run);
        MessageHandler planned = handler.onFailure(policy(chance, true));
        if (chance.percent(40)) {
            planned = planned.parallelBy(handler.keys(), chance.between(1, 3));
        }
        return chance.percent(30) ? planned.on(handler::execute) : planned;
    }

    private static HandlerFailure policy(Chance chance, boolean retries) {
        ReasonCode reason = chance.pick(REFUSALS);
        HandlerFailure end = HandlerFailure.reject(reason);
        if (retries && chance.percent(40)) {
            Duration first = Duration.ofMillis(chance.pick(1, 100, 1_000));
            HandlerFailure retry = HandlerFailure.retry(first, chance.between(1, 3));
            return chance.percent(50) ? retry.thenDrop() : retry.thenReject(reason);
        }
        return chance.percent(50) ? HandlerFailure.drop() : end;
    }

    /** Null for some. */
    static Object key(Message message) {
        int key = Math.floorMod(message.payloadText().hashCode(), KEYS);
        return key == 0 ? null : key;
    }

    private Function<Message, Object> keys() {
        return new Function<>() {
            @Override
            public Object apply(Message message) {
                if (sim.faults.handlerThrows(4)) {
                    run.handOvers.failedWithoutKey(this, message);
                    throw new IllegalStateException("There is no key");
                }
                return key(message);
            }
        };
    }

    /** An executor of its own, which refuses now and then. */
    private void execute(Runnable task) {
        if (sim.faults.strike(sim.faults.rejection)) {
            throw new RejectedExecutionException();
        }
        run.executor.execute(task);
    }

    @Override
    public CompletionStage<?> handle(Delivery delivery) {
        run.handOvers.called(delivery, answersByHand);
        sim.trace.say("handler", "gets ", delivery.message());
        if (sim.faults.handlerThrows(2)) {
            return fail(delivery);
        }
        CompletableFuture<Void> stage = new CompletableFuture<>();
        inAWhile(
                () -> {
                    if (answersByHand) {
                        answer(delivery);
                    } else {
                        complete(delivery, stage);
                    }
                });
        return answersByHand ? delivery.handled() : stage;
    }

    private CompletionStage<?> fail(Delivery delivery) {
        sim.trace.say("handler", "throws at ", delivery.message());
        run.handOvers.failed(delivery);
        maybeAnswerLater(delivery);
        if (sim.chance.percent(50)) {
            return null;
        }
        throw new IllegalStateException("The handler fails");
    }

    private void complete(Delivery delivery, CompletableFuture<Void> stage) {
        if (sim.faults.handlerThrows(1)) {
            sim.trace.say("handler", "fails with ", delivery.message());
            run.handOvers.failed(delivery);
            maybeAnswerLater(delivery);
            stage.completeExceptionally(new IllegalStateException("The handler fails"));
        } else {
            sim.trace.say("handler", "is done with ", delivery.message());
            run.handOvers.succeeded(delivery);
            stage.complete(null);
        }
    }

    /** What failed is acknowledged all the same, perhaps while it waits to be tried again. */
    private void maybeAnswerLater(Delivery delivery) {
        if (sim.chance.percent(10)) {
            sim.agenda.after(
                    sim.chance.upTo(500),
                    () -> {
                        if (run.isAlive()) {
                            sim.trace.say("handler", "acknowledges ", delivery.message());
                            run.handOvers.answered(delivery, ReasonCode.SUCCESS, Remarks.none());
                            delivery.acknowledge();
                            run.handOvers.rethrow();
                        }
                    });
        }
    }

    private void answer(Delivery delivery) {
        boolean refuses = sim.faults.strike(sim.faults.rejection);
        ReasonCode outcome = refuses ? sim.chance.pick(REFUSALS) : ReasonCode.SUCCESS;
        sim.trace.say("handler", "answers ", delivery.message(), " ", outcome.name());
        Remarks remarks = Additions.of(delivery.message());
        run.handOvers.answered(delivery, outcome, remarks);
        if (refuses) {
            delivery.reject(outcome, remarks);
        } else {
            delivery.acknowledge(remarks);
        }
    }

    private void inAWhile(Runnable action) {
        if (sim.chance.percent(20)) {
            action.run();
        } else {
            inAWhile(sim, run, action);
        }
    }

    /** Now, soon, late, or when all faults are over; unless the client is gone by then. */
    static void inAWhile(Simulation sim, ClientRun run, Runnable action) {
        Runnable unlessGone =
                () -> {
                    if (run.isAlive()) {
                        action.run();
                        run.handOvers.rethrow();
                    }
                };
        if (sim.faults.strike(sim.faults.hangingHandler)) {
            sim.application.hang(unlessGone);
        } else {
            sim.agenda.after(sim.faults.delay(sim.faults.handlerDelay), unlessGone);
        }
    }
}
