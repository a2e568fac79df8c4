package dev.holdfast.mqtt.samples.brokers;

import dev.holdfast.mqtt.samples.BrokerProcess;
import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The contract with HiveMQ Community Edition. */
class EmbeddedBrokerContractIT extends BrokerContract {
    @TempDir static Path brokerFolder;

    private static BrokerProcess broker;

    @BeforeAll
    static void start() {
        broker = BrokerProcess.start(brokerFolder);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Override
    URI broker() {
        return broker.uri();
    }
}
