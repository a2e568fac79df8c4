package dev.holdfast.mqtt.impl.conformance;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The statements of the MQTT 5.0 standard that a test shows to hold: a number such as {@code
 * "3.1.2-4"}, or {@code "P-17"} for a rule of its prose that has no number.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Statement {
    /** The identifiers, one or more. */
    String[] value();
}
