/** The MQTT 5 client as an application sees it. */
@NullMarked
package dev.holdfast.mqtt;

import org.jspecify.annotations.NullMarked;
