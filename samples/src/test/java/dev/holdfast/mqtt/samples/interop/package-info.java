/** Holdfast and other clients on one broker: what one publishes, the other receives. */
@NullMarked
package dev.holdfast.mqtt.samples.interop;

import org.jspecify.annotations.NullMarked;
