package dev.holdfast.mqtt.impl.simulation;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.impl.client.BrokenFeeds;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.session.BrokenRule;
import dev.holdfast.mqtt.impl.session.BrokenServers;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.impl.session.TestSession;
import dev.holdfast.mqtt.spi.ClientSettings;
import dev.holdfast.mqtt.store.Recovered;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Keeps {@link Simulation} honest: a client with one fault fails in one of its runs. Where none
 * fails, the simulated server or the oracles are too lenient, or what was broken is not needed.
 */
class SimulationNoticesTest {
    private static final int SEEDS = 20_000;

    /**
     * The damage of these takes a crash before the disk has caught up, and more: PUBREL sent twice
     * and the identifier used again at once; a session that was about to be dropped; a message that
     * left early and comes back from the disk as queued, or as another's. That is one seed in some
     * thousands, or tens of thousands.
     */
    private static final Set<BrokenRule> SEEN_ON_DISK_ONLY =
            Set.of(
                    BrokenRule.PUBCOMP_UNKNOWN,
                    BrokenRule.UNSUBSCRIBED,
                    BrokenRule.EARLY_PUBLISH_TOGETHER,
                    BrokenRule.EARLY_PUBLISH_FREE);

    /** By what comes of it; when it happens nobody looks at the disk. */
    @ParameterizedTest
    @EnumSource
    void whenSomethingDoesNotWaitForTheStore(BrokenRule rule) {
        assertNoticed(
                new Sabotage() {
                    @Override
                    public Session session(ClientSettings s, Recovered r, Chance chance) {
                        return TestSession.breaking(rule, s, r, chance, Encoder::encodedSize);
                    }

                    @Override
                    public boolean checksDisk() {
                        return SEEN_ON_DISK_ONLY.contains(rule);
                    }
                });
    }

    @ParameterizedTest
    @EnumSource
    void whenItConnectsWhereItShouldNot(BrokenServers rule) {
        assertNoticed(
                new Sabotage() {
                    @Override
                    public Session session(ClientSettings s, Recovered r, Chance chance) {
                        return TestSession.breaking(rule, s, r, chance, Encoder::encodedSize);
                    }
                });
    }

    @ParameterizedTest
    @EnumSource
    void whenMessagesAreHandedOverWrongly(BrokenFeeds rule) {
        assertNoticed(
                new Sabotage() {
                    @Override
                    public BrokenFeeds brokenFeeds() {
                        return rule;
                    }
                });
    }

    @ParameterizedTest
    @EnumSource
    void thatSomethingIsWrong(Mutation mutation) {
        assertNoticed(mutation);
    }

    private static void assertNoticed(Sabotage sabotage) {
        boolean noticed =
                LongStream.range(0, SEEDS)
                        .parallel()
                        .anyMatch(seed -> Simulation.notices(seed, sabotage));
        assertTrue(noticed, "no run of " + SEEDS + " fails");
    }
}
