package dev.holdfast.mqtt.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class OptionsTest {
    private static final List<String> KNOWN = List.of("server", "kills");

    @Test
    void readsValuesBehindASpaceAndBehindAnEqualsSign() {
        Options options = parse("--server", "mqtt://localhost:1883", "--kills=7");
        assertEquals(Optional.of(URI.create("mqtt://localhost:1883")), options.server());
        assertEquals(7, options.number("kills", 5, 0, 10));
    }

    @Test
    void usesTheDefaultsOfWhatIsNotGiven() {
        assertEquals(Optional.empty(), parse().server());
        assertEquals(5, parse().number("kills", 5, 0, 10));
    }

    @Test
    void namesTheKnownOptionsWhenOneIsUnknown() {
        assertEquals(
                "unknown option '--kill'; this recipe takes --server, --kills",
                misuse(() -> parse("--kill", "3")));
    }

    @Test
    void wantsAValueForEachOption() {
        assertEquals("--kills needs a value", misuse(() -> parse("--kills")));
    }

    @Test
    void saysTheRangeOfANumber() {
        String expected = "--kills '11' is no whole number from 0 to 10";
        assertEquals(expected, misuse(() -> parse("--kills", "11").number("kills", 5, 0, 10)));
    }

    @Test
    void wantsTheSchemeOfAServer() {
        assertEquals(
                "--server 'localhost' is no address; give one like mqtt://localhost:1883",
                misuse(() -> parse("--server", "localhost").server()));
    }

    private static Options parse(String... args) {
        return Options.parse(List.of(args), KNOWN);
    }

    private static String misuse(Runnable action) {
        return assertThrows(Options.Misuse.class, action::run).getMessage();
    }
}
