package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.impl.Fuzz;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Well-formed packets in wrong states, from a server that does not know the standard, or knows it
 * too well. More with {@code -Dfuzz.sessions=1000000}, one again with {@code -Dfuzz.seed=4711
 * -Dfuzz.sessions=1}.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class SessionFuzzTest {
    private static final int SESSIONS = 2_000;

    @Test
    void believesOnlyWhatFitsAndServesAnHonestServerAfterwards() {
        Fuzz.run("fuzz.sessions", SESSIONS, seed -> new FuzzedSession(seed).run());
    }
}
