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
        PUBLISH,
        RECEIVE,
        /** One message at a time, each waited for. */
        LATENCY
    }

    String title() {
        String what =
                switch (kind) {
                    case PUBLISH -> "Publish";
                    case RECEIVE -> "Receive";
                    case LATENCY -> "Publish one at a time";
                };
        String load = payloadBytes + " B" + (kind == Kind.LATENCY ? "" : ", window " + window);
        return what + " QoS " + qos + ", " + load;
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
