package dev.holdfast.mqtt.store;

/**
 * Keeps the sessions of clients, one for each Client Identifier. A store may serve many clients of
 * one process at once; it opens its file with the first and closes it with the last, and may be
 * opened again after that.
 */
public interface SessionStore {
    /**
     * Opens the session of one client, an empty one if there is none yet. May wait for the disk.
     *
     * @param clientIdentifier not empty, but for a store that forgets all with its process
     * @return the session, for the caller alone until it is closed
     * @throws StoreException if the store cannot be opened, is in use by another process, or the
     *     session is in use by another client of this process
     */
    StoredSession open(String clientIdentifier);
}
