package dev.holdfast.mqtt.impl.client;

/** Whether a Topic Filter matches a Topic Name (MQTT 5, section 4.7). */
final class TopicFilter {
    private static final String SHARE = "$share/";

    private final String filter;

    TopicFilter(String topicFilter) {
        filter =
                topicFilter.startsWith(SHARE)
                        ? topicFilter.substring(topicFilter.indexOf('/', SHARE.length()) + 1)
                        : topicFilter;
    }

    static boolean matches(String topicFilter, String topic) {
        return new TopicFilter(topicFilter).matches(topic);
    }

    boolean matches(String topic) {
        boolean wildcardFirst = filter.charAt(0) == '+' || filter.charAt(0) == '#';
        if (wildcardFirst && topic.startsWith("$")) {
            return false;
        }
        int t = 0;
        int f = 0;
        while (f < filter.length()) {
            char c = filter.charAt(f);
            if (c == '#') {
                return true;
            } else if (c == '+') {
                t = endOfLevel(topic, t);
                f++;
            } else if (t < topic.length() && c == topic.charAt(t)) {
                t++;
                f++;
            } else {
                // "a/#" matches its parent level "a" as well.
                return t == topic.length() && filter.startsWith("/#", f);
            }
        }
        return t == topic.length();
    }

    private static int endOfLevel(String topic, int from) {
        int slash = topic.indexOf('/', from);
        return slash < 0 ? topic.length() : slash;
    }
}
