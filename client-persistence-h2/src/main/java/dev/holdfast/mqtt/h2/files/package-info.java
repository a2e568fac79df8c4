/** File layers for H2, which makes their instances: public, but exported to H2 alone. */
@NullMarked
package dev.holdfast.mqtt.h2.files;

import org.jspecify.annotations.NullMarked;
