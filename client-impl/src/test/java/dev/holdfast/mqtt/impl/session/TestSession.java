package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.Recovered;
import java.util.List;
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
                settings,
                recovered,
                random,
                encodedSize,
                new Outbox(rule.broken(), true),
                new Servers(settings));
    }

    /** A message as the core hands it over, of the first connection. */
    public static Incoming incoming(Message message, long deliveryId) {
        return incoming(message, deliveryId, 1);
    }

    /** A message of a connection that resumed the session. */
    public static Incoming incoming(Message message, long deliveryId, long connection) {
        int identifier = message.qos() == QoS.AT_MOST_ONCE ? 0 : 1;
        return new Incoming(
                message, List.of(), deliveryId, false, identifier, connection, connection);
    }

    /** A session that keeps all rules but one about where to connect. */
    public static Session breaking(
            BrokenServers rule,
            ClientSettings settings,
            Recovered recovered,
            RandomGenerator random,
            ToLongFunction<Packet> encodedSize) {
        return new Session(
                settings,
                recovered,
                random,
                encodedSize,
                new Outbox(new WriteAhead(), true),
                rule.broken(settings));
    }

    public static boolean isDrained(Session session) {
        return session.isDrained();
    }
}
