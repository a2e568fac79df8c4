/** The control packets of MQTT 5 as plain data. */
@NullMarked
package dev.holdfast.mqtt.impl.packet;

import org.jspecify.annotations.NullMarked;
