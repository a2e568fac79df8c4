package dev.holdfast.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedirectsTest {
    @ParameterizedTest
    @CsvSource({
        "b.example.com, b.example.com, 1883, true",
        "b.example.com, B.Example.COM, 1883, true",
        "b.example.com, b.example.com.evil.net, 1883, false",
        "b.example.com, xb.example.com, 1883, false",
        "b.example.com:8883, b.example.com, 8883, true",
        "b.example.com:8883, b.example.com, 1883, false",
        "*.example.com, b.example.com, 1, true",
        "*.example.com, a.b.example.com, 1, true",
        "*.example.com, example.com, 1, false",
        "*.example.com, .example.com, 1, false",
        "*.example.com, badexample.com, 1, false",
        "*.EXAMPLE.com:7, b.example.com, 7, true",
        "*.example.com:7, b.example.com, 8, false",
        "10.0.0.1:1883, 10.0.0.1, 1883, true",
        "[fe80::1]:1883, [FE80::1], 1883, true",
        "[fe80::1], [fe80::2], 1883, false"
    })
    void allowsWhatIsListed(String pattern, String host, int port, boolean allowed) {
        assertEquals(allowed, Redirects.to("other.example.net", pattern).allows(host, port));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*",
                "*.",
                "a.*.com",
                "*a.com",
                "mqtt://a",
                "a:",
                "a:0",
                "a:65536",
                "a b",
                "a,b",
                "::1",
                "[::1",
                "a/b",
                "u@a",
                "a_b",
                ".a",
                "a..b",
                "-a"
            })
    void refusesAHostOfAnotherForm(String host) {
        String why =
                assertThrows(IllegalArgumentException.class, () -> Redirects.to(host)).getMessage();
        assertTrue(why.contains("\"" + host + "\""), why);
    }

    @Test
    void bounds() {
        assertEquals(3, Redirects.to("a").hops());
        assertEquals(10, Redirects.to("a").atMost(10).hops());
        assertThrows(IllegalArgumentException.class, () -> Redirects.to("a").atMost(0));
        assertThrows(IllegalArgumentException.class, () -> Redirects.to("a").atMost(11));
        assertThrows(IllegalArgumentException.class, Redirects::to);
        assertThrows(IllegalArgumentException.class, () -> Redirects.to(new String[1_001]));
        assertFalse(Redirects.to("a").toString().isEmpty());
    }
}
