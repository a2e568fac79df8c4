package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.session.Batch;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Ready;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.impl.transport.Link;
import dev.holdfast.mqtt.impl.transport.LinkListener;
import dev.holdfast.mqtt.impl.transport.Network;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Turns the core: feeds it commands and events in the order they come, asks what is to be done, and
 * has it done by the store, the network and the application. Commands from other threads are
 * collected, so that many of them cost one wake-up, one batch and one flush.
 */
final class Driver {
    /** What is fed to the core. */
    interface Input {
        void feed(Session session);
    }

    /** Who gets what the core tells. Called on the loop. */
    interface Application {
        /** Takes events in their order. The list is used again afterwards. */
        void take(List<Event> events);

        /**
         * The core found itself in a state that cannot be: a bug. The driver has stopped; what was
         * or is asked of the core fails.
         */
        void crashed(RuntimeException bug);
    }

    /** How many inputs are fed before the core is asked what is to be done. */
    private static final int INPUTS_PER_POLL = 1_024;

    /** How often the core is asked in one turn, before other clients on the loop get theirs. */
    private static final int POLLS_PER_TURN = 16;

    /** A page of queued messages read from the store. */
    static final int PAGE_MESSAGES = 4_096;

    static final long PAGE_BYTES = 4L << 20;

    private final Session session;
    private final StoredSession store;
    private final Network network;
    private final Loop loop;
    private final Application application;

    private final Mailbox<Input> inputs = new Mailbox<>();

    /** Whether a turn is due or going on, which will see what is added to {@link #inputs}. */
    private final AtomicBoolean awake = new AtomicBoolean();

    /** What is to be looked up in the store by the next poll; an immutable list if empty. */
    private List<LookedUp> lookUps = List.of();

    private @Nullable Link link;

    /** Whether {@link #link} reads. */
    private boolean reading;

    private Loop.@Nullable Timer timer;

    /** When {@link #timer} fires, on the loop's clock. */
    private long timerAt = Long.MAX_VALUE;

    /** Whether the store takes nothing any more; what is on its way there is still waited for. */
    private boolean frozen;

    /** What the store is being given. */
    private @Nullable BatchOutcome writing;

    private volatile boolean stopped;

    Driver(
            Session session,
            StoredSession store,
            Network network,
            Loop loop,
            Application application) {
        this.session = session;
        this.store = store;
        this.network = network;
        this.loop = loop;
        this.application = application;
    }

    /** Feeds an input soon; from any thread. */
    void submit(Input input) {
        add(input);
        turnSoon();
    }

    /**
     * Takes an input and its place among all; from any thread, and also where no other code may
     * run. {@link #turnSoon} must follow.
     */
    void add(Input input) {
        inputs.add(input);
    }

    /** Has what was added fed soon; from any thread. */
    void turnSoon() {
        if (!awake.get() && awake.compareAndSet(false, true)) {
            loop.execute(this::turn);
        }
    }

    /** Keeps all that follows from the store, which is about to be closed. Called on the loop. */
    void freeze() {
        frozen = true;
    }

    /** Whether the store may still be used. Called on the loop. */
    boolean usesStore() {
        return !frozen && !stopped;
    }

    /**
     * Reads one queued message, once the store has been given all that the core was told before: it
     * may have been accepted a moment ago. Called on the loop.
     *
     * @param page fails if the store may not be used any more
     */
    void lookUp(long sequence, StoredSession.Page page) {
        if (lookUps.isEmpty()) {
            lookUps = new ArrayList<>(1);
        }
        lookUps.add(new LookedUp(sequence, page));
    }

    boolean isStopped() {
        return stopped;
    }

    /**
     * Ends the driving: nothing is done any more, and all that is asked of the core fails with this
     * cause, what comes later too. Called on the loop.
     */
    void stop(MqttException cause) {
        stopped = true;
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        if (link != null) {
            link.close();
        }
        session.stop(cause);
        lookUp();
    }

