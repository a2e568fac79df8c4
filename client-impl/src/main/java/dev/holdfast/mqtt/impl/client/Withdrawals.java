package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.impl.session.Session.Withdrawn;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes publications back, because the application asks for it or because their time is up. Used on
 * the loop only, but for {@link #cancel}.
 */
final class Withdrawals {
    /** Time limits that end in one turn of the loop; the next turn goes on. */
    private static final int MOST_AT_ONCE = 1_024;

    private final Driver driver;
    private final Loop loop;
    private final Lane completions;
    private final PublicationSearch search;

    /** Those with a time limit, by when it ends. */
    private NavigableSet<LimitedPublication> limited = Collections.emptyNavigableSet();

    /** Wakes when the first limit ends, or before. */
    private Loop.@Nullable Timer timer;

    private long timerAt;

    Withdrawals(Driver driver, Loop loop, Lane completions, PublicationSearch search) {
        this.driver = driver;
        this.loop = loop;
        this.completions = completions;
        this.search = search;
    }

    /** Takes a publication back, if it was never sent; from any thread. */
    CompletableFuture<Boolean> cancel(PendingPublication publication) {
        CompletableFuture<Boolean> answer = new CompletableFuture<>();
        MqttException cause =
                new MqttException.Cancelled(
                        "The message to '" + publication.message().topic() + "' was cancelled");
        driver.submit(session -> new Attempt(publication, cause, answer).begin(session));
        return answer;
    }

    /** Has something done on the loop; from any thread. */
    void submit(Driver.Input input) {
        driver.submit(input);
    }

    // ---- time limits

    /** A publication with a time limit has reached the core. */
    void limit(LimitedPublication publication) {
        if (limited.isEmpty()) {
            limited = new TreeSet<>(LimitedPublication.BY_DEADLINE);
        }
        limited.add(publication);
        setTimer();
    }

    /** A publication is done with. */
    void done(LimitedPublication publication) {
        if (!limited.isEmpty()) {
            limited.remove(publication);
        }
    }

    /** Nothing is pending any more. */
    void stop() {
        limited = Collections.emptyNavigableSet();
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void setTimer() {
        if (limited.isEmpty()) {
            return;
        }
        long due = limited.first().deadline();
        if (timer != null && timerAt <= due) {
            return;
        }
        if (timer != null) {
            timer.cancel();
        }
        timerAt = due;
        timer = loop.schedule(() -> driver.submit(this::endTimes), Math.max(0, due - loop.now()));
    }

    private void endTimes(Session session) {
        timer = null;
        for (int i = 0; i < MOST_AT_ONCE; i++) {
            if (limited.isEmpty() || limited.first().deadline() > loop.now()) {
                break;
            }
            LimitedPublication late = limited.pollFirst();
            new Attempt(late, timedOut(late, "It was never sent, and is removed"), null)
                    .begin(session);
        }
        setTimer();
    }

    private static MqttException timedOut(PendingPublication late, String what) {
        return new MqttException.TimedOut(
                "The message to '"
                        + late.message().topic()
                        + "' was not acknowledged in the time given to it. "
                        + what);
    }

    /** One publication being taken back; it may have to be looked for in the store. */
    private final class Attempt implements StoredSession.Page {
        private final PendingPublication publication;
        private final MqttException cause;

        /** Null when the time is up: then what was sent fails too. */
        private final @Nullable CompletableFuture<Boolean> answer;

        Attempt(
                PendingPublication publication,
                MqttException cause,
                @Nullable CompletableFuture<Boolean> answer) {
            this.publication = publication;
            this.cause = cause;
            this.answer = answer;
        }

        void begin(Session session) {
            Withdrawn outcome = session.withdraw(publication, cause);
            if (outcome == Withdrawn.LOOK_IN_STORE) {
                driver.lookUp(publication.id(), this);
            } else {
                end(session, outcome);
            }
        }

        @Override
        public void read(List<OutgoingMessage> messages) {
            driver.submit(session -> end(session, withdraw(session, messages)));
        }

        private Withdrawn withdraw(Session session, List<OutgoingMessage> messages) {
            if (publication.isWithdrawn()) {
                // By another attempt, after the store was asked.
                return Withdrawn.NOT_PENDING;
            }
            for (OutgoingMessage m : messages) {
                if (m.sequence() == publication.id()) {
                    return session.withdraw(m, cause);
                }
            }
            return session.withdraw(publication.id(), cause);
        }

        @Override
        public void failed(StoreException failure) {
            driver.submit(session -> end(session, Withdrawn.NOT_PENDING));
        }

        private void end(Session session, Withdrawn outcome) {
            if (outcome == Withdrawn.YES) {
                publication.markWithdrawn();
                search.withdrawn(publication.id());
            }
            if (answer != null) {
                // The core tells once the disk knows.
                if (!publication.isWithdrawn() || !publication.answerWhenOver(answer)) {
                    completions.add(() -> answer.complete(false));
                }
            } else if (outcome == Withdrawn.SENT) {
                session.abandon(
                        publication.id(),
                        timedOut(
                                publication, "It was sent: the server may have it, or get it yet"));
            }
        }
    }
}
