package dev.holdfast.mqtt.samples.brokers;

import dev.holdfast.mqtt.QoS;

/** What a broker is configured to announce in CONNACK. */
public record Limits(int receiveMaximum, int maximumPacketSize, QoS maximumQos) {
    /** Wide enough for every test. */
    public static final Limits WIDE = new Limits(1_000, 100_000_000, QoS.EXACTLY_ONCE);
}
