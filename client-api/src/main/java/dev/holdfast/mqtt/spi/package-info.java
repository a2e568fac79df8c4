/** How the API finds the implementation of the client. */
@NullMarked
package dev.holdfast.mqtt.spi;

import org.jspecify.annotations.NullMarked;
