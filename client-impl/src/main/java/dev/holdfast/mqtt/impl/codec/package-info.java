/** Bytes to control packets and back, and the limits that both must keep. */
@NullMarked
package dev.holdfast.mqtt.impl.codec;

import org.jspecify.annotations.NullMarked;
