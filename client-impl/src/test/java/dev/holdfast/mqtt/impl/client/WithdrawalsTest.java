package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** Publications taken back in the turn in which they come, when memory holds no more of them. */
class WithdrawalsTest {
    private static final Message MESSAGE = Message.to("t").qos(QoS.AT_LEAST_ONCE).build();

    /** As many as memory holds, and as many turns of the driver. */
    private static final int WINDOW = 16_384;

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final ArrayDeque<Runnable> timers = new ArrayDeque<>();
    private long now = 1_000;

    private final Lane completions = new Lane(Runnable::run, Runnable::run);
    private final Publications publications = new Publications(completions, StoreLimits.defaults());
    private final Loop loop = new TaskLoop();
    private final Driver driver = driver();

    private Driver driver() {
        MemoryQueue store = new MemoryQueue();
        Session session =
                new Session(
                        MqttClient.newBuilder(URI.create("mqtt://test")).settings(),
                        store.recovered(),
                        new SplittableRandom(1),
                        Encoder::encodedSize);
        Driver made =
                new Driver(
                        session,
                        store,
                        (server, listener) -> {
                            throw new AssertionError("no connection is asked for");
                        },
                        loop,
                        new Told());
        publications.use(new Withdrawals(made, loop, completions));
        return made;
    }

    private final class Told implements Driver.Application {
        @Override
        public void take(List<Event> events) {
            for (Event event : events) {
                if (event instanceof Event.Stored e) {
                    publications.stored(e);
                } else if (event instanceof Event.PublishFailed e) {
                    publications.failed(e);
                }
            }
            publications.flush();
        }

        @Override
        public void crashed(RuntimeException bug) {
            throw bug;
        }
    }

    private final class TaskLoop implements Loop {
        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public Timer schedule(Runnable task, long delay) {
            timers.add(task);
            return () -> timers.remove(task);
        }

        @Override
        public long now() {
            return now;
        }

        @Override
        public long wallClock() {
            return 0;
        }
    }

    private void runTasks() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private Publication publish(long id, long deadline) {
        PendingPublication publication =
                new PendingPublication(id, MESSAGE, OutgoingMessage.NEVER, deadline, publications);
        assertTrue(publications.admit(MESSAGE));
        driver.submit(publication);
        return publication;
    }

    private void fillWindow() {
        for (int i = 1; i <= WINDOW; i++) {
            publish(i, PendingPublication.NO_DEADLINE);
        }
    }

    private static MqttException failure(CompletableFuture<?> future) {
        assertTrue(future.isDone(), "it has failed by now");
        Throwable failure = assertThrows(CompletionException.class, future::join);
        return assertInstanceOf(MqttException.class, failure.getCause());
    }

    @Test
    void publicationBehindTheWindowCanBeCancelledRightAfterItCame() {
        fillWindow();
        Publication publication = publish(WINDOW + 1, PendingPublication.NO_DEADLINE);
        CompletableFuture<Boolean> cancelled = publication.cancel();

        runTasks();

        assertEquals(true, cancelled.getNow(null));
        assertInstanceOf(MqttException.Cancelled.class, failure(publication.acknowledged()));
    }

    @Test
    void timeThatIsUpWhenAPublicationReachesTheCoreIsNotForgotten() {
        publish(1, now + 1);
        runTasks(); // sets a timer
        for (int i = 2; i <= WINDOW; i++) {
            publish(i, PendingPublication.NO_DEADLINE);
        }
        publish(WINDOW + 1, PendingPublication.NO_DEADLINE);
        Publication late = publish(WINDOW + 2, now + 1);
        now += 10;
        timers.remove().run();

        runTasks();

        assertInstanceOf(MqttException.TimedOut.class, failure(late.acknowledged()));
    }

    @Test
    void cancellingIsAnsweredWhenTheClientStopsBeforeTheStoreIsAsked() {
        fillWindow();
        Publication publication = publish(WINDOW + 1, PendingPublication.NO_DEADLINE);
        CompletableFuture<Boolean> cancelled = publication.cancel();
        driver.submit(session -> driver.freeze());

        runTasks();

        assertEquals(false, cancelled.getNow(null));
    }
}
