package dev.holdfast.mqtt.impl.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Many runs of {@link Simulation}, one for each seed.
 *
 * <p>{@code -Dsimulation.seeds=1000000} runs as many, {@code -Dsimulation.first=…} from another
 * seed on than 0, and {@code -Dsimulation.seed=42} runs that one and prints all of its trace.
 */
class SimulationTest {
    private static final int SEEDS = 2_000;

    @Test
    @DisabledIfSystemProperty(named = "simulation.seed", matches = "\\d+")
    @Timeout(value = 7, unit = TimeUnit.DAYS)
    void nothingIsLostOrDoneTwiceAndEverythingComesToItsEnd() throws InterruptedException {
        long first = Long.getLong("simulation.first", 0);
        long count = Long.getLong("simulation.seeds", SEEDS);
        Seeds seeds = new Seeds(first, count, System.out);

        seeds.run();

        assertTrue(seeds.published() > 10 * count, () -> "published only " + seeds.published());
        assertTrue(seeds.forwarded() > 10 * count, () -> "forwarded only " + seeds.forwarded());
    }

    @Test
    @DisabledIfSystemProperty(named = "simulation.seed", matches = "\\d+")
    void theSameSeedHasTheSameTraceOnEveryThread() {
        for (long seed = 0; seed < 30; seed++) {
            long same = seed;
            CompletableFuture<String> other =
                    CompletableFuture.supplyAsync(() -> Simulation.replay(same));

            assertEquals(Simulation.replay(same), other.join());
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "simulation.seed", matches = "\\d+")
    void replaysTheSeedAskedFor() {
        System.out.println(Simulation.replay(Long.getLong("simulation.seed")));
    }
}
