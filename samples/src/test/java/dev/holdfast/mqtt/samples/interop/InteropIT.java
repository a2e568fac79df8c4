package dev.holdfast.mqtt.samples.interop;

import dev.holdfast.mqtt.samples.brokers.Broker;
import dev.holdfast.mqtt.samples.brokers.Mosquitto;
import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** Holdfast and the clients of others, on one Mosquitto. */
class InteropIT {
    @TempDir static Path folder;
    private static Broker broker;

    @BeforeAll
    static void start() {
        broker = Mosquitto.start(folder.resolve("broker"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Nested
    class WithMosquittoPubAndSub extends InteropContract {
        WithMosquittoPubAndSub() {
            super(broker.uri());
        }

        @Override
        OtherClient connect(URI uri, Path files) {
            return new MosquittoTools(uri, files);
        }
    }

    @Nested
    class WithPahoPython extends InteropContract {
        WithPahoPython() {
            super(broker.uri());
        }

        @Override
        OtherClient connect(URI uri, Path files) throws Exception {
            return new PahoPython(uri, files);
        }
    }

    @Nested
    class WithHiveMqClient extends InteropContract {
        WithHiveMqClient() {
            super(broker.uri());
        }

        @Override
        OtherClient connect(URI uri, Path files) {
            return new HiveMqClient(uri);
        }
    }
}
