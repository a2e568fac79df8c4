package dev.holdfast.mqtt.benchmarks;

import java.nio.file.Path;
import java.util.function.IntConsumer;

/** A client that is measured. */
interface Peer {
    /** The clients, and how each keeps its session. */
    enum Kind {
        HOLDFAST_MEMORY("Holdfast, memory", "#1b6ca8"),
        HOLDFAST_PROCESS_CRASH("Holdfast, H2, survives a crash of the process", "#4a9fd8"),
        HOLDFAST_POWER_LOSS("Holdfast, H2, survives loss of power", "#9ccdf0"),
        HIVEMQ("HiveMQ MQTT Client, memory", "#e0a030"),
        PAHO_MEMORY("Paho Java v5, memory", "#999999"),
        PAHO_FILE("Paho Java v5, file persistence", "#cccccc");

        final String title;

        /** In charts. */
        final String colour;

        Kind(String title, String colour) {
            this.title = title;
            this.colour = colour;
        }

        /** Not connected yet; keeps its files, if it has any, in the folder. */
        Peer create(String client, int port, Path folder) throws Exception {
            return switch (this) {
                case HOLDFAST_MEMORY, HOLDFAST_PROCESS_CRASH, HOLDFAST_POWER_LOSS ->
                        new HoldfastPeer(this, client, port, folder);
                case HIVEMQ -> new HivemqPeer(client, port);
                case PAHO_MEMORY, PAHO_FILE -> new PahoPeer(this, client, port, folder);
            };
        }
    }

    void connect() throws Exception;

    /** Publishes; the callback is called once the message is acknowledged, or sent at QoS 0. */
    void publish(String topic, int qos, byte[] payload, Runnable done) throws Exception;

    /**
     * Subscribes, at QoS 2; the callback is called with the size of each payload, and the message
     * acknowledged after it.
     */
    void subscribe(String topicFilter, IntConsumer received) throws Exception;

    /** Has nothing under way any more with this filter. */
    void unsubscribe(String topicFilter) throws Exception;

    void close() throws Exception;
}
