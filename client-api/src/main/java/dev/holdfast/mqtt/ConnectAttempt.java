package dev.holdfast.mqtt;

import java.net.URI;

/**
 * One attempt to connect to one server, from the first packet of TCP to CONNACK.
 *
 * @param server the address that is tried
 * @param number 1 for the first after {@code connect()} or after a connection that lasted; each
 *     server that is tried counts
 * @param redirected whether another server sent the client there (MQTT 5, section 4.11)
 */
public record ConnectAttempt(URI server, int number, boolean redirected) {}
