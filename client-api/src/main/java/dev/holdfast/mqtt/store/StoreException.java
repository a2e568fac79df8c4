package dev.holdfast.mqtt.store;

import org.jspecify.annotations.Nullable;

/** A store that cannot be opened, or failed. Its message names the file, the cause and the mend. */
public class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Made by a store.
     *
     * @param message what happened, to which file, and what mends it
     * @param cause what lies behind it
     */
    public StoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
