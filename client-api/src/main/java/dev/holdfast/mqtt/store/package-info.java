/** What a session store implements to keep a session beyond its process. */
@NullMarked
package dev.holdfast.mqtt.store;

import org.jspecify.annotations.NullMarked;
