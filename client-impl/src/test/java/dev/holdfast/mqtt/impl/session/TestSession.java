package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.Recovered;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;

/** Opens to tests of other packages what the core keeps to itself. */
public final class TestSession {
    private TestSession() {}

    /** A session that keeps all rules but one. */
    public static Session breaking(
            BrokenRule rule,
            ClientSettings settings,
            Recovered recovered,
            RandomGenerator random,
            ToLongFunction<Packet> encodedSize) {
        return new Session(
                settings, recovered, random, encodedSize, rule.broken(), new Servers(settings));
    }

    public static boolean isDrained(Session session) {
        return session.isDrained();
    }
}
