package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoredSession;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Whatever happens, each command gets its answer. */
class DriverTest {
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final List<Event> events = new ArrayList<>();
    private final List<RuntimeException> bugs = new ArrayList<>();
    private final Driver driver = driver();
    private long wallClock = 1_000;

    private Driver driver() {
        StoredSession store = new TestStore();
        Session session =
                new Session(
                        settings(),
                        store.recovered(),
                        new SplittableRandom(1),
                        Encoder::encodedSize);
        return new Driver(
                session,
                store,
                (server, listener) -> {
                    throw new AssertionError("no connection is asked for");
                },
                new TaskLoop(),
                new Driver.Application() {
                    @Override
                    public void take(List<Event> told) {
                        events.addAll(told);
                    }

                    @Override
                    public void crashed(RuntimeException bug) {
                        bugs.add(bug);
                    }
                });
    }

    private static ClientSettings settings() {
        return MqttClient.newBuilder(URI.create("mqtt://test"))
                .clientIdentifier("c")
                .sessionExpiry(Duration.ofSeconds(300))
                .keepAlive(Duration.ZERO)
                .reconnect(ReconnectPolicy.never())
                .settings();
    }

    private final class TaskLoop implements Loop {
        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public Timer schedule(Runnable task, long delay) {
            return () -> {};
        }

        @Override
        public long now() {
            return 1_000;
        }

        @Override
        public long wallClock() {
            return wallClock;
        }
    }

    private void runTasks() {
        for (int i = 0; i < 1_000 && !tasks.isEmpty(); i++) {
            tasks.remove().run();
        }
        assertTrue(tasks.isEmpty(), "the loop comes to rest");
    }

    private void publish(long sequence) {
        driver.submit(s -> s.publish(sequence, Message.to("a").build(), OutgoingMessage.NEVER));
    }

    private MqttException causeOfTheOnlyFailure() {
        runTasks();
        List<Event> failed = events.stream().filter(Event.PublishFailed.class::isInstance).toList();
        assertEquals(1, failed.size());
        return ((Event.PublishFailed) failed.get(0)).cause();
    }

    @Test
    void commandsAfterABugFail() {
        IllegalStateException bug = new IllegalStateException("bug");
        driver.submit(
                s -> {
                    throw bug;
                });
        publish(1);

        MqttException cause = causeOfTheOnlyFailure();

        assertInstanceOf(MqttException.StoreFailed.class, cause);
        assertSame(bug, cause.getCause());
        assertEquals(1, bugs.size());
    }

    @Test
    void errorStopsTheClientToo() {
        driver.submit(
                s -> {
                    throw new StackOverflowError();
                });
        publish(1);

        assertInstanceOf(StackOverflowError.class, causeOfTheOnlyFailure().getCause());
        assertTrue(driver.isStopped());
    }

    /** Its caller looked at the clock after the turn had begun. */
    @Test
    void messageWithoutTimeLeftIsNotSentForWantOfALookAtTheClock() {
        driver.submit(s -> wallClock += 10);
        driver.submit(s -> s.publish(1, Message.to("a").build(), wallClock));

        assertInstanceOf(MqttException.MessageExpired.class, causeOfTheOnlyFailure());
    }

    @Test
    void commandsAfterTheEndFailWithItsCause() {
        MqttException closed = new MqttException.ClientClosed("closed");
        driver.stop(closed);
        publish(1);

        assertSame(closed, causeOfTheOnlyFailure());
    }
}
