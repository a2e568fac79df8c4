package dev.holdfast.mqtt.samples.brokers;

import static dev.holdfast.mqtt.samples.brokers.Difference.ALL_IDENTIFIERS_WITH_EACH_COPY;
import static dev.holdfast.mqtt.samples.brokers.Difference.EXCEEDS_RECEIVE_MAXIMUM;
import static dev.holdfast.mqtt.samples.brokers.Difference.FORGETS_PUBLISHERS_AT_RESTART;
import static dev.holdfast.mqtt.samples.brokers.Difference.FORGETS_SESSIONS_AT_RESTART;
import static dev.holdfast.mqtt.samples.brokers.Difference.KEEPS_QOS_0;
import static dev.holdfast.mqtt.samples.brokers.Difference.LIMITS_ARE_FIXED;
import static dev.holdfast.mqtt.samples.brokers.Difference.MAY_MISS_DISCONNECT;
import static dev.holdfast.mqtt.samples.brokers.Difference.MAY_REORDER;
import static dev.holdfast.mqtt.samples.brokers.Difference.NO_WILL_AT_DISCONNECT;
import static dev.holdfast.mqtt.samples.brokers.Difference.REDELIVERS_UNDER_NEW_IDENTIFIER;
import static dev.holdfast.mqtt.samples.brokers.Difference.SILENT_TAKE_OVER;
import static dev.holdfast.mqtt.samples.brokers.Difference.WAITS_FOR_OLDEST_ACKNOWLEDGEMENT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.samples.BrokerProcess;
import dev.holdfast.mqtt.samples.EmbeddedBroker;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** The brokers of the contract, with what is known of each. */
public enum Product {
    /**
     * Eclipse Mosquitto: in a container where there is Docker, else the installed one. The
     * differences are those of 2.0.11.
     */
    MOSQUITTO(SILENT_TAKE_OVER, EXCEEDS_RECEIVE_MAXIMUM) {
        @Override
        boolean isOfKnownVersion() {
            return Mosquitto.version().equals("2.0.11");
        }

        @Override
        public Broker start(Path folder, Limits limits) {
            return Mosquitto.start(folder, limits);
        }
    },

    /** Apache ActiveMQ Artemis 2.55.0, from Maven, with its journal on disk. */
    ARTEMIS(
            REDELIVERS_UNDER_NEW_IDENTIFIER,
            NO_WILL_AT_DISCONNECT,
            MAY_MISS_DISCONNECT,
            MAY_REORDER,
            KEEPS_QOS_0,
            ALL_IDENTIFIERS_WITH_EACH_COPY,
            LIMITS_ARE_FIXED,
            FORGETS_PUBLISHERS_AT_RESTART) {
        @Override
        public Broker start(Path folder, Limits limits) {
            return new Child(EmbeddedArtemis.class, folder, limits);
        }
    },

    /** HiveMQ Community Edition 2025.5, from Maven, in memory. */
    HIVEMQ(
            WAITS_FOR_OLDEST_ACKNOWLEDGEMENT,
            FORGETS_SESSIONS_AT_RESTART,
            FORGETS_PUBLISHERS_AT_RESTART) {
        @Override
        public Broker start(Path folder, Limits limits) {
            return new Child(EmbeddedBroker.class, folder, limits);
        }
    };

    private final Set<Difference> differences;

    Product(Difference... differences) {
        this.differences = Set.of(differences);
    }

    /** Starts one on a free port, its files in a folder. */
    public abstract Broker start(Path folder, Limits limits);

    /** The others come from Maven, with their version. */
    boolean isOfKnownVersion() {
        return true;
    }

    /** The numbers of messages as they were received, sorted if that may be another order. */
    List<Integer> ordered(List<Integer> received) {
        return has(Difference.MAY_REORDER) ? received.stream().sorted().toList() : received;
    }

    /** Asserts that a difference is there if it is declared, and is not there if it is not. */
    void confirm(Difference difference, boolean seen) {
        if (isOfKnownVersion()) {
            assertEquals(
                    has(difference),
                    seen,
                    difference
                            + ", as declared here, and as seen; docs/brokers.md tells of it too");
        } else {
            System.out.printf(
                    "%s, in a version not looked at before: %s %s%n",
                    this, difference, seen ? "is there" : "is not there");
        }
    }

    boolean has(Difference difference) {
        return differences.contains(difference);
    }

    /** A broker from Maven, in a child process. */
    private static final class Child implements Broker {
        private final Class<?> program;
        private final Path folder;
        private final String[] limits;
        private BrokerProcess process;

        Child(Class<?> program, Path folder, Limits limits) {
            this.program = program;
            this.folder = folder;
            this.limits =
                    new String[] {
                        Integer.toString(limits.receiveMaximum()),
                        Integer.toString(limits.maximumPacketSize()),
                        Integer.toString(limits.maximumQos().ordinal())
                    };
            this.process = BrokerProcess.start(program, 0, folder, this.limits);
        }

        @Override
        public URI uri() {
            return process.uri();
        }

        @Override
        public void restart() {
            int port = uri().getPort();
            process.close();
            process = BrokerProcess.start(program, port, folder, limits);
        }

        @Override
        public void close() {
            process.close();
        }
    }
}
