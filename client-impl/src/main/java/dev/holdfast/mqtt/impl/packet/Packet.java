package dev.holdfast.mqtt.impl.packet;

/** An MQTT Control Packet (MQTT 5, chapter 3), with its properties as plain fields. */
public sealed interface Packet
        permits Connect,
                Connack,
                Publish,
                Puback,
                Pubrec,
                Pubrel,
                Pubcomp,
                Subscribe,
                Suback,
                Unsubscribe,
                Unsuback,
                Pingreq,
                Pingresp,
                Disconnect,
                Auth {}
