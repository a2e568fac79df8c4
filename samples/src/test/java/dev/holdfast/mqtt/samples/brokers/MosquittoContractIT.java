package dev.holdfast.mqtt.samples.brokers;

import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract with Eclipse Mosquitto: in a container where there is Docker, else the installed
 * one.
 */
class MosquittoContractIT extends BrokerContract {
    @TempDir static Path brokerFolder;

    private static Mosquitto broker;

    @BeforeAll
    static void start() throws Exception {
        broker = Mosquitto.start(brokerFolder);
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
