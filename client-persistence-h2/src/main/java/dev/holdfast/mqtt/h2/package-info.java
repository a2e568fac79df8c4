/** A session store in an embedded H2 database. */
@NullMarked
package dev.holdfast.mqtt.h2;

import org.jspecify.annotations.NullMarked;
