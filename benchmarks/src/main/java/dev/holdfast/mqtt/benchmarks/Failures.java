package dev.holdfast.mqtt.benchmarks;

import org.jspecify.annotations.Nullable;

/** A failed message makes a measurement worthless. */
final class Failures {
    private Failures() {}

    static void stopAt(@Nullable Throwable failure) {
        if (failure != null) {
            System.err.println("A message failed: " + failure);
            Runtime.getRuntime().halt(1);
        }
    }
}
