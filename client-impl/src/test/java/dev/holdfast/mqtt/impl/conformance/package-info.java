/** Which statement of the MQTT 5.0 standard is shown to hold by which test. */
@NullMarked
package dev.holdfast.mqtt.impl.conformance;

import org.jspecify.annotations.NullMarked;
