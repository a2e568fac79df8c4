/** TCP and TLS connections. */
@NullMarked
package dev.holdfast.mqtt.impl.transport;

import org.jspecify.annotations.NullMarked;