    private void turn() {
        boolean more = true;
        try {
            session.advance(loop.now(), loop.wallClock());
            for (int i = 0; more && i < POLLS_PER_TURN; i++) {
                feed();
                // Not earlier than what the inputs speak of, such as the expiry of a message.
                session.advance(loop.now(), loop.wallClock());
                more = poll() || !inputs.isEmpty();
            }
        } catch (Throwable bug) {
            more = false;
            crash(bug);
        }
        awake.set(false);
        boolean unfinished = more || !inputs.isEmpty();
        if (unfinished && awake.compareAndSet(false, true)) {
            loop.execute(this::turn);
        }
    }

    /** Errors are caught as well: a client that has half done something must not go on. */
    private void crash(Throwable bug) {
        String what =
                bug instanceof RejectedExecutionException
                        ? "The threads given to eventLoops(…) ended before this client was closed,"
                                + " and have stopped it"
                        : "A bug in Holdfast has stopped this client";
        MqttException failure =
                new MqttException.StoreFailed(what + "; what is stored is safe: " + bug, bug);
        try {
            stop(failure);
        } catch (RuntimeException another) {
            failure.addSuppressed(another);
        }
        application.crashed(failure);
    }

    private void feed() {
        for (int i = 0; i < INPUTS_PER_POLL; i++) {
            Input input = inputs.poll();
            if (input == null) {
                return;
            }
            input.feed(session);
        }
    }

    /** Asks the core and does what it says; tells whether to ask again at once. */
    private boolean poll() {
        Ready ready = session.poll();
        boolean merged = usesStore() && useStore(ready);
        lookUp();
        if (!stopped) {
            carryOut(ready);
            setTimer(ready.deadline());
        }
        if (!ready.events().isEmpty()) {
            application.take(ready.events());
        }
        session.giveBack(ready);
        return (ready.more() || merged) && !stopped;
    }

    /** Whether that lets packets go that the core held back. */
    private boolean useStore(Ready ready) {
        boolean merged = false;
        if (ready.batch() != null) {
            BatchOutcome outcome = new BatchOutcome(ready.batch());
            writing = outcome;
            store.write(ready.batch().changes(), outcome);
            writing = null;
            merged = outcome.merged;
        }
        if (ready.readQueuedAfter() != Ready.NO_READ) {
            store.readQueued(ready.readQueuedAfter(), PAGE_MESSAGES, PAGE_BYTES, new QueuedPage());
        }
        return merged;
    }

    private void lookUp() {
        if (lookUps.isEmpty()) {
            return;
        }
        List<LookedUp> all = lookUps;
        lookUps = List.of();
        for (LookedUp l : all) {
            if (usesStore()) {
                store.readQueued(l.sequence - 1, 1, 1, l);
            } else {
                l.page.failed(new StoreException("The client is being closed", null));
            }
        }
    }

    private void carryOut(Ready ready) {
        if (link != null) {
            if (!ready.packets().isEmpty()) {
                link.write(ready.packets());
                session.writable(link.isWritable());
            }
            if (ready.read() != reading) {
                reading = ready.read();
                link.read(reading);
            }
            if (ready.close()) {
                link.close();
            }
        } else if (!ready.packets().isEmpty() || ready.close()) {
            throw new IllegalStateException("The core uses a connection that does not exist");
        }
        if (ready.open() != null) {
            link = network.open(ready.open(), new Events());
            reading = true;
        }
    }

    /**
     * Timers are left running when the deadline moves away, and set anew when it comes nearer or
     * has passed.
     */
    private void setTimer(long deadline) {
        if (deadline == Long.MAX_VALUE || (timer != null && timerAt <= deadline)) {
            return;
        }
        if (timer != null) {
            timer.cancel();
        }
        timerAt = deadline;
        timer = loop.schedule(this::timeout, Math.max(0, deadline - loop.now()));
    }

    private void timeout() {
        timer = null;
        timerAt = Long.MAX_VALUE;
        wakeUp();
    }

