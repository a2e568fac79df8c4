package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Acknowledgement;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Publications taken back in the turn in which they come, when memory holds no more of them. */
class WithdrawalsTest {
    private static final Message MESSAGE = Message.to("t").qos(QoS.AT_LEAST_ONCE).build();

    /** As many as memory holds, and as many turns of the driver. */
    private static final int WINDOW = 16_384;

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final ArrayDeque<Runnable> timers = new ArrayDeque<>();
    private long now = 1_000;
    private @Nullable MqttException stoppedFor;

    private final Lane completions = new Lane(Runnable::run, Runnable::run);
    private final Publications publications = new Publications(completions, StoreLimits.defaults());
    private final Loop loop = new TaskLoop();
    private final PagedStore store = new PagedStore();
    private final Driver driver = driver();
    private final PublicationSearch search = new PublicationSearch(driver, publications);

    /** A store whose pages can be held back, or fail. */
    private static final class PagedStore implements StoredSession {
        final TestStore queue = new TestStore();
        final ArrayDeque<Runnable> pages = new ArrayDeque<>();
        boolean holdsPages;
        boolean fails;

        @Override
        public Recovered recovered() {
            return queue.recovered();
        }

        @Override
        public void write(List<Change> changes, Outcome outcome) {
            queue.write(changes, outcome);
        }

        @Override
        public void readQueued(long after, int maximumMessages, long maximumBytes, Page page) {
            if (fails) {
                page.failed(new StoreException("it cannot be read", null));
                return;
            }
            List<OutgoingMessage> read = queue.state.queued(after, maximumMessages, maximumBytes);
            if (holdsPages) {
                pages.add(() -> page.read(read));
            } else {
                page.read(read);
            }
        }

        @Override
        public void close() {}
    }

    private Driver driver() {
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
        return made;
    }

    WithdrawalsTest() {
        publications.use(new Withdrawals(driver, loop, completions, search));
    }

    private final class Told implements Driver.Application {
        @Override
        public void take(List<Event> events) {
            for (Event event : events) {
                if (event instanceof Event.Stored e) {
                    publications.stored(e);
                } else if (event instanceof Event.PublishFailed e) {
                    publications.failed(e);
                } else if (event instanceof Event.StoreFailed e) {
                    stoppedFor = e.cause();
                    publications.failAll(e.cause());
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

    private Publication publish(long id) {
        return submit(new PendingPublication(id, MESSAGE, OutgoingMessage.NEVER, publications));
    }

    private Publication publish(long id, long deadline) {
        return submit(
                new LimitedPublication(id, MESSAGE, OutgoingMessage.NEVER, deadline, publications));
    }

    private Publication submit(PendingPublication publication) {
        assertTrue(publications.admit(publication));
        driver.submit(publication);
        return publication;
    }

    private void fillWindow() {
        for (int i = 1; i <= WINDOW; i++) {
            publish(i);
        }
    }

    private static MqttException failure(CompletableFuture<?> future) {
        assertTrue(future.isDone(), "it has failed by now");
        Throwable failure = assertThrows(CompletionException.class, future::join);
        return assertInstanceOf(MqttException.class, failure.getCause());
    }

    /** By then only the application holds it. */
    @Test
    void outcomeCanBeAskedForWhenThePublicationHasLongBeenStored() {
        fillWindow();
        Publication publication = publish(WINDOW + 1);
        runTasks();
        assertTrue(publication.stored().isDone());
        CompletableFuture<Acknowledgement> outcome = publication.acknowledged();
        CompletableFuture<Boolean> cancelled = publication.cancel();

        runTasks();

        assertEquals(true, cancelled.getNow(null));
        assertInstanceOf(MqttException.Cancelled.class, failure(outcome));
    }

    @Test
    void callbackCanBeGivenWhenThePublicationHasLongBeenStored() {
        fillWindow();
        Publication publication = publish(WINDOW + 1);
        runTasks();
        List<MqttException> failures = new ArrayList<>();
        publication.whenAcknowledged((answer, failure) -> failures.add(failure));
        publication.cancel();

        runTasks();

        assertEquals(1, failures.size());
        assertInstanceOf(MqttException.Cancelled.class, failures.get(0));
    }

    @Test
    void publicationBehindTheWindowCanBeCancelledRightAfterItCame() {
        fillWindow();
        Publication publication = publish(WINDOW + 1);
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
            publish(i);
        }
        publish(WINDOW + 1);
        Publication late = publish(WINDOW + 2, now + 1);
        now += 10;
        timers.remove().run();

        runTasks();

        assertInstanceOf(MqttException.TimedOut.class, failure(late.acknowledged()));
    }

    @Test
    void cancellingIsAnsweredWhenTheClientStopsBeforeTheStoreIsAsked() {
        fillWindow();
        Publication publication = publish(WINDOW + 1);
        CompletableFuture<Boolean> cancelled = publication.cancel();
        driver.submit(session -> driver.freeze());

        runTasks();

        assertEquals(false, cancelled.getNow(null));
    }

    private CompletableFuture<Optional<Publication>> find(long id) {
        CompletableFuture<Optional<Publication>> found = new CompletableFuture<>();
        driver.submit(session -> search.find(session, id, found));
        return found;
    }

    @Test
    void whatWasCancelledWhileItWasLookedForIsNotFound() {
        fillWindow();
        Publication publication = publish(WINDOW + 1);
        publish(WINDOW + 2);
        runTasks();
        store.holdsPages = true;
        CompletableFuture<Boolean> cancelled = publication.cancel();
        CompletableFuture<Optional<Publication>> found = find(WINDOW + 1);
        runTasks();
        store.pages.remove().run();
        runTasks();
        assertEquals(true, cancelled.getNow(null));

        // It was read before.
        store.pages.remove().run();
        runTasks();

        assertEquals(Optional.empty(), found.getNow(null));
        CompletableFuture<Optional<Publication>> next = find(WINDOW + 2);
        runTasks();
        store.pages.remove().run();
        runTasks();
        assertEquals(WINDOW + 2, next.getNow(Optional.empty()).orElseThrow().id());
    }

    @Test
    void whatIsFoundAfterTheStoreHasFailedHasFailedToo() {
        publish(1);
        runTasks();
        MqttException broken = new MqttException.StoreFailed("broken", null);
        driver.submit(session -> session.storeFailed(broken));
        runTasks();

        CompletableFuture<Optional<Publication>> found = find(1);
        runTasks();

        Publication publication = found.getNow(Optional.empty()).orElseThrow();
        assertSame(broken, failure(publication.acknowledged()));
    }

    @Test
    void timeLimitThatCannotBeLookedUpStopsTheClient() {
        fillWindow();
        Publication late = publish(WINDOW + 1, now + 1);
        runTasks();
        store.fails = true;
        now += 10;
        timers.remove().run();

        runTasks();

        assertInstanceOf(MqttException.StoreFailed.class, stoppedFor);
        assertInstanceOf(MqttException.StoreFailed.class, failure(late.acknowledged()));
    }

    @Test
    void cancellingThatCannotBeLookedUpStopsTheClientAndIsAnswered() {
        fillWindow();
        Publication publication = publish(WINDOW + 1);
        runTasks();
        store.fails = true;

        CompletableFuture<Boolean> cancelled = publication.cancel();
        runTasks();

        assertInstanceOf(MqttException.StoreFailed.class, stoppedFor);
        assertEquals(false, cancelled.getNow(null));
    }
}
