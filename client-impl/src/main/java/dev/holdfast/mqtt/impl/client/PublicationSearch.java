package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.impl.session.Pending;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.impl.session.SparseSet;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Finds pending publications for an application that asks for them: in memory, or, where they are
 * in the store only, there. Used on the loop.
 */
final class PublicationSearch {
    private final Driver driver;
    private final Publications publications;

    /** Pages of the store that are on their way. */
    private int pages;

    /** What was taken back since the oldest of them was asked for, and may still be in them. */
    private final Set<Long> withdrawn = new SparseSet<>();

    PublicationSearch(Driver driver, Publications publications) {
        this.driver = driver;
        this.publications = publications;
    }

    /** All that are in memory, oldest first. */
    List<Publication> inMemory(Session session) {
        List<Publication> all = new ArrayList<>();
        for (Pending p : session.pending()) {
            all.add(publications.adopt(p.sequence(), p.message()));
        }
        return List.copyOf(all);
    }

    void find(Session session, long id, CompletableFuture<Optional<Publication>> answer) {
        Optional<Publication> found = inMemory(session, id);
        if (found.isEmpty() && session.isQueuedInStore(id) && driver.usesStore()) {
            pages++;
            driver.lookUp(id, new Page(id, answer));
        } else {
            answer.complete(found);
        }
    }

    private Optional<Publication> inMemory(Session session, long id) {
        return Optional.ofNullable(session.pending(id))
                .map(p -> publications.adopt(id, p.message()));
    }

    /** The core has let go of a publication, which was never sent. */
    void withdrawn(long id) {
        if (pages > 0) {
            withdrawn.add(id);
        }
    }

    /** One queued message, read from the store. */
    private final class Page implements StoredSession.Page {
        private final long id;
        private final CompletableFuture<Optional<Publication>> answer;

        Page(long id, CompletableFuture<Optional<Publication>> answer) {
            this.id = id;
            this.answer = answer;
        }

        @Override
        public void read(List<OutgoingMessage> messages) {
            driver.submit(
                    session -> {
                        answer.complete(found(session, messages));
                        done();
                    });
        }

        /** It may have come into memory meanwhile, have been taken back, or acknowledged even. */
        private Optional<Publication> found(Session session, List<OutgoingMessage> messages) {
            Optional<Publication> loaded = inMemory(session, id);
            if (loaded.isPresent() || withdrawn.contains(id) || !session.isQueuedInStore(id)) {
                return loaded;
            }
            return messages.stream()
                    .filter(m -> m.sequence() == id)
                    .findFirst()
                    .map(m -> publications.adopt(id, m.message()));
        }

        @Override
        public void failed(StoreException cause) {
            answer.completeExceptionally(cause);
            driver.submit(session -> done());
        }

        private void done() {
            if (--pages == 0) {
                withdrawn.clear();
            }
        }
    }
}
