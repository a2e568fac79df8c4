/** Runnable recipes: {@code samples/run} lists and starts them. */
@NullMarked
package dev.holdfast.mqtt.samples;

import org.jspecify.annotations.NullMarked;
