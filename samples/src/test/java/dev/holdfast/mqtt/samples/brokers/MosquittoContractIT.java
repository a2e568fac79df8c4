package dev.holdfast.mqtt.samples.brokers;

import static dev.holdfast.mqtt.samples.brokers.Product.MOSQUITTO;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract with Eclipse Mosquitto. */
class MosquittoContractIT {
    @TempDir static Path folder;

    private static Broker wide;
    private static Broker narrow;

    @BeforeAll
    static void start() {
        wide = MOSQUITTO.start(folder.resolve("wide"), Limits.WIDE);
        narrow = MOSQUITTO.start(folder.resolve("narrow"), LimitsContract.NARROW);
    }

    @AfterAll
    static void stop() {
        wide.close();
        narrow.close();
    }

    @Nested
    class Messages extends MessageContract {
        Messages() {
            super(MOSQUITTO, wide);
        }
    }

    @Nested
    class Sessions extends SessionContract {
        Sessions() {
            super(MOSQUITTO, wide);
        }
    }

    @Nested
    class Subscriptions extends SubscriptionContract {
        Subscriptions() {
            super(MOSQUITTO, wide);
        }
    }

    @Nested
    class WithinLimits extends LimitsContract {
        WithinLimits() {
            super(MOSQUITTO, narrow);
        }
    }

    @Nested
    class OverARestart extends RestartContract {
        OverARestart() {
            super(MOSQUITTO);
        }
    }
}
