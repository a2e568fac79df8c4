package dev.holdfast.mqtt.spi;

import dev.holdfast.mqtt.MqttClient;

/** Builds clients; found by {@link java.util.ServiceLoader}. Applications have no use for it. */
public interface ClientProvider {
    /**
     * Builds a client.
     *
     * @param settings complete and consistent
     * @return the client, its store open
     */
    MqttClient build(ClientSettings settings);
}
