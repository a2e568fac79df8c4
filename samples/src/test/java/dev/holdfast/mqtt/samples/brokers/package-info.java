/** The client against real brokers: one contract, each broker in its own test class. */
@NullMarked
package dev.holdfast.mqtt.samples.brokers;

import org.jspecify.annotations.NullMarked;
