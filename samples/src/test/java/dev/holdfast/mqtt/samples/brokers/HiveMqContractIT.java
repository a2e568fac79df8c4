package dev.holdfast.mqtt.samples.brokers;

import static dev.holdfast.mqtt.samples.brokers.Product.HIVEMQ;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract with HiveMQ Community Edition. */
class HiveMqContractIT {
    @TempDir static Path folder;

    private static Broker wide;
    private static Broker narrow;

    @BeforeAll
    static void start() {
        wide = HIVEMQ.start(folder.resolve("wide"), Limits.WIDE);
        narrow = HIVEMQ.start(folder.resolve("narrow"), LimitsContract.NARROW);
    }

    @AfterAll
    static void stop() {
        wide.close();
        narrow.close();
    }

    @Nested
    class Messages extends MessageContract {
        Messages() {
            super(HIVEMQ, wide);
        }
    }

    @Nested
    class Sessions extends SessionContract {
        Sessions() {
            super(HIVEMQ, wide);
        }
    }

    @Nested
    class Subscriptions extends SubscriptionContract {
        Subscriptions() {
            super(HIVEMQ, wide);
        }
    }

    @Nested
    class WithinLimits extends LimitsContract {
        WithinLimits() {
            super(HIVEMQ, narrow);
        }
    }

    @Nested
    class OverARestart extends RestartContract {
        OverARestart() {
            super(HIVEMQ);
        }
    }
}
