package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.ClientListener;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.store.OutgoingMessage;
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

    // Guarded by this.
    private int waiting;
    private long bytesWaiting;

    Notices(Lane completions, ClientListener listener) {
        this.completions = completions;
        this.listener = listener;
    }

    void tell(Message message, Consumer<ClientListener> call) {
        long bytes = OutgoingMessage.sizeOf(message);
        if (takes(bytes)) {
            completions.add(
                    () -> {
                        begins(bytes);
                        call.accept(listener);
                    });
        }
    }

    private synchronized boolean takes(long bytes) {
        if (waiting >= MOST_WAITING || bytesWaiting >= MOST_BYTES_WAITING) {
            return false;
        }
        waiting++;
        bytesWaiting += bytes;
        return true;
    }

    private synchronized void begins(long bytes) {
        waiting--;
        bytesWaiting -= bytes;
    }
}
