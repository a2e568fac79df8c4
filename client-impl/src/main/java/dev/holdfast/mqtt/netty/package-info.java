/** For applications that bring their own threads of Netty. */
@NullMarked
package dev.holdfast.mqtt.netty;

import org.jspecify.annotations.NullMarked;
