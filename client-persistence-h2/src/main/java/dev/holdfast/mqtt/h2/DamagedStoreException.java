package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.StoreException;
import org.jspecify.annotations.Nullable;

/** A file that is not what this library wrote. What follows is for {@link WhenDamaged} to say. */
final class DamagedStoreException extends StoreException {
    private static final long serialVersionUID = 1L;

    private final String damage;

    /**
     * Names the damage and what can be done.
     *
     * @param damage what is wrong, as it goes on from "is damaged: "
     * @param mend what else can be done than to put a good copy in place or to set the file aside
     */
    DamagedStoreException(StoreFile file, String damage, String mend, @Nullable Throwable cause) {
        super(
                "Store "
                        + file
                        + " is damaged: "
                        + damage
                        + ". Nothing was changed. Put a good copy of the file in its place; or start"
                        + " with an empty store by H2SessionStore.whenDamaged(SET_ASIDE), which"
                        + " keeps the damaged file under another name"
                        + mend,
                cause);
        this.damage = damage;
    }

    /** What is wrong, without the file's name. */
    String damage() {
        return damage;
    }
}
