package dev.holdfast.mqtt.benchmarks;

/**
 * What the clients are asked to do.
 *
 * @param kind what is measured
 * @param qos 0 to 2
 * @param payloadBytes of each message
 * @param window how many messages are under way at most
 */
record Work(Kind kind, int qos, int payloadBytes, int window) {
    enum Kind {
        PUBLISH("Publish"),
        /** Sent by {@link AckServer}, on request. */
        RECEIVE("Receive"),
        /** Published, and received from the server by the same client. */
        ROUND_TRIP("Publish to oneself"),
        /** One message at a time, each waited for. */
        LATENCY("Publish one at a time");

        private final String title;

        Kind(String title) {
            this.title = title;
        }
    }

    String title() {
        String load = payloadBytes + " B" + (window == 1 ? "" : ", window " + window);
        return kind.title + ", QoS " + qos + ", " + load;
    }

    /** Whether another differs in payload and window at most. */
    boolean isLike(Work other) {
        return kind == other.kind && qos == other.qos;
    }

    String toArgument() {
        return kind + ":" + qos + ":" + payloadBytes + ":" + window;
    }

    static Work parse(String argument) {
        String[] words = argument.split(":", -1);
        return new Work(
                Kind.valueOf(words[0]),
                Integer.parseInt(words[1]),
                Integer.parseInt(words[2]),
                Integer.parseInt(words[3]));
    }
}
