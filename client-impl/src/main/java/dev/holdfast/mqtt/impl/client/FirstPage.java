package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The oldest queued messages of an earlier run: read while the client is built, so that it can tell
 * of them at once.
 */
final class FirstPage implements StoredSession.Page {
    private static final long LONGEST_READ_SECONDS = 60;

    private final CompletableFuture<List<OutgoingMessage>> page = new CompletableFuture<>();

    private FirstPage() {}

    static Optional<List<OutgoingMessage>> read(StoredSession store) {
        if (store.recovered().queuedMessages() == 0) {
            return Optional.empty();
        }
        FirstPage first = new FirstPage();
        store.readQueued(0, Driver.PAGE_MESSAGES, Driver.PAGE_BYTES, first);
        try {
            return Optional.of(first.page.get(LONGEST_READ_SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            throw new StoreException("The store could not read its queue: " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new StoreException(
                    "The store did not read its queue within " + LONGEST_READ_SECONDS + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException("Interrupted while the store read its queue", e);
        }
    }

    @Override
    public void read(List<OutgoingMessage> messages) {
        page.complete(messages);
    }

    @Override
    public void failed(StoreException cause) {
        page.completeExceptionally(cause);
    }
}
