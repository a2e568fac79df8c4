/** The shell that joins session, transport, store and the application. */
@NullMarked
package dev.holdfast.mqtt.impl.client;

import org.jspecify.annotations.NullMarked;
