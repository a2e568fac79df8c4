package dev.holdfast.mqtt.impl.client;

/** Whether a Topic Filter matches a Topic Name (MQTT 5, section 4.7). */
final class TopicFilter {
    private static final String SHARE = "$share/";

    /** Without the share name, if it has one. */
    final String filter;

    /** What each Topic Name that matches begins with. */
    private final String prefix;

    TopicFilter(String topicFilter) {
        filter =
                topicFilter.startsWith(SHARE)
                        ? topicFilter.substring(topicFilter.indexOf('/', SHARE.length()) + 1)
                        : topicFilter;
        int wildcard = 0;
        while (wildcard < filter.length() && "+#".indexOf(filter.charAt(wildcard)) < 0) {
            wildcard++;
        }
        // "a/#" matches its parent level "a" as well.
        boolean parentMatches = wildcard > 0 && filter.startsWith("/#", wildcard - 1);
        prefix = filter.substring(0, parentMatches ? wildcard - 1 : wildcard);
    }

    /** Whether the only Topic Name that matches is the filter itself. */
    boolean isExact() {
        return prefix.length() == filter.length();
    }

    static boolean matches(String topicFilter, String topic) {
        return new TopicFilter(topicFilter).matches(topic);
    }

    boolean matches(String topic) {
        if (!topic.startsWith(prefix)) {
            return false;
        }
        boolean wildcardFirst = filter.charAt(0) == '+' || filter.charAt(0) == '#';
        if (wildcardFirst && topic.startsWith("$")) {
            return false;
        }
        int t = prefix.length();
        int f = t;
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
