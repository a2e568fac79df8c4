package dev.holdfast.mqtt.impl.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.ReconnectPolicy;
import dev.holdfast.mqtt.Redirects;
import dev.holdfast.mqtt.SessionLostPolicy;
import dev.holdfast.mqtt.StoreLimits;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two servers that accept the client and send it to each other. */
class RedirectionsInARowTest {
    private static final URI ONE = URI.create("mqtt://one");
    private static final URI OTHER = URI.create("mqtt://other");

    private final TestCore core =
            new TestCore(
                    TestCore.builder(
                                    false,
                                    StoreLimits.defaults(),
                                    SessionLostPolicy.defaults(),
                                    ReconnectPolicy.never())
                            .lastingAfter(Duration.ZERO)
                            .redirects(Redirects.to("one", "other").atMost(1))
                            .settings());

    private void sendAway(URI to) {
        core.session.received(
                new Disconnect(
                        ReasonCode.USE_ANOTHER_SERVER,
                        Disconnect.ABSENT,
                        null,
                        List.of(),
                        to.getHost()));
        core.session.closed(new MqttException.ConnectionLost("closed", null, false));
    }

    private URI accepted() {
        URI to = core.openAtOnce();
        core.sent(Connect.class);
        core.session.received(TestCore.connack(true));
        return to;
    }

    @Test
    void areNoLoopThoughEachConnectionCountsAsLasting() {
        core.connect(false);
        sendAway(OTHER);
        assertEquals(OTHER, accepted());

        sendAway(ONE);

        List<Event.Reconnecting> told = core.told(Event.Reconnecting.class);
        assertTrue(told.get(told.size() - 1).next().isEmpty());
    }

    @Test
    void areCountedAnewAfterAConnectionThatLasted() {
        core.connect(false);
        for (int hop = 0; hop < 4; hop++) {
            URI next = hop % 2 == 0 ? OTHER : ONE;
            sendAway(next);
            assertEquals(next, accepted());
            core.advance(1_000);
        }
    }
}
