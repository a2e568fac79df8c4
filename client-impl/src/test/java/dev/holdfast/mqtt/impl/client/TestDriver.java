package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.impl.transport.Network;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.List;
import java.util.function.Consumer;

/** The driver, opened to tests of other packages. */
public final class TestDriver {
    /** A loop in virtual time. */
    public interface Clock {
        void execute(Runnable task);

        /** Returns what cancels it. */
        Runnable schedule(Runnable task, long delay);

        long now();

        long wallClock();
    }

    /** Who gets what the core tells. */
    public interface Listener {
        void take(List<Event> events);

        void crashed(RuntimeException bug);
    }

    private final Driver driver;

    public TestDriver(
            Session session, StoredSession store, Network network, Clock clock, Listener listener) {
        driver = new Driver(session, store, network, loop(clock), application(listener));
    }

    static Loop loop(Clock clock) {
        return new Loop() {
            @Override
            public void execute(Runnable task) {
                clock.execute(task);
            }

            @Override
            public Timer schedule(Runnable task, long delay) {
                return clock.schedule(task, delay)::run;
            }

            @Override
            public long now() {
                return clock.now();
            }

            @Override
            public long wallClock() {
                return clock.wallClock();
            }
        };
    }

    private static Driver.Application application(Listener listener) {
        return new Driver.Application() {
            @Override
            public void take(List<Event> events) {
                listener.take(events);
            }

            @Override
            public void crashed(RuntimeException bug) {
                listener.crashed(bug);
            }
        };
    }

    public void submit(Consumer<Session> command) {
        driver.submit(command::accept);
    }
}
