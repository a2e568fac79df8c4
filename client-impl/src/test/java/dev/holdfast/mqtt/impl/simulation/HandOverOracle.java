package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.HandlerFailure;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Remarks;
import dev.holdfast.mqtt.impl.session.Incoming;
import dev.holdfast.mqtt.spi.HandlerPlan;
import dev.holdfast.mqtt.spi.SubscriberHandler;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Knows for one run of the client which handler was given which message, and what became of it. The
 * client takes for a failed handler whatever is thrown in one: so what is wrong is kept, and thrown
 * by {@link #rethrow} when the client is not on the stack.
 */
final class HandOverOracle {
    /** What one handler was given. */
    private static final class Account {
        final HandlerPlan plan;
        final HandlerFailure policy;

        /** Those that may still count, in the order in which they were given. */
        final List<Part> parts = new ArrayList<>();

        int newest = -1;
        int inProgress;

        /** Of a subscriber; without it there is no bound. */
        long demand;

        /** Whether the subscriber has had its last signal, or wants no more. */
        boolean isGone;

        /** Whether it has asked for what it must not, and is to be told so. */
        boolean owesError;

        boolean refused;

        /** Whether no message of its subscriptions will come any more. */
        boolean ended;

        Account(MessageHandler handler) {
            plan = HandlerPlan.of(handler);
            policy = plan.failure() == null ? HandlerFailure.drop() : plan.failure();
        }

        boolean isSubscriber() {
            return plan.handler() instanceof SubscriberHandler;
        }

        /** Whether each message waits until the one before it, of the same key, is done with. */
        boolean waits() {
            return plan.key() != null || policy.retries() > 0;
        }
    }

    /** One handler's part in one message. */
    private static final class Part {
        final Account account;
        final Copy copy;
        final Delivery delivery;
        final Object key;
        int calls;
        boolean inProgress;
        boolean answersByHand;

        long notBefore;

        /** Null until the handler is done with it. */
        ReasonCode outcome;

        Remarks remarks = Remarks.none();

        Part(Account account, Copy copy, Delivery delivery) {
            this.account = account;
            this.copy = copy;
            this.delivery = delivery;
            key = account.plan.key() == null ? null : SimulatedHandler.key(copy.incoming.message());
        }

        boolean isDone() {
            return outcome != null || account.isGone;
        }
    }

    /** One message as the core handed it over. */
    private static final class Copy {
        final Incoming incoming;
        final int number;
        final List<Part> parts = new ArrayList<>();
        boolean settled;
        boolean confirmed;
        boolean told;

        /** Whether somebody waits for what becomes of it: for every other one from the start. */
        boolean awaited;

        Copy(Incoming incoming, int number) {
            this.incoming = incoming;
            this.number = number;
        }

        boolean isAtMostOnce() {
            return incoming.message().qos() == QoS.AT_MOST_ONCE;
        }

        /** At QoS 0 nobody else is told. */
        boolean isSettled() {
            return isAtMostOnce() ? parts.stream().allMatch(Part::isDone) : settled;
        }
    }

    private final Simulation sim;
    private final Map<MessageHandler, Account> accounts = new IdentityHashMap<>();
    private final Map<Incoming, Copy> copies = new IdentityHashMap<>();
    private final Map<Delivery, Part> parts = new IdentityHashMap<>();

    /** Those that wait for something, in the order in which they came. */
    private final List<Copy> open = new ArrayList<>();

    private long resumption;
    private SimulationFailure failure;

    HandOverOracle(Simulation sim) {
        this.sim = sim;
    }

    private void require(boolean holds, Object... otherwise) {
        if (!holds && failure == null) {
            try {
                SimulationFailure.require(false, otherwise);
            } catch (SimulationFailure f) {
                failure = f;
            }
        }
    }

    /** Ends the run if something was wrong. */
    void rethrow() {
        if (failure != null) {
            throw failure;
        }
    }

    // ---- what the client does

    void delivered(Incoming incoming) {
        resumption = Math.max(resumption, incoming.resumption());
        Copy copy = new Copy(incoming, copies.size());
        copies.put(incoming, copy);
        open.add(copy);
    }

    void given(MessageHandler handler, Incoming incoming, Delivery delivery) {
        Account account = account(handler);
        Copy copy = copies.get(incoming);
        String key = incoming.message().payloadText();
        require(account.newest < copy.number, key, " is given to a handler behind a later one");
        account.newest = copy.number;
        Part part = new Part(account, copy, delivery);
        account.parts.removeIf(p -> p.copy.isSettled() && !p.inProgress);
        account.parts.add(part);
        parts.put(delivery, part);
        copy.parts.add(part);
        if (copy.parts.size() == 1 && copy.number % 2 == 0) {
            await(copy);
        }
    }

    private void await(Copy copy) {
        copy.awaited = true;
        copy.parts.get(0).delivery.handled().whenComplete((done, cause) -> told(copy, cause));
    }

    private Account account(MessageHandler handler) {
        return accounts.computeIfAbsent(handler, Account::new);
    }

    /** The handlers that were given a message. */
    List<MessageHandler> takers(Incoming incoming) {
        List<Account> takers = copies.get(incoming).parts.stream().map(p -> p.account).toList();
        return accounts.entrySet().stream()
                .filter(e -> takers.contains(e.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    void ended(MessageHandler handler, Throwable cause) {
        account(handler).ended = true;
        account(handler).refused |= cause != null;
    }

    /**
     * All handlers are said to be done with a message; tells whether they are, or the server sends
     * it again.
     *
     * @param hadSubscription whether a subscription for it has ended in this run
     */
    boolean settled(
            Incoming incoming, ReasonCode outcome, Remarks remarks, boolean hadSubscription) {
        Copy copy = copies.get(incoming);
        String key = incoming.message().payloadText();
        require(!copy.settled, key, " is settled twice");
        require(!copy.parts.isEmpty() || hadSubscription, key, " is settled, but nobody had it");
        copy.settled = true;
        boolean handled = true;
        boolean explained = !outcome.isError();
        boolean said = remarks.isEmpty();
        for (Part p : copy.parts) {
            boolean done = p.isDone();
            require(done || isVoid(p.copy), key, " is settled, but a handler is not done with it");
            require(
                    p.outcome == null || !p.outcome.isError() || outcome.isError(),
                    key,
                    " was refused, and is settled as if it was not");
            handled &= done;
            explained |= p.outcome == outcome;
            said |= p.outcome == outcome && p.remarks.equals(remarks);
            require(
                    outcome.isError() || p.remarks.isEmpty() || !remarks.isEmpty(),
                    key,
                    " is settled without what was said of it");
        }
        require(explained, key, " is settled with ", outcome, ", which no handler said");
        require(said, key, " is settled with ", remarks, ", which no handler said");
        return handled;
    }

    /** The server sends it again, so that this copy can be forgotten. */
    private boolean isVoid(Copy copy) {
        return copy.incoming.message().qos() == QoS.AT_LEAST_ONCE
                && copy.incoming.connection() < resumption;
    }

    /** The core has settled a message. */
    void confirmed(Incoming incoming) {
        copies.get(incoming).confirmed = true;
    }

    /** {@link Delivery#handled} completes. */
    private void told(Copy copy, Throwable cause) {
        String key = copy.incoming.message().payloadText();
        boolean storeFailed = cause instanceof MqttException.StoreFailed;
        boolean again =
                cause instanceof MqttException.ConnectionLost
                        && copy.incoming.message().qos() == QoS.AT_LEAST_ONCE;
        boolean isOver =
                (copy.isAtMostOnce() ? copy.isSettled() : copy.confirmed)
                        || storeFailed
                        || (again && isVoid(copy));
        require(isOver, "handled() of ", key, " completes before it is");
        require(cause == null || again || storeFailed, "handled() of ", key, " fails: ", cause);
        copy.told = true;
    }

    // ---- what handlers see and do

    /**
     * A handler is called, or has its next signal.
     *
     * @param answersByHand whether it is done with the message as soon as that is answered
     */
    void called(Delivery delivery, boolean answersByHand) {
        Part part = parts.get(delivery);
        String key = delivery.message().payloadText();
        require(part != null, key, " comes to a handler that was not given it");
        if (part == null) {
            return;
        }
        Account account = part.account;
        require(part.outcome == null, key, " comes to a handler that is done");
        require(!part.inProgress, key, " comes to a handler that is busy with it");
        require(!account.isGone, key, " comes after the last signal");
        if (++part.calls == 1) {
            requireTurn(part);
        } else {
            require(part.calls <= account.policy.retries() + 1, key, " comes too often");
            require(sim.agenda.now() >= part.notBefore, key, " comes again too early");
        }
        require(
                delivery.redelivered() == (part.calls > 1 || part.copy.incoming.redelivered()),
                key,
                delivery.redelivered() ? " is" : " is not",
                " said to be redelivered");
        part.inProgress = true;
        part.answersByHand = answersByHand;
        account.inProgress++;
        require(
                !account.waits() || account.inProgress <= account.plan.parallel(),
                account.inProgress,
                " messages are in progress at once");
        if (account.isSubscriber()) {
            require(account.demand > 0, key, " was not asked for");
            account.demand--;
        }
    }

    private void requireTurn(Part part) {
        for (Part before : part.account.parts) {
            if (before == part) {
                return;
            }
            boolean mayWait =
                    part.account.waits()
                            ? before.outcome == null || before.inProgress
                            : before.calls == 0 && before.outcome == null;
            require(
                    !mayWait || !Objects.equals(before.key, part.key) || isVoid(before.copy),
                    part.copy.incoming.message().payloadText(),
                    " comes before it is done with ",
                    before.copy.incoming.message().payloadText());
        }
    }

    /** A handler fails with a message, now or with the stage that it has returned. */
    void failed(Delivery delivery) {
        Part part = parts.get(delivery);
        returned(part);
        HandlerFailure policy = part.account.policy;
        if (part.outcome == null && part.calls <= policy.retries()) {
            part.notBefore = sim.agenda.now() + policy.delay(part.calls).toMillis();
        } else if (part.outcome == null) {
            part.outcome = policy.outcome();
        }
    }

    void succeeded(Delivery delivery) {
        Part part = parts.get(delivery);
        returned(part);
        part.outcome = part.outcome == null ? ReasonCode.SUCCESS : part.outcome;
    }

    /** A message is acknowledged by hand, or refused. */
    void answered(Delivery delivery, ReasonCode outcome, Remarks remarks) {
        Part part = parts.get(delivery);
        part.remarks = part.outcome == null ? remarks : part.remarks;
        if (part.answersByHand) {
            returned(part);
        }
        part.outcome = part.outcome == null ? outcome : part.outcome;
    }

    private static void returned(Part part) {
        if (part.inProgress) {
            part.inProgress = false;
            part.account.inProgress--;
        }
    }

    /** A message has no key, and never comes to its handler. */
    void failedWithoutKey(Function<?, ?> key, Object message) {
        for (Account account : accounts.values()) {
            for (Part part : account.parts) {
                if (account.plan.key() == key && part.copy.incoming.message() == message) {
                    part.outcome = account.policy.outcome();
                }
            }
        }
    }

    /** A subscriber asks for more. */
    void requested(MessageHandler handler, long n) {
        account(handler).demand += n;
    }

    /** A subscriber wants no more. */
    void gone(MessageHandler handler, boolean owesError) {
        account(handler).isGone = true;
        account(handler).owesError = owesError;
    }

    /** A subscriber is told that something is wrong. */
    void failed(MessageHandler handler) {
        Account account = account(handler);
        require(account.owesError || account.refused, "onError comes without a cause");
        require(!account.isGone || account.owesError, "onError comes after the last signal");
        account.isGone = true;
        account.owesError = false;
    }

    /** A subscriber has had all. */
    void completed(MessageHandler handler) {
        Account account = account(handler);
        require(account.ended, "onComplete comes while there are subscriptions");
        require(!account.isGone, "onComplete comes after the last signal");
        for (Part p : account.parts) {
            require(p.calls > 0 || isVoid(p.copy), "onComplete comes before all messages did");
        }
        account.isGone = true;
    }

    // ---- the end

    /** What still waits; null if nothing does. */
    String open() {
        open.removeIf(c -> c.parts.isEmpty());
        open.stream().filter(c -> c.isSettled() && !c.awaited).forEach(this::await);
        open.removeIf(c -> c.isSettled() && c.told);
        if (!open.isEmpty()) {
            Copy first = open.get(0);
            return first.incoming.message().payloadText()
                    + (first.isSettled()
                            ? " is settled, and nobody told so"
                            : " waits for a handler");
        }
        for (Account account : accounts.values()) {
            if (account.isSubscriber() && (account.owesError || account.ended && !account.isGone)) {
                return "a subscriber waits for its last signal";
            }
        }
        return null;
    }
}
