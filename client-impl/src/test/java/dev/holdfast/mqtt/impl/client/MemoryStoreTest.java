package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.store.SessionStore;
import dev.holdfast.mqtt.store.SessionStoreContract;

/** The contract of stores, kept within one store object. */
class MemoryStoreTest extends SessionStoreContract {
    private final SessionStore store = new MemoryStore();

    @Override
    protected SessionStore store() {
        return store;
    }
}
