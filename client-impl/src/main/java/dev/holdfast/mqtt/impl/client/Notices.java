package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Tells the listener of single messages, unless it is so slow that this would fill the memory. From
 * any thread.
 */
final class Notices {
    private static final int MOST_WAITING = 1_000;
    private static final long MOST_BYTES_WAITING = 4L << 20;

    private final Lane completions;
    private final ClientListener listener;
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong bytesWaiting = new AtomicLong();

    Notices(Lane completions, ClientListener listener) {
        this.completions = completions;
        this.listener = listener;
    }

    void tell(Message message, Consumer<ClientListener> call) {
        if (waiting.get() >= MOST_WAITING || bytesWaiting.get() >= MOST_BYTES_WAITING) {
            return;
        }
        long bytes = OutgoingMessage.sizeOf(message);
        waiting.incrementAndGet();
        bytesWaiting.addAndGet(bytes);
        completions.add(
                () -> {
                    waiting.decrementAndGet();
                    bytesWaiting.addAndGet(-bytes);
                    call.accept(listener);
                });
    }
}
