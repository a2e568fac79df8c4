package dev.holdfast.mqtt.h2;

import java.io.IOException;
import java.nio.file.Path;

/** A process that has a store open until it is ended. */
final class HoldingChild {
    private HoldingChild() {}

    /**
     * Runs until its input ends.
     *
     * @param args store
     */
    public static void main(String[] args) throws IOException {
        try (var session = H2SessionStore.at(Path.of(args[0])).open("press-17")) {
            System.out.println("open " + session.recovered().queuedMessages());
            while (System.in.read() >= 0) {
                // only the end counts
            }
        }
    }
}
