package dev.holdfast.mqtt.samples.brokers;

import static dev.holdfast.mqtt.samples.brokers.Product.ARTEMIS;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract with Apache ActiveMQ Artemis. */
class ArtemisContractIT {
    @TempDir static Path folder;

    private static Broker wide;
    private static Broker narrow;

    @BeforeAll
    static void start() {
        wide = ARTEMIS.start(folder.resolve("wide"), Limits.WIDE);
        narrow = ARTEMIS.start(folder.resolve("narrow"), LimitsContract.NARROW);
    }

    @AfterAll
    static void stop() {
        wide.close();
        narrow.close();
    }

    @Nested
    class Messages extends MessageContract {
        Messages() {
            super(ARTEMIS, wide);
        }
    }

    @Nested
    class Sessions extends SessionContract {
        Sessions() {
            super(ARTEMIS, wide);
        }
    }

    @Nested
    class Subscriptions extends SubscriptionContract {
        Subscriptions() {
            super(ARTEMIS, wide);
        }
    }

    @Nested
    class WithinLimits extends LimitsContract {
        WithinLimits() {
            super(ARTEMIS, narrow);
        }
    }

    @Nested
    class OverARestart extends RestartContract {
        OverARestart() {
            super(ARTEMIS);
        }
    }
}
