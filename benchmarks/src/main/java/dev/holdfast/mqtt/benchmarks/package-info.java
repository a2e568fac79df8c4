/** Holdfast and its peers at the same work, against the same server. */
@NullMarked
package dev.holdfast.mqtt.benchmarks;

import org.jspecify.annotations.NullMarked;
