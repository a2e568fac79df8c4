package dev.holdfast.mqtt.impl.client;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.impl.conformance.Statement;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicFilterTest {
    @Statement("P-35")
    @ParameterizedTest(name = "{0} matches {1}: {2}")
    @CsvSource({
        "a/b, a/b, true",
        "a/b, a/b/, false",
        "a/b, a/bc, false",
        "a/b, a, false",
        "a/b, A/b, false",
        "#, a, true",
        "#, /, true",
        "#, a/b/c, true",
        "#, $SYS/load, false",
        "$SYS/#, $SYS/load, true",
        "a/#, a, true",
        "a/#, a/, true",
        "a/#, a/b/c, true",
        "a/#, ab, false",
        "a/#, b/a, false",
        "/#, /, true",
        "/#, /a, true",
        "/#, a, false",
        "+, a, true",
        "+, a/b, false",
        "+, /a, false",
        "+, $SYS, false",
        "+/+, /a, true",
        "/+, /a, true",
        "a/+, a, false",
        "a/+, a/, true",
        "a/+, a/b, true",
        "a/+, a/b/c, false",
        "a/+/c, a/b/c, true",
        "a/+/c, a//c, true",
        "a/+/c, a/b/b/c, false",
        "+/b/#, a/b, true",
        "+/b/#, a/b/c/d, true",
        "+/b/#, a/c/d, false",
        "+/+/#, a, false",
        "$share/g/a/+, a/b, true",
        "$share/g/a/+, $share/g/a/b, false",
        "$share/g/#, a, true",
        "$share/g/#, $SYS/load, false",
        "$share/g//a, /a, true",
        "$shared/a, $shared/a, true"
    })
    void matchesAsTheStandardSays(String filter, String topic, boolean expected) {
        assertEquals(expected, new TopicFilter(filter).matches(topic));
    }
}
