package dev.holdfast.mqtt.impl.packet;

/** PINGRESP (section 3.13). */
public record Pingresp() implements Packet {
    public static final Pingresp INSTANCE = new Pingresp();
}
