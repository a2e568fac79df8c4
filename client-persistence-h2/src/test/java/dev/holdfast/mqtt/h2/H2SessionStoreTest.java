package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.SessionStore;
import dev.holdfast.mqtt.store.SessionStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract of stores, kept at either durability. */
class H2SessionStoreTest {
    @Nested
    class AfterProcessCrash extends SessionStoreContract {
        @TempDir Path folder;

        @Override
        protected SessionStore store() {
            return H2SessionStore.at(folder.resolve("store"));
        }
    }

    @Nested
    class AfterPowerLoss extends SessionStoreContract {
        @TempDir Path folder;

        @Override
        protected SessionStore store() {
            return H2SessionStore.at(folder.resolve("store"), Durability.POWER_LOSS);
        }
    }
}