    /** Has a turn now, on the loop, unless one is going on. */
    private void wakeUp() {
        if (awake.compareAndSet(false, true)) {
            turn();
        }
    }

    private final class BatchOutcome implements StoredSession.Outcome {
        private final Batch batch;
        private final Thread loopThread = Thread.currentThread();

        /** Whether that was told at once. Not seen at once by other threads, which does no harm. */
        private boolean merged;

        BatchOutcome(Batch batch) {
            this.batch = batch;
        }

        @Override
        public StoredSession.Awaited awaited() {
            return batch.awaited();
        }

        @Override
        public void merged() {
            // The writer may be quicker than write() returns.
            if (Thread.currentThread() == loopThread && writing == this) {
                merged = true;
                session.merged(batch.id());
            } else if (!merged) {
                submit(s -> s.mergedUpTo(batch.id()));
            }
        }

        @Override
        public void stored() {
            submit(s -> s.stored(batch.id()));
        }

        @Override
        public void failed(StoreException cause) {
            submit(s -> s.storeFailed(storeFailed(cause)));
        }
    }

    private final class QueuedPage implements StoredSession.Page {
        @Override
        public void read(List<OutgoingMessage> messages) {
            submit(s -> s.loaded(messages));
        }

        @Override
        public void failed(StoreException cause) {
            submit(s -> s.storeFailed(storeFailed(cause)));
        }
    }

    /** One message of the queue, for somebody who looks for it. */
    private final class LookedUp implements StoredSession.Page {
        private final long sequence;
        private final StoredSession.Page page;

        LookedUp(long sequence, StoredSession.Page page) {
            this.sequence = sequence;
            this.page = page;
        }

        @Override
        public void read(List<OutgoingMessage> messages) {
            page.read(messages);
        }

        @Override
        public void failed(StoreException cause) {
            submit(s -> s.storeFailed(storeFailed(cause)));
            page.failed(cause);
        }
    }

    private static MqttException storeFailed(StoreException cause) {
        return new MqttException.StoreFailed(
                "The store failed, and the client has stopped: " + cause.getMessage(), cause);
    }

    /**
     * What happens to the one link. The network calls outside of turns, so the core is fed
     * directly.
     */
    private final class Events implements LinkListener {
        /** Whether the core knows the time; asking for it costs as much as a small packet. */
        private boolean timely;

        @Override
        public void opened() {
            feed(Session::opened);
            wakeUp();
        }

        /** Called for each packet, so without an {@link Input} of its own. */
        @Override
        public void received(Packet packet) {
            if (stopped) {
                return;
            }
            try {
                advanceOnce();
                session.received(packet);
            } catch (Throwable bug) {
                crash(bug);
            }
        }

        /** As {@link #received}. */
        @Override
        public void acknowledged(int packetIdentifier) {
            if (stopped) {
                return;
            }
            try {
                advanceOnce();
                session.acknowledged(packetIdentifier);
            } catch (Throwable bug) {
                crash(bug);
            }
        }

        /** All that is read in one go comes at one time. */
        private void advanceOnce() {
            if (!timely) {
                timely = true;
                session.advance(loop.now(), loop.wallClock());
            }
        }

        @Override
        public void violated(ProtocolViolation violation) {
            feed(s -> s.violated(violation));
        }

        @Override
        public void readComplete(long bytes) {
            timely = false;
            feed(s -> s.heard(bytes));
            wakeUp();
        }

        @Override
        public void writabilityChanged() {
            boolean writable = link != null && link.isWritable();
            feed(s -> s.writable(writable));
            wakeUp();
        }

        @Override
        public void closed(MqttException cause) {
            link = null;
            feed(s -> s.closed(cause));
            wakeUp();
        }

        private void feed(Input input) {
            if (stopped) {
                return;
            }
            try {
                session.advance(loop.now(), loop.wallClock());
                input.feed(session);
            } catch (Throwable bug) {
                crash(bug);
            }
        }
    }
}
