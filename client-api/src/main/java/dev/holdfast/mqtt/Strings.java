package dev.holdfast.mqtt;

/**
 * The rules of UTF-8 Encoded Strings, Topic Names and Topic Filters (MQTT 5, sections 1.5.4, 4.7,
 * 4.8.2).
 */
final class Strings {
    static final int MAXIMUM_LENGTH = 65_535;
    private static final String SHARE = "$share/";

    private Strings() {}

    static String requireEncodable(String what, String value) {
        int bytes = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == 0) {
                throw new IllegalArgumentException(what + " contains U+0000 at index " + i);
            } else if (c < 0x80) {
                bytes += 1;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (!Character.isSurrogate(c)) {
                bytes += 3;
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < value.length()
                    && Character.isLowSurrogate(value.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else {
                throw new IllegalArgumentException(
                        what + " has an unpaired surrogate at index " + i);
            }
        }
        if (bytes > MAXIMUM_LENGTH) {
            throw new IllegalArgumentException(
                    what + " takes " + bytes + " bytes in UTF-8; MQTT allows " + MAXIMUM_LENGTH);
        }
        return value;
    }

    static String requireTopicName(String what, String topic) {
        if (topic.isEmpty()) {
            throw new IllegalArgumentException(what + " is empty; it needs at least one character");
        }
        requireEncodable(what, topic);
        if (topic.indexOf('+') >= 0 || topic.indexOf('#') >= 0) {
            throw new IllegalArgumentException(
                    what
                            + " '"
                            + topic
                            + "' contains a wildcard; + and # belong in subscriptions only");
        }
        return topic;
    }

    static String requireTopicFilter(String filter) {
        requireEncodable("Topic Filter", filter);
        String rest = filter;
        if (filter.equals("$share") || filter.startsWith(SHARE)) {
            int slash = filter.indexOf('/', SHARE.length());
            String name =
                    filter.substring(
                            Math.min(SHARE.length(), filter.length()),
                            slash < 0 ? filter.length() : slash);
            if (slash < 0 || name.isEmpty() || name.indexOf('+') >= 0 || name.indexOf('#') >= 0) {
                throw new IllegalArgumentException(
                        "Shared subscription '"
                                + filter
                                + "' must read $share/NAME/FILTER, with a NAME without + and #");
            }
            rest = filter.substring(slash + 1);
        }
        requireWildcardsInPlace(filter, rest);
        return filter;
    }

    private static void requireWildcardsInPlace(String whole, String filter) {
        if (filter.isEmpty()) {
            throw new IllegalArgumentException(
                    "Topic Filter '" + whole + "' is empty; it needs at least one character");
        }
        for (int i = 0; i < filter.length(); i++) {
            char c = filter.charAt(i);
            boolean startsLevel = i == 0 || filter.charAt(i - 1) == '/';
            boolean last = i + 1 == filter.length();
            if (c == '#' && !(startsLevel && last)) {
                throw new IllegalArgumentException(
                        "Topic Filter '"
                                + whole
                                + "': # must be the last character and fill its level");
            }
            if (c == '+' && !(startsLevel && (last || filter.charAt(i + 1) == '/'))) {
                throw new IllegalArgumentException(
                        "Topic Filter '" + whole + "': + must fill its whole level");
            }
        }
    }
}
