/** The session as a pure state machine: time, randomness and all events are arguments. */
@NullMarked
package dev.holdfast.mqtt.impl.session;

import org.jspecify.annotations.NullMarked;
