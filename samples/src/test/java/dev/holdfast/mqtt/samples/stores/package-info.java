/** Whole clients whose store, process or memory gives them trouble. */
@NullMarked
package dev.holdfast.mqtt.samples.stores;

import org.jspecify.annotations.NullMarked;
