package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.ReasonCode;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the feeds of a client have in common. */
final class Feeds {
    private static final Logger LOG = LoggerFactory.getLogger("dev.holdfast.mqtt.delivery");

    private final Supplier<Lane> lanes;
    private final Notices notices;
    private volatile boolean closed;

    Feeds(Supplier<Lane> lanes, Notices notices) {
        this.lanes = lanes;
        this.notices = notices;
    }

    Feed feed(MessageHandler handler) {
        return new SerialFeed(handler, this);
    }

    /** Where one handler is called. */
    Lane lane() {
        return lanes.get();
    }

    /** The client is closed: what waits for its handler stays with the server or the store. */
    void close() {
        closed = true;
    }

    boolean isClosed() {
        return closed;
    }

    CompletionStage<?> call(MessageHandler handler, HandOver.Part part) {
        try {
            CompletionStage<?> stage = handler.handle(part);
            if (stage == null) {
                throw new NullPointerException("The handler returned null instead of a stage");
            }
            return stage;
        } catch (Throwable t) {
            // Errors too: a handler out of memory has not handled its message.
            return CompletableFuture.failedStage(t);
        } finally {
            // An interrupt that one handler leaves behind must not meet the next.
            Thread.interrupted();
        }
    }

    void ended(HandOver.Part part, @Nullable Throwable failure) {
        if (failure == null) {
            part.end(ReasonCode.SUCCESS);
        } else if (part.end(ReasonCode.IMPLEMENTATION_SPECIFIC_ERROR)) {
            LOG.warn("A handler failed, and its message is refused: {}", part, failure);
            notices.tell(part.message(), listener -> listener.handlerFailed(part, failure));
        }
    }
}
