package dev.holdfast.mqtt.impl.packet;

/** PINGREQ (section 3.12). */
public record Pingreq() implements Packet {
    public static final Pingreq INSTANCE = new Pingreq();
}
